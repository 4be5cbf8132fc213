/**
 * Public data sets turned into the events that Freshet reads: {@code impressions.jsonl.gz}, {@code feedback.jsonl.gz},
 * {@code history.jsonl.gz} and a manifest, {@code import.json}. Plain Java on files: no Flink, no Kafka, no clock, no
 * randomness, so that the same input gives the same bytes. Called by the command line, on one thread.
 */
@NullMarked
package freshet.jobs.dataset;

import org.jspecify.annotations.NullMarked;

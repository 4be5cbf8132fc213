/**
 * Where events enter: Kafka topics, or the files of a replay. Whatever cannot be decoded is counted and set aside with its
 * place and reason, and never stops a job. Decoding and reading are plain Java; the classes that name Flink's types are
 * called by Flink, on the threads that its interfaces state.
 */
@NullMarked
package freshet.jobs.source;

import org.jspecify.annotations.NullMarked;

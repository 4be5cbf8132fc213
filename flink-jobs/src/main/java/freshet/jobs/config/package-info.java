/**
 * The one YAML file behind a deployment, read and checked as a whole at the edge, on one thread, into immutable records.
 * Flink ships operators as bytes, so a job hands them {@link freshet.jobs.config.FreshetConfig#json()} and each operator
 * rebuilds the records in {@code open()}.
 */
@NullMarked
package freshet.jobs.config;

import org.jspecify.annotations.NullMarked;

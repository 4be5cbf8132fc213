/**
 * What {@code freshet rank} does with lines of text: requests to features, by what is known of viewers, and predictions to lines.
 * Called by the command and by the threads of the HTTP server; free of Flink.
 */
@NullMarked
package freshet.jobs.rank;

import org.jspecify.annotations.NullMarked;

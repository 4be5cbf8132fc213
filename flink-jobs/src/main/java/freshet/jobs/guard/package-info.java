/**
 * Watches what a trainer is about to learn, and tells it to stop when that has gone bad. Plain Java without Flink; everything
 * belongs to the trainer's thread, and only event time counts.
 */
@NullMarked
package freshet.jobs.guard;

import org.jspecify.annotations.NullMarked;

/**
 * Snapshots to Kafka. The records of a snapshot are a pure function of it and name themselves, so they are sent at least
 * once, without transactions; readers recognise what comes again.
 */
@NullMarked
package freshet.jobs.publish;

import org.jspecify.annotations.NullMarked;

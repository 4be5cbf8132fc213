/**
 * Models to servers: the trainer's cuts become deltas and snapshots, which go to Kafka signed and numbered by generation. Their
 * records are a function of the cuts and name themselves, so they are sent at least once, without transactions; readers
 * recognise what comes again. {@code PublishCore} is plain Java; {@code PublishOperator} gives it Flink's state and
 * output, on a thread of its own.
 */
@NullMarked
package freshet.jobs.publish;

import org.jspecify.annotations.NullMarked;

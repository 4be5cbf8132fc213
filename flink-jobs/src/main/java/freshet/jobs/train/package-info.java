/**
 * The trainer: it restores the order of examples, forms mini-batches, scores, measures and learns, and cuts a snapshot at
 * each hour of event time. {@code TrainCore} and the classes under it are plain Java, decided by their arguments alone;
 * {@code TrainOperator} gives them Flink's state, metrics and output. One thread: the operator's.
 */
@NullMarked
package freshet.jobs.train;

import org.jspecify.annotations.NullMarked;

/**
 * From examples as a topic delivers them, in any order and some twice, to the order in which they were decided: what the trainer
 * learns in and the gate measures in. Plain Java; {@code KeyedBlocks} alone knows Flink's state. One thread: the operator's.
 */
@NullMarked
package freshet.jobs.order;

import org.jspecify.annotations.NullMarked;

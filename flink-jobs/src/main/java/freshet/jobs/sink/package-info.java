/**
 * What the examples job writes to Kafka: examples with their frontiers, and what it set aside. Put together on the client's
 * thread, run on task threads.
 */
@NullMarked
package freshet.jobs.sink;

import org.jspecify.annotations.NullMarked;

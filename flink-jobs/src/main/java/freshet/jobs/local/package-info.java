/**
 * A whole deployment in one process, for the demo, for replays and for tests: a real Kafka broker, a Flink cluster with its
 * dashboard, and the demo that ties them to simulated viewers. Nothing here runs in production. Classes say which thread
 * may call them; closing is always allowed, and twice is once.
 */
@NullMarked
package freshet.jobs.local;

import org.jspecify.annotations.NullMarked;

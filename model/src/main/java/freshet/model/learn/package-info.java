/**
 * The learner: score, then learn, one mini-batch at a time, and everything it must remember. Called by the trainer's operator
 * on its one thread; never knows of Flink or Kafka.
 */
@NullMarked
package freshet.model.learn;

import org.jspecify.annotations.NullMarked;

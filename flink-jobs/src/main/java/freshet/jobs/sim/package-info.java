/**
 * Simulated viewers whose tastes are known: what they are shown, what they do about it, and the true probability of every
 * click, so that a model can be held against the best one possible. Plain Java: no Flink, no Kafka, no clock. Everything is
 * a pure function of the settings, the seed and what the ranker answers. One thread.
 */
@NullMarked
package freshet.jobs.sim;

import org.jspecify.annotations.NullMarked;

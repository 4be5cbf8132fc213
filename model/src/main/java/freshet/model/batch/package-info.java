/**
 * Examples turned into flat arrays: hashed ids, numbers and labels of a mini-batch, and the network's input assembled from
 * them. Called by the learner and by scorers; buffers are reused, so every instance belongs to one thread.
 */
@NullMarked
package freshet.model.batch;

import org.jspecify.annotations.NullMarked;

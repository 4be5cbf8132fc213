/**
 * The network: layers as forward and backward on flat arrays, over one arena of parameters with named places. Called by the
 * learner and by scorers; instances hold scratch memory and belong to one thread.
 */
@NullMarked
package freshet.model.layer;

import org.jspecify.annotations.NullMarked;

/**
 * Quantiles of streams in little memory, and dense features as ranks by them. Plain Java on the learner's thread; the same values
 * in the same order give the same bits.
 */
@NullMarked
package freshet.model.quantile;

import org.jspecify.annotations.NullMarked;

/**
 * Weights of examples that are learnt from the stream itself. Plain Java on the learner's thread; deterministic.
 */
@NullMarked
package freshet.model.weight;

import org.jspecify.annotations.NullMarked;

/**
 * Update rules. Configuration in the object, all state in arrays that the caller owns, so that weights and slots together
 * are the learner. Pure functions of their arguments, safe on any thread as long as the arrays are.
 */
@NullMarked
package freshet.model.optim;

import org.jspecify.annotations.NullMarked;

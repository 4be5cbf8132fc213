/**
 * Losses of one task and their gradients. Pure functions, safe on any thread.
 */
@NullMarked
package freshet.model.loss;

import org.jspecify.annotations.NullMarked;

/**
 * Progressive validation: metrics over predictions made before their labels were learnt. One instance belongs to one thread.
 */
@NullMarked
package freshet.model.eval;

import org.jspecify.annotations.NullMarked;

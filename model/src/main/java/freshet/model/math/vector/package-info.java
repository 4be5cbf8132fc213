/**
 * Kernels that need the incubating Vector API. Compiled on their own and reached by name, so that everything else runs, with
 * the same bits, on a JVM that was started without it.
 */
@NullMarked
package freshet.model.math.vector;

import org.jspecify.annotations.NullMarked;

/**
 * Arithmetic with the same bits on every CPU, JDK and compiler tier: exp and log, counter-based random numbers, hashes of ids,
 * products of matrices. Pure functions, safe on any thread.
 */
@NullMarked
package freshet.model.math;

import org.jspecify.annotations.NullMarked;

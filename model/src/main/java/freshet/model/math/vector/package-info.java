/**
 * The kernels that need the incubating Vector API. Reached by name through {@code freshet.model.math.Kernels}, since the module
 * may not be there.
 */
package freshet.model.math.vector;

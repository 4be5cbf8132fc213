/**
 * From an impression and a history to the values of the features: pure functions, used by the examples job and by servers.
 */
@NullMarked
package freshet.features.extract;

import org.jspecify.annotations.NullMarked;

/**
 * What features there are: the {@code features} block of a configuration as records that check themselves. Immutable
 * values, safe on any thread; read by the examples job and by servers.
 */
@NullMarked
package freshet.features.spec;

import org.jspecify.annotations.NullMarked;

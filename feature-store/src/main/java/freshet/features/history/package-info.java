/**
 * What a viewer did before: one compact record per viewer, the same in the examples job and in servers. A history belongs
 * to one thread at a time.
 */
@NullMarked
package freshet.features.history;

import org.jspecify.annotations.NullMarked;

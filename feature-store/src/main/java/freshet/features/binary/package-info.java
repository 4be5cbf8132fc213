/**
 * Compact bytes for state: variable-length numbers, strings, and 64-bit hashes of ids. Used by user histories and by the
 * join's state; never on a topic that others read. Instances are confined to one thread.
 */
@NullMarked
package freshet.features.binary;

import org.jspecify.annotations.NullMarked;

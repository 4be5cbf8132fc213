/**
 * The canonical events: what a viewer was shown and what the viewer then did. Immutable values, safe on any thread; used by
 * every module.
 */
@NullMarked
package freshet.serde.event;

import org.jspecify.annotations.NullMarked;

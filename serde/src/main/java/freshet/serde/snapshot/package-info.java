/**
 * Model snapshots on the wire: chunks and, last, a manifest. Layouts are in FORMAT.md of this module. Immutable values,
 * safe on any thread.
 */
@NullMarked
package freshet.serde.snapshot;

import org.jspecify.annotations.NullMarked;

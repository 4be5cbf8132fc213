/**
 * Model snapshots as they travel and rest: files, chunks and, last, a manifest; on a topic and in a directory. Layouts are in
 * SNAPSHOT-FORMAT.md of this module. Used by trainers, which write them, and servers, which read them; knows nothing
 * of models or of Kafka. Values are immutable and safe on any thread; {@link freshet.serde.snapshot.SnapshotAssembler}
 * is not.
 */
@NullMarked
package freshet.serde.snapshot;

import org.jspecify.annotations.NullMarked;

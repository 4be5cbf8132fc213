/**
 * Snapshots in the shapes that other servers load: a self-contained ONNX file that takes raw ids, and a model repository for
 * NVIDIA Triton. Plain Java without native code; used by the command line. The shapes are described in SNAPSHOT-FORMAT.md of the
 * module serde.
 */
@NullMarked
package freshet.model.export;

import org.jspecify.annotations.NullMarked;

/**
 * A learner's weights as the files of a snapshot, and back into something that scores: written by the trainer, read by
 * servers, the gate and the trainer's as-served metrics. Plain Java without native code. What is read is immutable and safe on
 * any thread, scorers are not. The files are described in SNAPSHOT-FORMAT.md of the module serde.
 */
@NullMarked
package freshet.model.snapshot;

import org.jspecify.annotations.NullMarked;

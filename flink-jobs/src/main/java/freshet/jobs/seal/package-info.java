/**
 * Checkpoints that tell when a byte of theirs has changed: Flink writes neither its {@code _metadata} nor most state with a checksum.
 * {@link freshet.jobs.seal.SealedStorageFactory} writes them, and {@link freshet.jobs.seal.SealedCheckpoint} looks. The JobManager's
 * threads, and the command line.
 */
@NullMarked
package freshet.jobs.seal;

import org.jspecify.annotations.NullMarked;

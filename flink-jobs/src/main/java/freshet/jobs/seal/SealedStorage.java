package freshet.jobs.seal;

import java.io.IOException;
import java.util.List;
import org.apache.flink.api.common.JobID;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;
import org.apache.flink.runtime.state.CheckpointMetadataOutputStream;
import org.apache.flink.runtime.state.CheckpointStateOutputStream;
import org.apache.flink.runtime.state.CheckpointStorage;
import org.apache.flink.runtime.state.CheckpointStorageAccess;
import org.apache.flink.runtime.state.CheckpointStorageLocation;
import org.apache.flink.runtime.state.CheckpointStorageLocationReference;
import org.apache.flink.runtime.state.CheckpointedStateScope;
import org.apache.flink.runtime.state.CompletedCheckpointStorageLocation;
import org.apache.flink.runtime.state.StreamStateHandle;
import org.apache.flink.runtime.state.filesystem.FsCheckpointStorageAccess;
import org.apache.flink.runtime.state.storage.FileSystemCheckpointStorage;

/**
 * Flink's storage in files, which seals each checkpoint as the last thing before it is completed, and looks at the seal of the one that
 * a job is started from. The files it sums are read once more for that: of a checkpoint, up to {@value #CHECKPOINT_BYTES} bytes beside
 * RocksDB's tables; of a savepoint, whose keyed state has no checksums either, up to {@value #SAVEPOINT_BYTES}.
 */
final class SealedStorage implements CheckpointStorage {
    private static final long serialVersionUID = 1L;

    private static final long CHECKPOINT_BYTES = 64L << 20;
    private static final long SAVEPOINT_BYTES = 1L << 30;

    private final FileSystemCheckpointStorage files;
    private final boolean folderForEachJob;

    SealedStorage(FileSystemCheckpointStorage files, Boolean folderForEachJob) {
        this.files = files;
        this.folderForEachJob = folderForEachJob;
    }

    @Override
    public CompletedCheckpointStorageLocation resolveCheckpoint(String pointer) throws IOException {
        return files.resolveCheckpoint(pointer);
    }

    @Override
    public CheckpointStorageAccess createCheckpointStorage(JobID job) throws IOException {
        return new Access(job);
    }

    private final class Access extends FsCheckpointStorageAccess {
        private Access(JobID job) throws IOException {
            super(
                    files.getCheckpointPath(),
                    files.getSavepointPath(),
                    folderForEachJob,
                    job,
                    files.getMinFileSizeThreshold(),
                    files.getWriteBufferSize());
        }

        @Override
        public CheckpointStorageLocation initializeLocationForCheckpoint(long checkpointId) throws IOException {
            return new SealedLocation(
                    super.initializeLocationForCheckpoint(checkpointId),
                    createCheckpointDirectory(getCheckpointsDirectory(), checkpointId),
                    CHECKPOINT_BYTES);
        }

        @Override
        protected CheckpointStorageLocation createSavepointLocation(FileSystem fileSystem, Path location) {
            return new SealedLocation(super.createSavepointLocation(fileSystem, location), location, SAVEPOINT_BYTES);
        }

        /** What a job is to be started from. */
        @Override
        public CompletedCheckpointStorageLocation resolveCheckpoint(String pointer) throws IOException {
            CompletedCheckpointStorageLocation location = super.resolveCheckpoint(pointer);
            try {
                SealedCheckpoint.read(new Path(location.getExternalPointer())).verifyFiles();
            } catch (IOException e) {
                // Without its cause: people are shown the last one alone.
                throw new IOException("going on from " + pointer + ": " + e.getMessage()
                        + "; freshet recover finds one that is whole");
            }
            return location;
        }
    }

    /** One that is being written, on the JobManager. */
    private record SealedLocation(CheckpointStorageLocation plain, Path folder, long mostBytes)
            implements CheckpointStorageLocation {
        @Override
        public CheckpointMetadataOutputStream createMetadataOutputStream() throws IOException {
            return new SealingStream(plain.createMetadataOutputStream(), folder, mostBytes);
        }

        @Override
        public void disposeOnFailure() throws IOException {
            plain.disposeOnFailure();
        }

        @Override
        public CheckpointStorageLocationReference getLocationReference() {
            return plain.getLocationReference();
        }

        @Override
        public CheckpointStateOutputStream createCheckpointStateOutputStream(CheckpointedStateScope scope)
                throws IOException {
            return plain.createCheckpointStateOutputStream(scope);
        }

        @Override
        public boolean canFastDuplicate(StreamStateHandle state, CheckpointedStateScope scope) throws IOException {
            return plain.canFastDuplicate(state, scope);
        }

        @Override
        public List<StreamStateHandle> duplicate(List<StreamStateHandle> states, CheckpointedStateScope scope)
                throws IOException {
            return plain.duplicate(states, scope);
        }
    }
}

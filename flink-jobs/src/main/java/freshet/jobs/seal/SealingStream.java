package freshet.jobs.seal;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import org.apache.flink.core.fs.Path;
import org.apache.flink.runtime.state.CheckpointMetadataOutputStream;
import org.apache.flink.runtime.state.CompletedCheckpointStorageLocation;

/** Holds the metadata until all of it is there, and writes it with its seal behind it. */
final class SealingStream extends CheckpointMetadataOutputStream {
    private final CheckpointMetadataOutputStream file;
    private final Path folder;
    private final long mostBytes;
    private final ByteArrayOutputStream metadata = new ByteArrayOutputStream();

    /**
     * @param folder that the checkpoint lies in
     * @param mostBytes of state that is read in all
     */
    SealingStream(CheckpointMetadataOutputStream file, Path folder, long mostBytes) {
        this.file = file;
        this.folder = folder;
        this.mostBytes = mostBytes;
    }

    @Override
    public void write(int single) {
        metadata.write(single);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
        metadata.write(bytes, offset, length);
    }

    @Override
    public long getPos() {
        return metadata.size();
    }

    @Override
    public void flush() {}

    @Override
    public void sync() {}

    @Override
    public CompletedCheckpointStorageLocation closeAndFinalizeCheckpoint() throws IOException {
        byte[] written = metadata.toByteArray();
        Seal seal = SealedCheckpoint.seal(written, folder, mostBytes);
        file.write(written);
        file.write(seal.behind(written));
        return file.closeAndFinalizeCheckpoint();
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}

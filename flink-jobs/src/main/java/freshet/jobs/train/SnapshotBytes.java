package freshet.jobs.train;

import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.SnapshotFile;
import freshet.serde.snapshot.SnapshotManifest;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A whole snapshot in saved state and between operators: its manifest's line, then its files. */
final class SnapshotBytes {
    private SnapshotBytes() {}

    static void write(Snapshot snapshot, DataOutput out) throws IOException {
        SavedState.writeText(out, snapshot.manifestLine());
        out.writeInt(snapshot.files().size());
        for (SnapshotFile file : snapshot.files()) {
            out.writeUTF(file.name());
            SavedState.writeBlock(out, file.bytes());
        }
    }

    /** Checksums are not checked again: what was written here was a good snapshot, and Flink checks its own state. */
    static Snapshot read(DataInput in) throws IOException {
        String line = SavedState.readText(in);
        int count = in.readInt();
        List<SnapshotFile> files = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            files.add(new SnapshotFile(in.readUTF(), SavedState.readBlock(in)));
        }
        return new Snapshot(SnapshotManifest.parse(line.getBytes(StandardCharsets.UTF_8)), line, files);
    }
}

package freshet.jobs.train;

import freshet.jobs.state.SavedState;
import freshet.jobs.train.ModelCut.Hour;
import freshet.model.batch.HashedFeatures;
import freshet.model.snapshot.ModelChanges;
import freshet.model.table.ChangedRows;
import freshet.serde.snapshot.SnapshotFile;
import freshet.serde.snapshot.SnapshotVersion;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/** A {@link ModelCut} between operators, and files in saved state. */
final class ModelCutBytes {
    private ModelCutBytes() {}

    static void write(ModelCut cut, DataOutput out) throws IOException {
        out.writeLong(cut.asOfMillis());
        write(cut.base(), out);
        out.writeInt(cut.sequence());
        SavedState.writeText(out, cut.lineageBefore());
        SavedState.writeText(out, cut.lineage());
        out.writeLong(cut.examples());
        write(cut.changes(), out);
        Hour hour = cut.hour();
        out.writeBoolean(hour != null);
        if (hour != null) {
            write(hour.parent(), out);
            SavedState.writeMetrics(out, hour.metrics());
            out.writeInt(hour.golden().size());
            for (HashedFeatures features : hour.golden()) {
                write(features, out);
            }
        }
    }

    static ModelCut read(DataInput in) throws IOException {
        long asOfMillis = in.readLong();
        return new ModelCut(
                asOfMillis,
                readVersion(in),
                in.readInt(),
                SavedState.readText(in),
                SavedState.readText(in),
                in.readLong(),
                readChanges(in),
                in.readBoolean() ? readHour(in) : null);
    }

    private static void write(@Nullable SnapshotVersion version, DataOutput out) throws IOException {
        out.writeBoolean(version != null);
        if (version != null) {
            out.writeLong(version.eventTimeMillis());
        }
    }

    private static @Nullable SnapshotVersion readVersion(DataInput in) throws IOException {
        return in.readBoolean() ? new SnapshotVersion(in.readLong()) : null;
    }

    private static void write(ModelChanges changes, DataOutput out) throws IOException {
        SavedState.writeBlock(out, changes.dense());
        out.writeInt(changes.tables().size());
        for (ChangedRows rows : changes.tables()) {
            FlatArrays.write(rows.ids(), out);
            FlatArrays.write(rows.weights(), out);
            FlatArrays.write(rows.removed(), out);
        }
    }

    private static ModelChanges readChanges(DataInput in) throws IOException {
        byte[] dense = SavedState.readBlock(in);
        List<ChangedRows> tables = new ArrayList<>();
        for (int count = in.readInt(); count > 0; count--) {
            tables.add(new ChangedRows(FlatArrays.readLongs(in), FlatArrays.readFloats(in), FlatArrays.readLongs(in)));
        }
        return new ModelChanges(dense, tables);
    }

    private static Hour readHour(DataInput in) throws IOException {
        @Nullable SnapshotVersion parent = readVersion(in);
        SortedMap<String, SortedMap<String, Double>> metrics = SavedState.readMetrics(in);
        List<HashedFeatures> golden = new ArrayList<>();
        for (int count = in.readInt(); count > 0; count--) {
            golden.add(readFeatures(in));
        }
        return new Hour(parent, metrics, golden);
    }

    private static void write(HashedFeatures features, DataOutput out) throws IOException {
        out.writeInt(features.ids().length);
        for (long[] ids : features.ids()) {
            out.writeInt(ids.length);
            for (long id : ids) {
                out.writeLong(id);
            }
        }
        out.writeInt(features.numbers().length);
        for (float number : features.numbers()) {
            out.writeFloat(number);
        }
    }

    private static HashedFeatures readFeatures(DataInput in) throws IOException {
        long[][] ids = new long[in.readInt()][];
        for (int slot = 0; slot < ids.length; slot++) {
            ids[slot] = new long[in.readInt()];
            for (int i = 0; i < ids[slot].length; i++) {
                ids[slot][i] = in.readLong();
            }
        }
        float[] numbers = new float[in.readInt()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = in.readFloat();
        }
        return new HashedFeatures(ids, numbers);
    }

    static void writeFiles(List<SnapshotFile> files, DataOutput out) throws IOException {
        out.writeInt(files.size());
        for (SnapshotFile file : files) {
            out.writeUTF(file.name());
            SavedState.writeBlock(out, file.bytes());
        }
    }

    static List<SnapshotFile> readFiles(DataInput in) throws IOException {
        int count = in.readInt();
        List<SnapshotFile> files = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            files.add(new SnapshotFile(in.readUTF(), SavedState.readBlock(in)));
        }
        return files;
    }
}

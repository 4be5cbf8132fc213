package freshet.jobs.type;

import freshet.serde.snapshot.SnapshotRecord;
import java.io.IOException;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** A record of the snapshot topic: key, then value. */
public final class SnapshotRecordSerializer extends ValueSerializer<SnapshotRecord> {
    private static final long serialVersionUID = 1L;
    private static final int NEWEST = 1;

    public SnapshotRecordSerializer() {
        this(NEWEST);
    }

    private SnapshotRecordSerializer(int layout) {
        super(layout);
    }

    @Override
    public SnapshotRecord createInstance() {
        return new SnapshotRecord("", new byte[0]);
    }

    @Override
    protected void write(SnapshotRecord record, DataOutputView out) throws IOException {
        Fields.writeText(record.key(), out);
        Fields.writeBytes(record.value(), out);
    }

    @Override
    protected SnapshotRecord read(int layout, DataInputView in) throws IOException {
        return new SnapshotRecord(Fields.readText(in), Fields.readBytes(in));
    }

    @Override
    public TypeSerializerSnapshot<SnapshotRecord> snapshotConfiguration() {
        return new Snapshot();
    }

    /** The layout of snapshot records in a checkpoint. */
    public static final class Snapshot extends LayoutSnapshot<SnapshotRecord> {
        public Snapshot() {
            super(NEWEST, SnapshotRecordSerializer::new);
        }
    }
}

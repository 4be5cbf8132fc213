package freshet.jobs.publish;

import freshet.jobs.type.LayoutSnapshot;
import freshet.jobs.type.ValueSerializer;
import java.io.IOException;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** A row's key in state: table (two bytes), id (eight), both big-endian, so that the rows of a table lie together. */
public final class RowKeySerializer extends ValueSerializer<RowKey> {
    private static final long serialVersionUID = 1L;
    private static final int NEWEST = 1;

    public RowKeySerializer() {
        this(NEWEST);
    }

    private RowKeySerializer(int layout) {
        super(layout);
    }

    @Override
    public RowKey createInstance() {
        return new RowKey(0, 0);
    }

    @Override
    protected void write(RowKey key, DataOutputView out) throws IOException {
        out.writeShort(key.table());
        out.writeLong(key.id());
    }

    @Override
    protected RowKey read(int layout, DataInputView in) throws IOException {
        return new RowKey(in.readUnsignedShort(), in.readLong());
    }

    @Override
    public TypeSerializerSnapshot<RowKey> snapshotConfiguration() {
        return new Snapshot();
    }

    /** The layout of row keys in a checkpoint. */
    public static final class Snapshot extends LayoutSnapshot<RowKey> {
        public Snapshot() {
            super(NEWEST, RowKeySerializer::new);
        }
    }
}

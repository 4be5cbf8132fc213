package freshet.jobs.train;

import freshet.jobs.type.LayoutSnapshot;
import freshet.jobs.type.ValueSerializer;
import java.io.IOException;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * A row's id as a key in state: eight bytes, big-endian, the sign flipped. RocksDB orders keys by their bytes as unsigned, so
 * it orders rows by their signed id, as a snapshot does.
 */
public final class RowIdSerializer extends ValueSerializer<Long> {
    private static final long serialVersionUID = 1L;
    private static final int NEWEST = 1;

    public RowIdSerializer() {
        this(NEWEST);
    }

    private RowIdSerializer(int layout) {
        super(layout);
    }

    @Override
    public Long createInstance() {
        return 0L;
    }

    @Override
    protected void write(Long id, DataOutputView out) throws IOException {
        out.writeLong(id ^ Long.MIN_VALUE);
    }

    @Override
    protected Long read(int layout, DataInputView in) throws IOException {
        return in.readLong() ^ Long.MIN_VALUE;
    }

    @Override
    public TypeSerializerSnapshot<Long> snapshotConfiguration() {
        return new Snapshot();
    }

    /** The layout of row ids in a checkpoint. */
    public static final class Snapshot extends LayoutSnapshot<Long> {
        public Snapshot() {
            super(NEWEST, RowIdSerializer::new);
        }
    }
}

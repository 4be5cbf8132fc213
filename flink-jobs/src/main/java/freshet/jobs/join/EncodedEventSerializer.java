package freshet.jobs.join;

import freshet.jobs.type.Fields;
import freshet.jobs.type.LayoutSnapshot;
import freshet.jobs.type.ValueSerializer;
import freshet.jobs.type.ValueTypeInfo;
import java.io.IOException;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** An {@link EncodedEvent}: user, time and bytes. */
public final class EncodedEventSerializer extends ValueSerializer<EncodedEvent> {
    private static final long serialVersionUID = 1L;
    private static final int NEWEST = 1;

    /** For the edge into the join. */
    public static final TypeInformation<EncodedEvent> TYPE =
            new ValueTypeInfo<>(EncodedEvent.class, new EncodedEventSerializer());

    public EncodedEventSerializer() {
        this(NEWEST);
    }

    private EncodedEventSerializer(int layout) {
        super(layout);
    }

    @Override
    public EncodedEvent createInstance() {
        return new EncodedEvent("", 0, new byte[0]);
    }

    @Override
    protected void write(EncodedEvent event, DataOutputView out) throws IOException {
        Fields.writeText(event.userId(), out);
        out.writeLong(event.eventTimeMillis());
        Fields.writeBytes(event.bytes(), out);
    }

    @Override
    protected EncodedEvent read(int layout, DataInputView in) throws IOException {
        return new EncodedEvent(Fields.readText(in), in.readLong(), Fields.readBytes(in));
    }

    @Override
    public TypeSerializerSnapshot<EncodedEvent> snapshotConfiguration() {
        return new Snapshot();
    }

    /** The layout in a checkpoint. */
    public static final class Snapshot extends LayoutSnapshot<EncodedEvent> {
        public Snapshot() {
            super(NEWEST, EncodedEventSerializer::new);
        }
    }
}

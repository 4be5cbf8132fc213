package freshet.jobs.source;

import freshet.jobs.type.DeadLetterSerializer;
import freshet.jobs.type.EventSerializer;
import freshet.jobs.type.Fields;
import freshet.jobs.type.LayoutSnapshot;
import freshet.jobs.type.ValueSerializer;
import freshet.jobs.type.ValueTypeInfo;
import java.io.IOException;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** A record of a source: one byte for which kind, then the event, its origin and its raw bytes, or the stream's name
 * and the dead letter or the condition. */
public final class SourceRecordSerializer extends ValueSerializer<SourceRecord> {
    private static final long serialVersionUID = 1L;
    private static final int NEWEST = 2;

    /** For the {@code returns(...)} of a source. */
    public static final TypeInformation<SourceRecord> TYPE =
            new ValueTypeInfo<>(SourceRecord.class, new SourceRecordSerializer());

    private static final int GOOD = 0;
    private static final int REFUSED = 1;
    private static final int SKIPPED = 2;

    private final EventSerializer events = new EventSerializer();
    private final DeadLetterSerializer deadLetters = new DeadLetterSerializer();

    public SourceRecordSerializer() {
        this(NEWEST);
    }

    private SourceRecordSerializer(int layout) {
        super(layout);
    }

    @Override
    public SourceRecord createInstance() {
        return new SourceRecord.Good(events.createInstance(), new SourceRecord.Origin("", 0, 0), new byte[0]);
    }

    @Override
    protected void write(SourceRecord record, DataOutputView out) throws IOException {
        if (record instanceof SourceRecord.Good good) {
            out.writeByte(GOOD);
            events.serialize(good.event(), out);
            Fields.writeText(good.origin().topic(), out);
            out.writeInt(good.origin().partition());
            out.writeLong(good.origin().offset());
            Fields.writeBytes(good.raw(), out);
        } else if (record instanceof SourceRecord.Skipped skipped) {
            out.writeByte(SKIPPED);
            Fields.writeText(skipped.stream().name(), out);
            Fields.writeText(skipped.condition(), out);
        } else {
            SourceRecord.Refused refused = (SourceRecord.Refused) record;
            out.writeByte(REFUSED);
            Fields.writeText(refused.stream().name(), out);
            deadLetters.serialize(refused.letter(), out);
        }
    }

    @Override
    protected SourceRecord read(int layout, DataInputView in) throws IOException {
        int kind = in.readByte();
        return switch (kind) {
            case GOOD ->
                new SourceRecord.Good(
                        events.deserialize(in),
                        new SourceRecord.Origin(Fields.readText(in), in.readInt(), in.readLong()),
                        Fields.readBytes(in));
            case REFUSED ->
                new SourceRecord.Refused(EventStream.valueOf(Fields.readText(in)), deadLetters.deserialize(in));
            case SKIPPED -> new SourceRecord.Skipped(EventStream.valueOf(Fields.readText(in)), Fields.readText(in));
            default -> throw new IOException("reading a source record: found kind " + kind + ", expected 0, 1 or 2");
        };
    }

    @Override
    public TypeSerializerSnapshot<SourceRecord> snapshotConfiguration() {
        return new Snapshot();
    }

    /** The layout of source records in a checkpoint. */
    public static final class Snapshot extends LayoutSnapshot<SourceRecord> {
        public Snapshot() {
            super(NEWEST, SourceRecordSerializer::new);
        }
    }
}

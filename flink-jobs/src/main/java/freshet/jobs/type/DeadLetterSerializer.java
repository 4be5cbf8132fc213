package freshet.jobs.type;

import freshet.serde.event.DeadLetter;
import java.io.IOException;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** A dead letter: its fields in the order of the record, the reason by name, since the enum may grow. */
public final class DeadLetterSerializer extends ValueSerializer<DeadLetter> {
    private static final long serialVersionUID = 1L;
    private static final int NEWEST = 1;

    public DeadLetterSerializer() {
        this(NEWEST);
    }

    private DeadLetterSerializer(int layout) {
        super(layout);
    }

    @Override
    public DeadLetter createInstance() {
        return new DeadLetter("", 0, 0, DeadLetter.Reason.EMPTY, "", new byte[0]);
    }

    @Override
    protected void write(DeadLetter letter, DataOutputView out) throws IOException {
        Fields.writeText(letter.topic(), out);
        out.writeInt(letter.partition());
        out.writeLong(letter.offset());
        Fields.writeText(letter.reason().name(), out);
        Fields.writeText(letter.detail(), out);
        Fields.writeBytes(letter.raw(), out);
    }

    @Override
    protected DeadLetter read(int layout, DataInputView in) throws IOException {
        return new DeadLetter(
                Fields.readText(in),
                in.readInt(),
                in.readLong(),
                DeadLetter.Reason.valueOf(Fields.readText(in)),
                Fields.readText(in),
                Fields.readBytes(in));
    }

    @Override
    public TypeSerializerSnapshot<DeadLetter> snapshotConfiguration() {
        return new Snapshot();
    }

    /** The layout of dead letters in a checkpoint. */
    public static final class Snapshot extends LayoutSnapshot<DeadLetter> {
        public Snapshot() {
            super(NEWEST, DeadLetterSerializer::new);
        }
    }
}

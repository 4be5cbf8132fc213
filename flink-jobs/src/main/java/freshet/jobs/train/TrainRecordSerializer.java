package freshet.jobs.train;

import freshet.jobs.state.SavedState;
import freshet.jobs.train.TrainRecord.Answered;
import freshet.jobs.train.TrainRecord.Changed;
import freshet.jobs.train.TrainRecord.Ended;
import freshet.jobs.train.TrainRecord.Hour;
import freshet.jobs.train.TrainRecord.Learnt;
import freshet.jobs.train.TrainRecord.Published;
import freshet.jobs.train.TrainRecord.Topic;
import freshet.jobs.type.ExampleMessageSerializer;
import freshet.jobs.type.Fields;
import freshet.jobs.type.LayoutSnapshot;
import freshet.jobs.type.ValueSerializer;
import freshet.jobs.type.ValueTypeInfo;
import freshet.serde.control.ControlCodec;
import freshet.serde.example.LabeledExample;
import freshet.serde.snapshot.SnapshotRecord;
import java.io.IOException;
import java.util.TreeMap;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** A record of a trainer: one byte for which, then its fields in the order of the record. */
public final class TrainRecordSerializer extends ValueSerializer<TrainRecord> {
    public static final TypeInformation<TrainRecord> TYPE =
            new ValueTypeInfo<>(TrainRecord.class, new TrainRecordSerializer());

    private static final long serialVersionUID = 1L;
    private static final int NEWEST = 1;

    private static final int LEARNT = 0;
    private static final int HOUR = 1;
    private static final int PUBLISHED = 2;
    private static final int ENDED = 3;
    private static final int CHANGED = 4;
    private static final int ANSWERED = 5;

    private final ExampleMessageSerializer examples = new ExampleMessageSerializer();

    public TrainRecordSerializer() {
        this(NEWEST);
    }

    private TrainRecordSerializer(int layout) {
        super(layout);
    }

    @Override
    public TrainRecord createInstance() {
        return new Ended(new TreeMap<>());
    }

    @Override
    protected void write(TrainRecord record, DataOutputView out) throws IOException {
        if (record instanceof Learnt learnt) {
            out.writeByte(LEARNT);
            examples.serialize(learnt.example(), out);
            writeFloats(learnt.predictions(), out);
            writeFloats(learnt.served(), out);
        } else if (record instanceof Hour hour) {
            out.writeByte(HOUR);
            out.writeLong(hour.hourMillis());
            SavedState.writeMetrics(out, hour.metrics());
        } else if (record instanceof Published published) {
            out.writeByte(PUBLISHED);
            out.writeByte(published.topic().ordinal());
            Fields.writeText(published.record().key(), out);
            Fields.writeBytes(published.record().value(), out);
        } else if (record instanceof Changed changed) {
            out.writeByte(CHANGED);
            ModelCutBytes.write(changed.cut(), out);
        } else if (record instanceof Answered answered) {
            out.writeByte(ANSWERED);
            Fields.writeText(ControlCodec.line(answered.answer()), out);
        } else if (record instanceof Ended ended) {
            out.writeByte(ENDED);
            SavedState.writeMetrics(out, ended.metrics());
        }
    }

    @Override
    protected TrainRecord read(int layout, DataInputView in) throws IOException {
        int kind = in.readByte();
        return switch (kind) {
            case LEARNT -> new Learnt((LabeledExample) examples.deserialize(in), readFloats(in), readFloats(in));
            case HOUR -> new Hour(in.readLong(), SavedState.readMetrics(in));
            case PUBLISHED ->
                new Published(
                        Topic.values()[in.readByte()], new SnapshotRecord(Fields.readText(in), Fields.readBytes(in)));
            case CHANGED -> new Changed(ModelCutBytes.read(in));
            case ENDED -> new Ended(SavedState.readMetrics(in));
            case ANSWERED -> new Answered(ControlCodec.answer(Fields.readText(in)));
            default ->
                throw new IOException("reading a record of the trainer: found kind " + kind + ", expected 0 to 5");
        };
    }

    private static void writeFloats(float[] floats, DataOutputView out) throws IOException {
        Fields.writeCount(floats.length, out);
        for (float value : floats) {
            out.writeFloat(value);
        }
    }

    private static float[] readFloats(DataInputView in) throws IOException {
        float[] floats = new float[Fields.readCount(in)];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = in.readFloat();
        }
        return floats;
    }

    @Override
    public TypeSerializerSnapshot<TrainRecord> snapshotConfiguration() {
        return new Snapshot();
    }

    /** The layout of trainer records in a checkpoint. */
    public static final class Snapshot extends LayoutSnapshot<TrainRecord> {
        public Snapshot() {
            super(NEWEST, TrainRecordSerializer::new);
        }
    }
}

package freshet.jobs.type;

import freshet.serde.example.ExampleMessage;
import freshet.serde.example.FeatureValues;
import freshet.serde.example.Frontier;
import freshet.serde.example.HashedIds;
import freshet.serde.example.LabeledExample;
import freshet.serde.example.TaskLabel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.core.memory.DataOutputView;

/**
 * An example or a frontier: one byte for which, then its fields in the order of the record. Features stand by position, so
 * both ends must have the same feature schema; on Kafka, where they may not, examples travel with names instead.
 */
public final class ExampleMessageSerializer extends ValueSerializer<ExampleMessage> {
    private static final long serialVersionUID = 1L;
    private static final int NEWEST = 3;
    private static final int WITHOUT_HASHES = 2;
    private static final int WITHOUT_RATES = 1;

    private static final int EXAMPLE = 0;
    private static final int FRONTIER = 1;

    private static final int TYPICAL_TEXT_BYTES = 16;

    public ExampleMessageSerializer() {
        this(NEWEST);
    }

    private ExampleMessageSerializer(int layout) {
        super(layout);
    }

    @Override
    public ExampleMessage createInstance() {
        return new Frontier(0, 1, 0, 0, 1, 0);
    }

    @Override
    protected void write(ExampleMessage message, DataOutputView out) throws IOException {
        if (message instanceof LabeledExample example) {
            out.writeByte(EXAMPLE);
            writeExample(example, out);
        } else {
            out.writeByte(FRONTIER);
            writeFrontier((Frontier) message, out);
        }
    }

    @Override
    protected ExampleMessage read(int layout, DataInputView in) throws IOException {
        int kind = in.readByte();
        return switch (kind) {
            case EXAMPLE -> readExample(layout, in);
            case FRONTIER -> readFrontier(in);
            default -> throw new IOException("reading an example message: found kind " + kind + ", expected 0 or 1");
        };
    }

    private static void writeExample(LabeledExample example, DataOutputView out) throws IOException {
        Fields.writeText(example.impressionId(), out);
        Fields.writeText(example.userId(), out);
        Fields.writeText(example.videoId(), out);
        out.writeLong(example.eventTimeMillis());
        out.writeLong(example.decidedTimeMillis());
        writeFeatures(example.features(), out);
        Fields.writeCount(example.labels().size(), out);
        for (TaskLabel label : example.labels()) {
            Fields.writeText(label.task(), out);
            out.writeFloat(label.label());
            out.writeFloat(label.weight());
            out.writeFloat(label.rate());
            out.writeFloat(label.undone());
        }
    }

    private static LabeledExample readExample(int layout, DataInputView in) throws IOException {
        return new LabeledExample(
                Fields.readText(in),
                Fields.readText(in),
                Fields.readText(in),
                in.readLong(),
                in.readLong(),
                layout <= WITHOUT_HASHES ? readTextFeatures(in) : readFeatures(in),
                readLabels(layout, in));
    }

    private static List<TaskLabel> readLabels(int layout, DataInputView in) throws IOException {
        int count = Fields.readCount(in);
        List<TaskLabel> labels = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            String task = Fields.readText(in);
            float label = in.readFloat();
            float weight = in.readFloat();
            labels.add(
                    layout <= WITHOUT_RATES
                            ? new TaskLabel(task, label, weight)
                            : new TaskLabel(task, label, weight, in.readFloat(), in.readFloat()));
        }
        return labels;
    }

    /** First what a model reads: so nobody makes texts of the ids but those who ask for them. */
    private static void writeFeatures(FeatureValues features, DataOutputView out) throws IOException {
        HashedIds hashed = features.hashedIds();
        Fields.writeCount(hashed.slots(), out);
        for (int slot = 0; slot < hashed.slots(); slot++) {
            Fields.writeCount(hashed.starts()[slot + 1] - hashed.starts()[slot], out);
        }
        for (long id : hashed.ids()) {
            out.writeLong(id);
        }
        writeNumbers(features.numbers(), out);
        DataOutputSerializer texts = new DataOutputSerializer(TYPICAL_TEXT_BYTES * (1 + hashed.ids().length));
        for (String[] slot : features.ids()) {
            for (String id : slot) {
                Fields.writeText(id, texts);
            }
        }
        Fields.writeCount(texts.length(), out);
        out.write(texts.getSharedBuffer(), 0, texts.length());
    }

    private static FeatureValues readFeatures(DataInputView in) throws IOException {
        int[] starts = new int[Fields.readCount(in) + 1];
        for (int slot = 1; slot < starts.length; slot++) {
            starts[slot] = starts[slot - 1] + Fields.readCount(in);
        }
        long[] ids = new long[starts[starts.length - 1]];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = in.readLong();
        }
        float[] numbers = readNumbers(in);
        byte[] texts = Fields.readBytes(in);
        return FeatureValues.ofHashed(new HashedIds(ids, starts), numbers, () -> readTexts(starts, texts));
    }

    private static String[][] readTexts(int[] starts, byte[] bytes) {
        DataInputDeserializer in = new DataInputDeserializer(bytes);
        String[][] ids = new String[starts.length - 1][];
        try {
            for (int slot = 0; slot < ids.length; slot++) {
                ids[slot] = new String[starts[slot + 1] - starts[slot]];
                for (int i = 0; i < ids[slot].length; i++) {
                    ids[slot][i] = Fields.readText(in);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("reading the ids of an example", e);
        }
        return ids;
    }

    private static FeatureValues readTextFeatures(DataInputView in) throws IOException {
        String[][] ids = new String[Fields.readCount(in)][];
        for (int slot = 0; slot < ids.length; slot++) {
            ids[slot] = new String[Fields.readCount(in)];
            for (int i = 0; i < ids[slot].length; i++) {
                ids[slot][i] = Fields.readText(in);
            }
        }
        return new FeatureValues(ids, readNumbers(in));
    }

    private static void writeNumbers(float[] numbers, DataOutputView out) throws IOException {
        Fields.writeCount(numbers.length, out);
        for (float number : numbers) {
            out.writeFloat(number);
        }
    }

    private static float[] readNumbers(DataInputView in) throws IOException {
        float[] numbers = new float[Fields.readCount(in)];
        for (int slot = 0; slot < numbers.length; slot++) {
            numbers[slot] = in.readFloat();
        }
        return numbers;
    }

    private static void writeFrontier(Frontier frontier, DataOutputView out) throws IOException {
        out.writeInt(frontier.partition());
        out.writeInt(frontier.partitions());
        out.writeInt(frontier.firstKeyGroup());
        out.writeInt(frontier.lastKeyGroup());
        out.writeInt(frontier.keyGroups());
        out.writeLong(frontier.throughMillis());
    }

    private static Frontier readFrontier(DataInputView in) throws IOException {
        return new Frontier(in.readInt(), in.readInt(), in.readInt(), in.readInt(), in.readInt(), in.readLong());
    }

    @Override
    public TypeSerializerSnapshot<ExampleMessage> snapshotConfiguration() {
        return new Snapshot();
    }

    /** The layout of example messages in a checkpoint. */
    public static final class Snapshot extends LayoutSnapshot<ExampleMessage> {
        public Snapshot() {
            super(NEWEST, ExampleMessageSerializer::new);
        }
    }
}

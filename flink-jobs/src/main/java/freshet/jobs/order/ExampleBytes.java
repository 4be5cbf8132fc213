package freshet.jobs.order;

import freshet.jobs.state.SavedState;
import freshet.serde.example.ExampleMessage;
import freshet.serde.example.FeatureSchema;
import freshet.serde.example.LabeledExample;
import freshet.serde.wire.Decoded;
import freshet.serde.wire.ExampleCodec;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Lists of examples in saved state: each as it travels on Kafka, so that state survives a change of the feature list. */
public final class ExampleBytes {
    private final ExampleCodec codec;

    public ExampleBytes(FeatureSchema schema) {
        codec = new ExampleCodec(schema);
    }

    public void writeAll(DataOutputStream out, Collection<LabeledExample> examples) throws IOException {
        out.writeInt(examples.size());
        for (LabeledExample example : examples) {
            SavedState.writeBlock(out, codec.encode(example));
        }
    }

    public List<LabeledExample> readAll(DataInputStream in) throws IOException {
        int count = in.readInt();
        List<LabeledExample> examples = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            Decoded<ExampleMessage> decoded = codec.decode(SavedState.readBlock(in));
            if (decoded instanceof Decoded.Value<ExampleMessage> value
                    && value.value() instanceof LabeledExample example) {
                examples.add(example);
            } else {
                throw new IOException("restoring example " + i + " of " + count + " of the trainer: found " + decoded
                        + ", expected an example; restore an earlier checkpoint");
            }
        }
        return examples;
    }

    /** Some examples as one block of bytes. */
    public byte[] block(List<LabeledExample> examples) {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        try {
            writeAll(new DataOutputStream(block), examples);
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory", e);
        }
        return block.toByteArray();
    }

    /** The examples of a {@link #block}. */
    public List<LabeledExample> examples(byte[] block) {
        try {
            return readAll(new DataInputStream(new ByteArrayInputStream(block)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

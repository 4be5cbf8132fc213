package freshet.jobs.type;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.serde.example.ExampleMessage;
import freshet.serde.example.FeatureValues;
import freshet.serde.example.LabeledExample;
import freshet.serde.example.TaskLabel;
import java.io.IOException;
import java.util.List;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.junit.jupiter.api.Test;

/** What {@link SerializerContractTest} does not ask. */
class ExampleMessageSerializerTest {
    private static final LabeledExample EXAMPLE = new LabeledExample(
            "i",
            "u",
            "v",
            1,
            2,
            new FeatureValues(new String[][] {{}, {"a"}, {"视频", "c"}}, new float[] {1.5f, -0f}),
            List.of(new TaskLabel("click", 1, 1, 0.5f, 0)));

    @Test
    void whatIsReadIsHashedAlready() throws IOException {
        ExampleMessageSerializer serializer = new ExampleMessageSerializer();
        DataOutputSerializer out = new DataOutputSerializer(64);
        serializer.serialize(EXAMPLE, out);
        LabeledExample read = (LabeledExample) serializer.deserialize(in(out));
        assertThat(read.features().isHashed()).isTrue();
        assertThat(read.features().hashedIds()).isEqualTo(EXAMPLE.features().hashedIds());
        assertThat(read).isEqualTo(EXAMPLE);
    }

    @Test
    void layoutTwoHadTextsAlone() throws IOException {
        DataOutputSerializer out = new DataOutputSerializer(64);
        out.writeByte(0);
        for (String id : new String[] {"i", "u", "v"}) {
            Fields.writeText(id, out);
        }
        out.writeLong(1);
        out.writeLong(2);
        Fields.writeCount(3, out);
        for (String[] slot : EXAMPLE.features().ids()) {
            Fields.writeTexts(List.of(slot), out);
        }
        Fields.writeCount(2, out);
        out.writeFloat(1.5f);
        out.writeFloat(-0f);
        Fields.writeCount(1, out);
        Fields.writeText("click", out);
        for (float number : new float[] {1, 1, 0.5f, 0}) {
            out.writeFloat(number);
        }
        ExampleMessageSerializer.Snapshot snapshot = new ExampleMessageSerializer.Snapshot();
        snapshot.readSnapshot(
                2, new DataInputDeserializer(new byte[0]), getClass().getClassLoader());
        TypeSerializer<ExampleMessage> ofThen = snapshot.restoreSerializer();
        assertThat(ofThen.deserialize(in(out))).isEqualTo(EXAMPLE);
    }

    private static DataInputDeserializer in(DataOutputSerializer out) {
        return new DataInputDeserializer(out.getCopyOfBuffer());
    }
}

package freshet.jobs.type;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.core.memory.DataOutputView;
import org.junit.jupiter.api.Test;

/** A layout that has grown: what layout 1 wrote is still read, and what a later version wrote is refused. */
class LayoutSnapshotTest {

    @Test
    void theSameLayoutIsReadAsItIs() throws IOException {
        assertThat(new Newest().resolveSchemaCompatibility(stored(2)).isCompatibleAsIs())
                .isTrue();
    }

    @Test
    void anOlderLayoutIsReadAndMigrated() throws IOException {
        TypeSerializerSnapshot<String> old = stored(1);

        assertThat(new Newest().resolveSchemaCompatibility(old).isCompatibleAfterMigration())
                .isTrue();
        TypeSerializer<String> reader = old.restoreSerializer();
        DataOutputSerializer bytes = new DataOutputSerializer(8);
        bytes.writeUTF("x");
        assertThat(reader.deserialize(new DataInputDeserializer(bytes.getCopyOfBuffer())))
                .isEqualTo("x/none");
    }

    @Test
    void aLayoutOfTheFutureIsRefused() throws IOException {
        assertThat(new Newest().resolveSchemaCompatibility(stored(3)).isIncompatible())
                .isTrue();
    }

    private static TypeSerializerSnapshot<String> stored(int version) throws IOException {
        DataOutputSerializer out = new DataOutputSerializer(64);
        out.writeUTF(Newest.class.getName());
        out.writeInt(version);
        return TypeSerializerSnapshot.readVersionedSnapshot(
                new DataInputDeserializer(out.getCopyOfBuffer()), LayoutSnapshotTest.class.getClassLoader());
    }

    /** Layout 1 had one field, layout 2 has two. */
    private static final class Grown extends ValueSerializer<String> {
        private static final long serialVersionUID = 1L;

        Grown(int layout) {
            super(layout);
        }

        @Override
        public String createInstance() {
            return "";
        }

        @Override
        protected void write(String value, DataOutputView out) throws IOException {
            String[] parts = value.split("/", 2);
            out.writeUTF(parts[0]);
            out.writeUTF(parts[1]);
        }

        @Override
        protected String read(int layout, DataInputView in) throws IOException {
            return in.readUTF() + "/" + (layout == 1 ? "none" : in.readUTF());
        }

        @Override
        public TypeSerializerSnapshot<String> snapshotConfiguration() {
            return new Newest();
        }
    }

    /** The snapshot of the newest layout of {@link Grown}. */
    public static final class Newest extends LayoutSnapshot<String> {
        public Newest() {
            super(2, Grown::new);
        }
    }
}

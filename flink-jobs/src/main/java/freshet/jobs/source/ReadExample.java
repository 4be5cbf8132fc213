package freshet.jobs.source;

import freshet.jobs.type.DeadLetterSerializer;
import freshet.jobs.type.ExampleMessageSerializer;
import freshet.jobs.type.LayoutSnapshot;
import freshet.jobs.type.ValueSerializer;
import freshet.jobs.type.ValueTypeInfo;
import freshet.serde.event.DeadLetter;
import freshet.serde.example.ExampleMessage;
import java.io.IOException;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** One record of the examples topic as the source hands it on: an example or frontier, or why there is none. Immutable. */
public sealed interface ReadExample {

    TypeInformation<ReadExample> TYPE = new ValueTypeInfo<>(ReadExample.class, new Serializer());

    /** A record that could be decoded. */
    record Good(ExampleMessage message) implements ReadExample {}

    /** A record that could not. */
    record Refused(DeadLetter letter) implements ReadExample {}

    /** One byte for which, then the message or the dead letter. */
    final class Serializer extends ValueSerializer<ReadExample> {
        private static final long serialVersionUID = 1L;
        private static final int NEWEST = 1;

        private static final int GOOD = 0;
        private static final int REFUSED = 1;

        private final ExampleMessageSerializer messages = new ExampleMessageSerializer();
        private final DeadLetterSerializer deadLetters = new DeadLetterSerializer();

        public Serializer() {
            this(NEWEST);
        }

        private Serializer(int layout) {
            super(layout);
        }

        @Override
        public ReadExample createInstance() {
            return new Good(messages.createInstance());
        }

        @Override
        protected void write(ReadExample record, DataOutputView out) throws IOException {
            if (record instanceof Good good) {
                out.writeByte(GOOD);
                messages.serialize(good.message(), out);
            } else {
                out.writeByte(REFUSED);
                deadLetters.serialize(((Refused) record).letter(), out);
            }
        }

        @Override
        protected ReadExample read(int layout, DataInputView in) throws IOException {
            int kind = in.readByte();
            return switch (kind) {
                case GOOD -> new Good(messages.deserialize(in));
                case REFUSED -> new Refused(deadLetters.deserialize(in));
                default ->
                    throw new IOException("reading a record of the examples: found kind " + kind + ", expected 0 or 1");
            };
        }

        @Override
        public TypeSerializerSnapshot<ReadExample> snapshotConfiguration() {
            return new Snapshot();
        }

        /** The layout of these records in a checkpoint. */
        public static final class Snapshot extends LayoutSnapshot<ReadExample> {
            public Snapshot() {
                super(NEWEST, Serializer::new);
            }
        }
    }
}

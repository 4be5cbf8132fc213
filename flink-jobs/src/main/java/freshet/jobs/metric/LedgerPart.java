package freshet.jobs.metric;

import freshet.jobs.type.Fields;
import freshet.jobs.type.LayoutSnapshot;
import freshet.jobs.type.ValueSerializer;
import freshet.jobs.type.ValueTypeInfo;
import java.io.IOException;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;
import org.apache.flink.util.OutputTag;

/**
 * What one subtask has counted since the job was first started. A later part of the same operator and subtask takes the
 * place of an earlier one, so parts may come again after a restart.
 *
 * @param stage what kind of counts
 * @param operator uid of the operator that counted
 * @param subtask which of its subtasks, from 0
 * @param subtasks how many there are; parts of another parallelism are superseded
 * @param counts encoded as the stage says
 */
public record LedgerPart(Stage stage, String operator, int subtask, int subtasks, byte[] counts) {

    /** Where counting is done. */
    public enum Stage {
        /** {@code counts} is a {@code SourceTally}. */
        SOURCE,
        /** {@code counts} is the join's {@code Ledger}. */
        JOIN,
        /** {@code counts} is the trainer's {@code ExampleTally}. */
        TRAINER
    }

    public static final TypeInformation<LedgerPart> TYPE = new ValueTypeInfo<>(LedgerPart.class, new Serializer());

    /** The side output that parts leave an operator by. */
    public static final OutputTag<LedgerPart> TAG = new OutputTag<>("ledger", TYPE);

    /** The fields in the order of the record. */
    public static final class Serializer extends ValueSerializer<LedgerPart> {
        private static final long serialVersionUID = 1L;
        private static final int NEWEST = 1;

        public Serializer() {
            this(NEWEST);
        }

        private Serializer(int layout) {
            super(layout);
        }

        @Override
        public LedgerPart createInstance() {
            return new LedgerPart(Stage.SOURCE, "", 0, 1, new byte[0]);
        }

        @Override
        protected void write(LedgerPart part, DataOutputView out) throws IOException {
            Fields.writeText(part.stage().name(), out);
            Fields.writeText(part.operator(), out);
            out.writeInt(part.subtask());
            out.writeInt(part.subtasks());
            Fields.writeBytes(part.counts(), out);
        }

        @Override
        protected LedgerPart read(int layout, DataInputView in) throws IOException {
            return new LedgerPart(
                    Stage.valueOf(Fields.readText(in)),
                    Fields.readText(in),
                    in.readInt(),
                    in.readInt(),
                    Fields.readBytes(in));
        }

        @Override
        public TypeSerializerSnapshot<LedgerPart> snapshotConfiguration() {
            return new Snapshot();
        }

        /** The layout of ledger parts in a checkpoint. */
        public static final class Snapshot extends LayoutSnapshot<LedgerPart> {
            public Snapshot() {
                super(NEWEST, Serializer::new);
            }
        }
    }
}

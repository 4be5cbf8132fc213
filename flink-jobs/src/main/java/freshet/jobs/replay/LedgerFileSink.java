package freshet.jobs.replay;

import com.fasterxml.jackson.databind.node.ObjectNode;
import freshet.jobs.config.FreshetConfig;
import freshet.jobs.job.JobLedger;
import freshet.jobs.metric.LedgerPart;
import freshet.model.spec.TaskSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.StatefulSinkWriter;
import org.apache.flink.api.connector.sink2.SupportsWriterState;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;

/**
 * Collects the parts of the ledger and writes {@code ledger.json} when the input has ended; parts of a trainer alone go into
 * the file that the examples job before it wrote. For one subtask; its state is the newest part of every counter.
 */
final class LedgerFileSink implements Sink<LedgerPart>, SupportsWriterState<LedgerPart, LedgerPart> {
    static final String LEDGER = "ledger.json";

    private static final long serialVersionUID = 1L;

    private final String folder;
    private final List<String> tasks;

    LedgerFileSink(Path folder, FreshetConfig config) {
        this.folder = folder.toAbsolutePath().toString();
        this.tasks = config.model().tasks().stream().map(TaskSpec::name).toList();
    }

    @Override
    public SinkWriter<LedgerPart> createWriter(WriterInitContext context) {
        return restoreWriter(context, List.of());
    }

    @Override
    public StatefulSinkWriter<LedgerPart, LedgerPart> restoreWriter(
            WriterInitContext context, Collection<LedgerPart> recovered) {
        Writer writer = new Writer(Path.of(folder), new JobLedger(tasks));
        recovered.forEach(writer.ledger::accept);
        return writer;
    }

    @Override
    public SimpleVersionedSerializer<LedgerPart> getWriterStateSerializer() {
        return new PartSerializer();
    }

    private static final class Writer implements StatefulSinkWriter<LedgerPart, LedgerPart> {
        private final Path folder;
        private final JobLedger ledger;

        Writer(Path folder, JobLedger ledger) {
            this.folder = folder;
            this.ledger = ledger;
        }

        @Override
        public void write(LedgerPart part, Context context) {
            ledger.accept(part);
        }

        @Override
        public void flush(boolean endOfInput) throws IOException {
            if (endOfInput) {
                Path file = folder.resolve(LEDGER);
                Files.createDirectories(folder);
                JsonFile.write(file, isOfTrainer() ? withTrainer(file) : ledger.toJson());
            }
        }

        private boolean isOfTrainer() {
            return ledger.parts().stream().allMatch(part -> part.stage() == LedgerPart.Stage.TRAINER);
        }

        /** What the examples job wrote, which ended before. */
        private ObjectNode withTrainer(Path file) throws IOException {
            ObjectNode whole = (ObjectNode) JsonFile.read(file);
            whole.set("trainer", ledger.trainerJson());
            return whole;
        }

        @Override
        public List<LedgerPart> snapshotState(long checkpointId) {
            return ledger.parts();
        }

        @Override
        public void close() {}
    }

    private static final class PartSerializer implements SimpleVersionedSerializer<LedgerPart> {
        private static final int NEWEST = 1;

        @Override
        public int getVersion() {
            return NEWEST;
        }

        @Override
        public byte[] serialize(LedgerPart part) throws IOException {
            DataOutputSerializer out = new DataOutputSerializer(256);
            new LedgerPart.Serializer().serialize(part, out);
            return out.getCopyOfBuffer();
        }

        @Override
        public LedgerPart deserialize(int version, byte[] bytes) throws IOException {
            if (version != NEWEST) {
                throw new IOException("restoring the ledger of a replay: found layout " + version + ", expected "
                        + NEWEST + "; start the replay again");
            }
            return new LedgerPart.Serializer().deserialize(new DataInputDeserializer(bytes));
        }
    }
}

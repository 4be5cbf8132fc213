package freshet.jobs.replay;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.replay.ReplayOutput.Checkpoint;
import freshet.jobs.train.TrainRecord;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.StatefulSinkWriter;
import org.apache.flink.api.connector.sink2.SupportsWriterState;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.core.io.SimpleVersionedSerializer;

/**
 * A {@link ReplayOutput} as a Flink sink, for one subtask. Its state is how far the files were written at the checkpoint;
 * a restored writer cuts them back to there, so that they are exact after any number of failures.
 */
final class ReplayOutputSink implements Sink<TrainRecord>, SupportsWriterState<TrainRecord, Checkpoint> {
    private static final long serialVersionUID = 1L;

    private final String folder;
    private final String configJson;

    ReplayOutputSink(Path folder, FreshetConfig config) {
        this.folder = folder.toAbsolutePath().toString();
        this.configJson = config.json();
    }

    @Override
    public SinkWriter<TrainRecord> createWriter(WriterInitContext context) throws IOException {
        return writer(Checkpoint.START);
    }

    @Override
    public StatefulSinkWriter<TrainRecord, Checkpoint> restoreWriter(
            WriterInitContext context, Collection<Checkpoint> recovered) throws IOException {
        return writer(
                recovered.isEmpty() ? Checkpoint.START : recovered.iterator().next());
    }

    private Writer writer(Checkpoint from) throws IOException {
        return new Writer(new ReplayOutput(
                Path.of(folder), FreshetConfig.fromJson(configJson).model(), from));
    }

    @Override
    public SimpleVersionedSerializer<Checkpoint> getWriterStateSerializer() {
        return new CheckpointSerializer();
    }

    private static final class Writer implements StatefulSinkWriter<TrainRecord, Checkpoint> {
        private final ReplayOutput output;

        Writer(ReplayOutput output) {
            this.output = output;
        }

        @Override
        public void write(TrainRecord record, Context context) throws IOException {
            output.write(record);
        }

        @Override
        public void flush(boolean endOfInput) throws IOException {
            output.checkpoint();
        }

        @Override
        public List<Checkpoint> snapshotState(long checkpointId) throws IOException {
            return List.of(output.checkpoint());
        }

        @Override
        public void close() throws IOException {
            output.close();
        }
    }

    private static final class CheckpointSerializer implements SimpleVersionedSerializer<Checkpoint> {
        private static final int NEWEST = 1;

        @Override
        public int getVersion() {
            return NEWEST;
        }

        @Override
        public byte[] serialize(Checkpoint checkpoint) throws IOException {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            DataOutputStream out = new DataOutputStream(bytes);
            out.writeLong(checkpoint.examplesBytes());
            out.writeLong(checkpoint.predictionsBytes());
            out.writeLong(checkpoint.metricsBytes());
            out.writeLong(checkpoint.snapshots());
            out.writeUTF(checkpoint.lastVersion());
            out.writeUTF(checkpoint.lastSha256());
            return bytes.toByteArray();
        }

        @Override
        public Checkpoint deserialize(int version, byte[] bytes) throws IOException {
            if (version != NEWEST) {
                throw new IOException("restoring the files of a replay: found layout " + version + ", expected "
                        + NEWEST + "; start the replay again");
            }
            DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
            return new Checkpoint(
                    in.readLong(), in.readLong(), in.readLong(), in.readLong(), in.readUTF(), in.readUTF());
        }
    }
}

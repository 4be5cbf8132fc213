package freshet.jobs.replay;

import freshet.jobs.sink.SetAsideRecord;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.StatefulSinkWriter;
import org.apache.flink.api.connector.sink2.SupportsWriterState;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.core.io.SimpleVersionedSerializer;

/**
 * {@link SetAsideFiles} as a Flink sink, for one subtask. Its state is the lengths of the files at the checkpoint; a restored
 * writer cuts them back to there, so that each record stands in them once, as the ledger counts it.
 */
final class SetAsideFileSink implements Sink<SetAsideRecord>, SupportsWriterState<SetAsideRecord, List<Long>> {
    private static final long serialVersionUID = 1L;

    private final String folder;

    SetAsideFileSink(Path folder) {
        this.folder = folder.toAbsolutePath().toString();
    }

    @Override
    public SinkWriter<SetAsideRecord> createWriter(WriterInitContext context) throws IOException {
        return restoreWriter(context, List.of());
    }

    @Override
    public StatefulSinkWriter<SetAsideRecord, List<Long>> restoreWriter(
            WriterInitContext context, Collection<List<Long>> recovered) throws IOException {
        List<Long> lengths =
                recovered.isEmpty() ? List.of() : recovered.iterator().next();
        return new Writer(new SetAsideFiles(Path.of(folder), lengths));
    }

    @Override
    public SimpleVersionedSerializer<List<Long>> getWriterStateSerializer() {
        return new LengthsSerializer();
    }

    private static final class Writer implements StatefulSinkWriter<SetAsideRecord, List<Long>> {
        private final SetAsideFiles files;

        Writer(SetAsideFiles files) {
            this.files = files;
        }

        @Override
        public void write(SetAsideRecord record, Context context) throws IOException {
            files.write(record);
        }

        @Override
        public void flush(boolean endOfInput) throws IOException {
            files.flush();
        }

        @Override
        public List<List<Long>> snapshotState(long checkpointId) throws IOException {
            return List.of(files.flush());
        }

        @Override
        public void close() throws IOException {
            files.close();
        }
    }

    private static final class LengthsSerializer implements SimpleVersionedSerializer<List<Long>> {
        private static final int NEWEST = 1;

        @Override
        public int getVersion() {
            return NEWEST;
        }

        @Override
        public byte[] serialize(List<Long> lengths) throws IOException {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            DataOutputStream out = new DataOutputStream(bytes);
            for (long length : lengths) {
                out.writeLong(length);
            }
            return bytes.toByteArray();
        }

        @Override
        public List<Long> deserialize(int version, byte[] bytes) throws IOException {
            if (version != NEWEST || bytes.length != Long.BYTES * SetAsideFiles.NAMES.size()) {
                throw new IOException("restoring the set-aside files of a replay: found layout " + version + " of "
                        + bytes.length + " bytes, expected " + NEWEST + "; start the replay again");
            }
            DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
            List<Long> lengths = new ArrayList<>();
            while (in.available() > 0) {
                lengths.add(in.readLong());
            }
            return lengths;
        }
    }
}

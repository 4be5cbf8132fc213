package freshet.jobs.source;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.jspecify.annotations.Nullable;

/**
 * The files of a replay as a bounded Flink source. It makes its own watermarks, one whenever event time has moved by a
 * second, so that a fast replay does not pile up in state what a wall clock would let through only now and then. One
 * subtask reads everything (see {@link ReplayReader}), so run it with parallelism 1.
 */
public final class ReplaySource implements Source<SourceRecord, ReplaySplit, Boolean> {
    private static final long serialVersionUID = 1L;

    private final String folder;
    private final long maxDisorderMillis;
    private final long maxFutureMillis;

    /**
     * @param folder with the files that {@link ReplayFiles} describes; must exist where the source runs
     * @param maxDisorderMillis how far an event may stand behind the newest one before it in its file
     * @param maxFutureMillis how far an event may be ahead of its file before its clock is doubted
     * @throws IllegalArgumentException when files are missing
     */
    public ReplaySource(Path folder, long maxDisorderMillis, long maxFutureMillis) {
        ReplayFiles.in(folder); // says now, not on the cluster, what is missing
        this.folder = folder.toAbsolutePath().toString();
        this.maxDisorderMillis = maxDisorderMillis;
        this.maxFutureMillis = maxFutureMillis;
    }

    @Override
    public Boundedness getBoundedness() {
        return Boundedness.BOUNDED;
    }

    @Override
    public SourceReader<SourceRecord, ReplaySplit> createReader(SourceReaderContext context) {
        return new ReplaySourceReader(Path.of(folder), maxDisorderMillis, maxFutureMillis);
    }

    @Override
    public SplitEnumerator<ReplaySplit, Boolean> createEnumerator(SplitEnumeratorContext<ReplaySplit> context) {
        return new OneSplit(context, new ReplaySplit(ReplayPosition.start()));
    }

    @Override
    public SplitEnumerator<ReplaySplit, Boolean> restoreEnumerator(
            SplitEnumeratorContext<ReplaySplit> context, Boolean assigned) {
        return new OneSplit(context, assigned ? null : new ReplaySplit(ReplayPosition.start()));
    }

    @Override
    public SimpleVersionedSerializer<ReplaySplit> getSplitSerializer() {
        return new ReplaySplit.Serializer();
    }

    @Override
    public SimpleVersionedSerializer<Boolean> getEnumeratorCheckpointSerializer() {
        return new FlagSerializer();
    }

    /** Gives the one split to the first subtask, and the others nothing. Called on the coordinator's thread. */
    private static final class OneSplit implements SplitEnumerator<ReplaySplit, Boolean> {
        private static final int READING_SUBTASK = 0;

        private final SplitEnumeratorContext<ReplaySplit> context;
        private @Nullable ReplaySplit unassigned;

        OneSplit(SplitEnumeratorContext<ReplaySplit> context, @Nullable ReplaySplit unassigned) {
            this.context = context;
            this.unassigned = unassigned;
        }

        @Override
        public void start() {}

        @Override
        public void addReader(int subtask) {
            if (subtask == READING_SUBTASK && unassigned != null) {
                context.assignSplit(unassigned, subtask);
                unassigned = null;
            }
            context.signalNoMoreSplits(subtask);
        }

        @Override
        public void addSplitsBack(List<ReplaySplit> splits, int subtask) {
            if (!splits.isEmpty()) {
                unassigned = splits.get(0);
            }
        }

        @Override
        public void handleSplitRequest(int subtask, @Nullable String hostname) {}

        /** Whether the split is in a reader's hands, and so in its state. */
        @Override
        public Boolean snapshotState(long checkpointId) {
            return unassigned == null;
        }

        @Override
        public void close() {}
    }

    private static final class FlagSerializer implements SimpleVersionedSerializer<Boolean> {
        @Override
        public int getVersion() {
            return 1;
        }

        @Override
        public byte[] serialize(Boolean flag) {
            return new byte[] {(byte) (flag ? 1 : 0)};
        }

        @Override
        public Boolean deserialize(int version, byte[] bytes) throws IOException {
            if (version != 1 || bytes.length != 1) {
                throw new IOException("restoring a replay: found " + bytes.length + " bytes of layout " + version
                        + ", expected 1 byte of layout 1");
            }
            return bytes[0] != 0;
        }
    }
}

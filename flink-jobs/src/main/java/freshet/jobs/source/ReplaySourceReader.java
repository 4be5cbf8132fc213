package freshet.jobs.source;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.core.io.InputStatus;
import org.jspecify.annotations.Nullable;

/** Hands Flink the records of a {@link ReplayReader}. All methods are called on the task's thread. */
final class ReplaySourceReader implements SourceReader<SourceRecord, ReplaySplit> {
    /** Event time between two watermarks; finer ones would cost more than they let through. */
    private static final long WATERMARK_STEP_MILLIS = 1000;

    private final Path folder;
    private final long maxDisorderMillis;
    private final long maxFutureMillis;
    private final CompletableFuture<Void> splitsKnown = new CompletableFuture<>();

    private @Nullable ReplayReader reader;
    private long emittedWatermarkMillis = Long.MIN_VALUE;
    private boolean noMoreSplits;

    ReplaySourceReader(Path folder, long maxDisorderMillis, long maxFutureMillis) {
        this.folder = folder;
        this.maxDisorderMillis = maxDisorderMillis;
        this.maxFutureMillis = maxFutureMillis;
    }

    @Override
    public void start() {}

    @Override
    public InputStatus pollNext(ReaderOutput<SourceRecord> output) throws IOException {
        if (reader == null) {
            return noMoreSplits ? InputStatus.END_OF_INPUT : InputStatus.NOTHING_AVAILABLE;
        }
        SourceRecord record = reader.next();
        if (record == null) {
            reader.close();
            reader = null;
            noMoreSplits = true; // there is only the one
            return InputStatus.END_OF_INPUT;
        }
        if (record instanceof SourceRecord.Good good) {
            output.collect(record, good.event().eventTimeMillis());
        } else {
            output.collect(record);
        }
        emitWatermark(reader.watermarkMillis(), output);
        return InputStatus.MORE_AVAILABLE;
    }

    private void emitWatermark(long watermarkMillis, ReaderOutput<SourceRecord> output) {
        boolean first = emittedWatermarkMillis == Long.MIN_VALUE && watermarkMillis > Long.MIN_VALUE;
        if (first || watermarkMillis >= emittedWatermarkMillis + WATERMARK_STEP_MILLIS) {
            emittedWatermarkMillis = watermarkMillis;
            output.emitWatermark(new Watermark(watermarkMillis));
        }
    }

    @Override
    public CompletableFuture<Void> isAvailable() {
        return splitsKnown;
    }

    @Override
    public void addSplits(List<ReplaySplit> splits) {
        for (ReplaySplit split : splits) {
            try {
                reader = new ReplayReader(ReplayFiles.in(folder), maxDisorderMillis, maxFutureMillis, split.position());
            } catch (IOException e) {
                throw new UncheckedIOException("opening the events in " + folder, e);
            }
        }
        splitsKnown.complete(null);
    }

    @Override
    public void notifyNoMoreSplits() {
        noMoreSplits = true;
        splitsKnown.complete(null);
    }

    @Override
    public List<ReplaySplit> snapshotState(long checkpointId) {
        return reader == null ? List.of() : List.of(new ReplaySplit(reader.position()));
    }

    @Override
    public void close() throws IOException {
        if (reader != null) {
            reader.close();
        }
    }
}

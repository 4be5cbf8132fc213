package freshet.jobs.train;

import freshet.serde.example.LabeledExample;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Cuts the ordered examples into mini-batches and says when a snapshot is due. A batch is closed when it is full, when
 * decided time passes a multiple of the tick, and before a snapshot; a snapshot is due when decided time passes a multiple
 * of the snapshot interval and something was learnt since the last one. Only decided times matter, so the cuts are the same
 * however the examples arrive. Not thread-safe.
 */
final class Batcher {
    /** What the cuts are for; called in the order of decided time. */
    interface Cuts {
        /** Learn these, in this order: from one to {@code batchSize} examples of one tick. The list is the receiver's. */
        void batch(List<LabeledExample> examples);

        /** Every label decided before this moment, and none after it, has been handed out. */
        void snapshot(long asOfMillis);
    }

    private static final byte VERSION = 1;
    private static final long NONE = Long.MIN_VALUE;

    private final int batchSize;
    private final long tickMillis;
    private final long snapshotMillis;

    private List<LabeledExample> batch = new ArrayList<>();
    /** The boundary at which the next snapshot is due; {@link #NONE} when nothing was learnt since the last. */
    private long snapshotDueMillis = NONE;

    Batcher(int batchSize, long tickMillis, long snapshotMillis) {
        this.batchSize = batchSize;
        this.tickMillis = tickMillis;
        this.snapshotMillis = snapshotMillis;
    }

    /** Takes the next example in {@link LabeledExample#ORDER}. */
    void accept(LabeledExample example, Cuts cuts) {
        long decided = example.decidedTimeMillis();
        reach(decided, cuts);
        batch.add(example);
        snapshotDueMillis = (Math.floorDiv(decided, snapshotMillis) + 1) * snapshotMillis;
        if (batch.size() == batchSize) {
            closeBatch(cuts);
        }
    }

    /** Nothing decided at or before this moment will come any more. */
    void advance(long throughMillis, Cuts cuts) {
        reach(throughMillis == Long.MAX_VALUE ? Long.MAX_VALUE : throughMillis + 1, cuts);
    }

    /** Nothing decided before {@code millis} will come any more. */
    private void reach(long millis, Cuts cuts) {
        if (!batch.isEmpty()
                && Math.floorDiv(millis, tickMillis)
                        > Math.floorDiv(batch.get(batch.size() - 1).decidedTimeMillis(), tickMillis)) {
            closeBatch(cuts);
        }
        if (snapshotDueMillis != NONE && millis >= snapshotDueMillis) {
            closeBatch(cuts);
            long due = snapshotDueMillis;
            snapshotDueMillis = NONE;
            cuts.snapshot(due);
        }
    }

    private void closeBatch(Cuts cuts) {
        if (!batch.isEmpty()) {
            List<LabeledExample> closed = batch;
            batch = new ArrayList<>(batchSize);
            cuts.batch(closed);
        }
    }

    void save(DataOutputStream out, ExampleBytes bytes) throws IOException {
        out.writeByte(VERSION);
        out.writeLong(snapshotDueMillis);
        bytes.writeAll(out, batch);
    }

    void restore(DataInputStream in, ExampleBytes bytes) throws IOException {
        SavedState.expectVersion("batch in progress", VERSION, in);
        snapshotDueMillis = in.readLong();
        batch = bytes.readAll(in);
    }
}

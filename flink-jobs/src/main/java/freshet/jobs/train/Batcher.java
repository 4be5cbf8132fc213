package freshet.jobs.train;

import freshet.jobs.order.ExampleBytes;
import freshet.jobs.state.SavedState;
import freshet.serde.example.LabeledExample;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Cuts the ordered examples into mini-batches and says when a snapshot is due. A batch is closed when it is full, when
 * decided time passes a multiple of the tick, and before a snapshot; a snapshot or a delta is due when decided time passes a
 * multiple of its interval and something was learnt since the last one. Only decided times matter, so the cuts are the same
 * however the examples arrive. Not thread-safe.
 */
final class Batcher {
    /** What the cuts are for; called in the order of decided time. */
    interface Cuts {
        /** Learn these, in this order: from one to {@code batchSize} examples of one tick. The list is the receiver's. */
        void batch(List<LabeledExample> examples);

        /** Every label decided before this moment, and none after it, has been handed out. Not called where a snapshot is due. */
        void delta(long asOfMillis);

        /** As {@link #delta}, at the end of a snapshot interval. */
        void snapshot(long asOfMillis);
    }

    private static final byte VERSION = 2;
    private static final long NONE = Long.MIN_VALUE;

    private final int batchSize;
    private final long tickMillis;
    private final long deltaMillis;
    private final long snapshotMillis;

    private List<LabeledExample> batch = new ArrayList<>();
    /** The boundary at which the next snapshot is due; {@link #NONE} when nothing was learnt since the last. */
    private long snapshotDueMillis = NONE;
    /** Likewise of the next delta. */
    private long deltaDueMillis = NONE;

    /**
     * @param deltaMillis decided time between deltas, a multiple of the tick, so that a delta never cuts a batch short; 0 for none
     */
    Batcher(int batchSize, long tickMillis, long deltaMillis, long snapshotMillis) {
        this.batchSize = batchSize;
        this.tickMillis = tickMillis;
        this.deltaMillis = deltaMillis;
        this.snapshotMillis = snapshotMillis;
    }

    /** Takes the next example in {@link LabeledExample#ORDER}. */
    void accept(LabeledExample example, Cuts cuts) {
        long decided = example.decidedTimeMillis();
        reach(decided, cuts);
        batch.add(example);
        snapshotDueMillis = next(decided, snapshotMillis);
        deltaDueMillis = deltaMillis == 0 ? NONE : next(decided, deltaMillis);
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
        if (deltaDueMillis != NONE && millis >= deltaDueMillis && deltaDueMillis < snapshotDueMillis) {
            long due = deltaDueMillis;
            deltaDueMillis = NONE;
            cuts.delta(due);
        }
        if (snapshotDueMillis != NONE && millis >= snapshotDueMillis) {
            closeBatch(cuts);
            long due = snapshotDueMillis;
            snapshotDueMillis = NONE;
            deltaDueMillis = NONE;
            cuts.snapshot(due);
        }
    }

    private static long next(long millis, long interval) {
        return (Math.floorDiv(millis, interval) + 1) * interval;
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
        out.writeLong(deltaDueMillis);
        bytes.writeAll(out, batch);
    }

    void restore(DataInputStream in, ExampleBytes bytes) throws IOException {
        SavedState.expectVersion("batch in progress", VERSION, in);
        snapshotDueMillis = in.readLong();
        deltaDueMillis = in.readLong();
        batch = bytes.readAll(in);
    }
}

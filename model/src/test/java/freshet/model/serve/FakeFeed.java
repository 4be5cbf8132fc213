package freshet.model.serve;

import freshet.serde.snapshot.SnapshotRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A topic in memory. Any thread may add to it. */
final class FakeFeed implements SnapshotFeed {
    private static final SnapshotRecord WAKEUP = new SnapshotRecord("wakeup", new byte[0]);
    private static final SnapshotRecord FAILURE = new SnapshotRecord("failure", new byte[0]);

    private final LinkedBlockingQueue<SnapshotRecord> records = new LinkedBlockingQueue<>();
    volatile boolean closed;

    void add(List<SnapshotRecord> more) {
        records.addAll(more);
    }

    /** The next read fails once. */
    void fail() {
        records.add(FAILURE);
    }

    boolean isEmpty() {
        return records.isEmpty();
    }

    @Override
    public List<SnapshotRecord> poll(Duration timeout) {
        try {
            SnapshotRecord first = records.poll(timeout.toMillis(), TimeUnit.MILLISECONDS);
            if (first == null || first == WAKEUP) {
                return List.of();
            }
            if (first == FAILURE) {
                throw new IllegalStateException("no broker");
            }
            return new ArrayList<>(List.of(first));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return List.of();
        }
    }

    @Override
    public void wakeup() {
        records.add(WAKEUP);
    }

    @Override
    public void close() {
        closed = true;
    }
}

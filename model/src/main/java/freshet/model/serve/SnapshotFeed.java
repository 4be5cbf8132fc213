package freshet.model.serve;

import freshet.serde.snapshot.SnapshotRecord;
import java.time.Duration;
import java.util.List;

/** The records of a snapshot topic, in order. One thread, but for {@link #wakeup}. */
public interface SnapshotFeed extends AutoCloseable {

    /** The next records; none if none come within the timeout, or when woken up. */
    List<SnapshotRecord> poll(Duration timeout);

    /** Ends a waiting {@link #poll}; from any thread. */
    void wakeup();

    @Override
    void close();
}

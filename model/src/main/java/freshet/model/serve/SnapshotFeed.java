package freshet.model.serve;

import freshet.serde.snapshot.RegistryEntry;
import java.time.Duration;
import java.util.List;

/**
 * The records of a model's topics, those of one topic in their order. What the registry holds at the start comes in one piece and
 * before anything else, so that nobody acts on what it said long ago; of snapshots and deltas nothing comes until it is asked
 * for. One thread, but for {@link #wakeup}.
 */
public interface SnapshotFeed extends AutoCloseable {

    /** The next records; none if none come within the timeout, or when woken up. */
    List<FeedRecord> poll(Duration timeout);

    /** From now on every snapshot, beginning with the newest whole one that the topic has. */
    void followSnapshots();

    /**
     * From now on the records from the beginning of one snapshot on, which the registry names.
     *
     * @return whether its manifest was found; if not, what is written from now on comes, in case it is sent again
     */
    boolean seekSnapshot(RegistryEntry named);

    /** No more records of snapshots until one is sought. */
    void restSnapshots();

    /** From now on every delta, beginning with the first that the topic still has. */
    void seekDeltas();

    /** Ends a waiting {@link #poll}; from any thread. */
    void wakeup();

    @Override
    void close();
}

package freshet.model.serve;

import freshet.serde.snapshot.BadSnapshotException;
import freshet.serde.snapshot.RegistryEntry;
import freshet.serde.snapshot.SnapshotManifest;
import freshet.serde.snapshot.SnapshotRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A model's topics in memory: gives one record at a time unless told otherwise, of the topics that are being read the one that was added first. Any
 * thread may add to it.
 */
final class FakeFeed implements SnapshotFeed {
    private static final long NONE = -1;

    /** One topic; guarded by the feed. */
    private static final class Topic {
        final List<SnapshotRecord> records = new ArrayList<>();
        /** When each was added, counted over all topics. */
        final List<Long> added = new ArrayList<>();

        int next;
        boolean read;

        long nextAdded() {
            return read && next < records.size() ? added.get(next) : NONE;
        }
    }

    /** How much a {@link #poll} gives. */
    enum Portion {
        ONE,
        ALL
    }

    private Portion portion = Portion.ONE;
    private final Map<FeedTopic, Topic> topics = new EnumMap<>(FeedTopic.class);
    private long count;
    private boolean woken;
    private boolean failing;
    private boolean closed;

    FakeFeed() {
        for (FeedTopic topic : FeedTopic.values()) {
            topics.put(topic, new Topic());
        }
        topic(FeedTopic.REGISTRY).read = true;
    }

    private Topic topic(FeedTopic topic) {
        return Objects.requireNonNull(topics.get(topic));
    }

    synchronized void add(FeedTopic to, List<SnapshotRecord> more) {
        for (SnapshotRecord record : more) {
            topic(to).records.add(record);
            topic(to).added.add(count++);
        }
        notifyAll();
    }

    /** Retention: a topic has nothing of what was added so far. */
    synchronized void clear(FeedTopic topic) {
        topic(topic).records.clear();
        topic(topic).added.clear();
        topic(topic).next = 0;
    }

    synchronized void handOut(Portion much) {
        portion = much;
    }

    /** The next read fails once. */
    synchronized void fail() {
        failing = true;
        notifyAll();
    }

    /** Whether everything that is read has been. */
    synchronized boolean isEmpty() {
        return topics.values().stream().allMatch(topic -> topic.nextAdded() == NONE);
    }

    synchronized boolean isClosed() {
        return closed;
    }

    @Override
    public synchronized List<FeedRecord> poll(Duration timeout) {
        long endNanos = System.nanoTime() + timeout.toNanos();
        while (true) {
            if (failing) {
                failing = false;
                throw new IllegalStateException("no broker");
            }
            List<FeedRecord> records = new ArrayList<>();
            for (FeedRecord record = first(); record != null; record = first()) {
                records.add(record);
                if (portion == Portion.ONE) {
                    break;
                }
            }
            if (!records.isEmpty()) {
                return records;
            }
            long leftMillis = TimeUnit.NANOSECONDS.toMillis(endNanos - System.nanoTime());
            if (woken || leftMillis <= 0) {
                return List.of();
            }
            try {
                wait(leftMillis);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return List.of();
            }
        }
    }

    private @Nullable FeedRecord first() {
        @Nullable FeedTopic first = null;
        for (FeedTopic topic : FeedTopic.values()) {
            long added = topic(topic).nextAdded();
            if (added != NONE && (first == null || added < topic(first).nextAdded())) {
                first = topic;
            }
        }
        if (first == null) {
            return null;
        }
        int offset = topic(first).next++;
        return new FeedRecord(first, offset, topic(first).records.get(offset));
    }

    @Override
    public synchronized void followSnapshots() {
        topic(FeedTopic.SNAPSHOTS).read = true;
    }

    @Override
    public synchronized boolean seekSnapshot(RegistryEntry named) {
        Topic snapshots = topic(FeedTopic.SNAPSHOTS);
        snapshots.read = true;
        for (int offset = 0; offset < snapshots.records.size(); offset++) {
            if (isManifestOf(named, snapshots.records.get(offset))) {
                snapshots.next = 0;
                return true;
            }
        }
        snapshots.next = snapshots.records.size();
        return false;
    }

    private static boolean isManifestOf(RegistryEntry named, SnapshotRecord record) {
        try {
            return record.key().endsWith("/manifest")
                    && SnapshotManifest.parse(record.value()).sha256().equals(named.sha256());
        } catch (BadSnapshotException e) {
            return false;
        }
    }

    @Override
    public synchronized void restSnapshots() {
        topic(FeedTopic.SNAPSHOTS).read = false;
    }

    @Override
    public synchronized void seekDeltas() {
        topic(FeedTopic.DELTAS).read = true;
        topic(FeedTopic.DELTAS).next = 0;
    }

    @Override
    public synchronized void wakeup() {
        woken = true;
        notifyAll();
    }

    @Override
    public synchronized void close() {
        closed = true;
    }
}

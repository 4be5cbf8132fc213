package freshet.model.serve;

import freshet.model.snapshot.SnapshotModel;
import freshet.serde.snapshot.BadSnapshotException;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.SnapshotAssembler;
import freshet.serde.snapshot.SnapshotAssembly;
import freshet.serde.snapshot.SnapshotRecord;
import java.time.Duration;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows a snapshot topic and keeps a {@link LiveRanker} on its newest good model: assembles, verifies checksums, loads, scores
 * the golden rows (which also warms it up), and only then swaps. Whatever arrives, what serves is a whole snapshot that
 * computes what the trainer computed, and never an older one than before.
 *
 * <p>Works on one thread of its own, from {@link #start} to {@link #close}. If the feed fails (no broker), it tries again for
 * ever, and what was loaded serves on.
 */
public final class SnapshotSubscriber implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SnapshotSubscriber.class);
    private static final Duration POLL = Duration.ofMillis(500);
    private static final long PAUSE_AFTER_FAILURE_MILLIS = 1_000;

    /** The outcome of a snapshot that now serves. */
    public static final String LOADED = "loaded";

    /** The outcome of a record that was known already. */
    public static final String REPEAT = "repeat";

    /** The outcome of a chunk of a snapshot that is not whole yet. */
    public static final String CHUNK = "chunk";

    /** The outcome of a whole snapshot that is no model, or with which this machine computes something else. */
    public static final String BAD_MODEL = "bad_model";

    /** The outcome of a failed attempt to read. */
    public static final String FEED_FAILED = "feed_failed";

    private final SnapshotFeed feed;
    private final LiveRanker live;
    private final SnapshotListener listener;
    private final SnapshotAssembler assembler;
    private final Thread thread;
    private volatile boolean stopped;

    /** Guarded by this. */
    private final SortedMap<String, Long> outcomes = new TreeMap<>();

    /** Guarded by this. */
    private Optional<String> lastRefusal = Optional.empty();

    /**
     * @param feed read and closed by the subscriber
     * @param live whose ranker is exchanged; stays the caller's to close
     */
    public SnapshotSubscriber(SnapshotFeed feed, LiveRanker live, SnapshotListener listener) {
        this(feed, live, listener, new SnapshotAssembler());
    }

    /**
     * @param assembler with the limit of memory for unfinished snapshots; not to be used elsewhere
     */
    public SnapshotSubscriber(
            SnapshotFeed feed, LiveRanker live, SnapshotListener listener, SnapshotAssembler assembler) {
        this.feed = feed;
        this.live = live;
        this.listener = listener;
        this.assembler = assembler;
        // What was loaded from disk, or by hand, is not followed by anything older either.
        live.manifest().ifPresent(assembler::markLoaded);
        this.thread = new Thread(this::run, "snapshot-subscriber");
        thread.setDaemon(true);
    }

    /** Begins to follow; once. */
    public void start() {
        thread.start();
    }

    private void run() {
        try (feed) {
            while (!stopped) {
                try {
                    step();
                } catch (RuntimeException | OutOfMemoryError | LinkageError e) {
                    refused(FEED_FAILED, "reading the snapshot topic: " + e + "; trying again");
                    pause();
                }
            }
        }
    }

    /** Reads once and does what has to be done. For the thread, and for tests that do without one. */
    void step() {
        for (SnapshotRecord record : feed.poll(POLL)) {
            if (stopped) {
                return;
            }
            take(assembler.accept(record));
        }
    }

    private void take(SnapshotAssembly assembly) {
        if (assembly instanceof SnapshotAssembly.Complete whole) {
            load(whole.snapshot());
        } else if (assembly instanceof SnapshotAssembly.Rejected rejected) {
            if (rejected.reason() == SnapshotAssembly.Reason.OLDER) {
                // A trainer that restarts sends again what it sent before: expected, and no reason to wake anybody.
                count(rejected.reason().label());
                return;
            }
            refused(rejected.reason().label(), rejected.detail());
        } else {
            count(assembly instanceof SnapshotAssembly.Repeat ? REPEAT : CHUNK);
        }
    }

    private void load(Snapshot snapshot) {
        Ranker ranker;
        try {
            ranker = new Ranker(SnapshotModel.of(snapshot));
        } catch (BadSnapshotException | RuntimeException | OutOfMemoryError | LinkageError e) {
            // Whatever a foreign file makes of our code, the thread lives and the old model serves.
            refused(BAD_MODEL, String.valueOf(e.getMessage()));
            return;
        }
        live.swap(ranker);
        assembler.markLoaded(snapshot.manifest());
        count(LOADED);
        LOG.info(
                "snapshot {} serves: {} bytes",
                snapshot.version(),
                snapshot.manifest().bytes());
        listener.loaded(snapshot.manifest());
    }

    private void refused(String reason, String detail) {
        synchronized (this) {
            lastRefusal = Optional.of(reason + ": " + detail);
        }
        count(reason);
        LOG.warn("{}: {}", reason, detail);
        listener.refused(reason, detail);
    }

    private synchronized void count(String outcome) {
        outcomes.merge(outcome, 1L, Long::sum);
    }

    /**
     * How often each thing has happened: {@link #LOADED}, {@link #REPEAT}, {@link #CHUNK}, {@link #BAD_MODEL},
     * {@link #FEED_FAILED} and the labels of {@link SnapshotAssembly.Reason}. A copy; from any thread.
     */
    public synchronized SortedMap<String, Long> outcomes() {
        return Collections.unmodifiableSortedMap(new TreeMap<>(outcomes));
    }

    /** Why something was refused last; from any thread. */
    public synchronized Optional<String> lastRefusal() {
        return lastRefusal;
    }

    private void pause() {
        try {
            Thread.sleep(PAUSE_AFTER_FAILURE_MILLIS);
        } catch (InterruptedException e) {
            stopped = true;
        }
    }

    /** Stops reading and waits for the thread to end; the ranker serves on. */
    @Override
    public void close() {
        stopped = true;
        if (thread.getState() == Thread.State.NEW) {
            feed.close();
            return;
        }
        feed.wakeup();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

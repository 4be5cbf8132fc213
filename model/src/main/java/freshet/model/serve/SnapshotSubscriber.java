package freshet.model.serve;

import freshet.model.serve.SubscriberOptions.Deltas;
import freshet.model.serve.SubscriberOptions.Follow;
import freshet.model.snapshot.NetworkCheck;
import freshet.serde.snapshot.BadSnapshotException;
import freshet.serde.snapshot.RegistryEntry;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.SnapshotAssembler;
import freshet.serde.snapshot.SnapshotAssembly;
import freshet.serde.snapshot.SnapshotManifest;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows the topics of a model and keeps a {@link LiveRanker} on what should serve: the snapshot that the registry names, or the
 * newest good one, and if asked the deltas behind it. A snapshot is fetched, checked against its checksums and the trusted
 * keys, loaded, made to score its golden rows (which also warms it up), and only then swapped in. Whatever arrives, what serves
 * is a whole model that computes what the trainer computed; it becomes older only when the registry says so.
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

    /** The outcome of a snapshot that serves again, from memory, because the registry went back to it. */
    public static final String WENT_BACK = "went_back";

    /** The outcome of a snapshot that was loaded from disk at the start. */
    public static final String LAST_GOOD_LOADED = "last_good_loaded";

    /** The outcome of a snapshot on disk that cannot be used. */
    public static final String LAST_GOOD_REFUSED = "last_good_refused";

    /** The outcome of a snapshot that serves and could not be written to disk. */
    public static final String LAST_GOOD_NOT_WRITTEN = "last_good_not_written";

    /** The outcome of a record that was known already. */
    public static final String REPEAT = "repeat";

    /** The outcome of a chunk of a snapshot that is not whole yet. */
    public static final String CHUNK = "chunk";

    /** The outcome of a whole snapshot that is no model, or with which this machine computes something else. */
    public static final String BAD_MODEL = "bad_model";

    /** The outcome of a snapshot for other features than this server extracts. */
    public static final String OTHER_FEATURES = "other_features";

    /** The outcome of a record that is none of a registry's, or of a registry that names what it does not know or condemns. */
    public static final String BAD_REGISTRY = "bad_registry";

    /** The outcome of a snapshot that the registry names and the topic no longer has. */
    public static final String NOT_IN_TOPIC = "not_in_topic";

    /** The outcome of a failed attempt to read. */
    public static final String FEED_FAILED = "feed_failed";

    private final SnapshotFeed feed;
    private final SnapshotListener listener;
    private final SubscriberOptions options;
    private final Outcomes outcomes;
    private final ServingModel serving;
    private final RegistryChoice choice;
    private final DeltaFollower deltas;
    private final @Nullable LastGood lastGood;
    private final Thread thread;
    private volatile boolean stopped;

    /** Of the newest snapshots, or of the one that the registry names; absent where none is being read. */
    private @Nullable SnapshotAssembler assembler;

    /** What the registry named when it was last acted upon. */
    private @Nullable RegistryEntry acted;

    private Optional<String> choiceProblem = Optional.empty();

    /**
     * @param feed read and closed by the subscriber
     * @param live whose ranker is exchanged; stays the caller's to close
     */
    public SnapshotSubscriber(
            SnapshotFeed feed, LiveRanker live, SnapshotListener listener, SubscriberOptions options) {
        this.feed = feed;
        this.listener = listener;
        this.options = options;
        this.outcomes = new Outcomes(listener);
        this.serving = new ServingModel(live, options.featureFingerprint(), outcomes);
        this.choice = new RegistryChoice(options.follow());
        this.deltas = new DeltaFollower(options, outcomes);
        this.lastGood = options.lastGood().map(LastGood::new).orElse(null);
        if (options.follow() == Follow.NEWEST) {
            SnapshotAssembler newest = new SnapshotAssembler(options.maxPendingBytes(), options.trusted());
            // What was loaded by hand is not followed by anything older.
            live.manifest().ifPresent(newest::markLoaded);
            assembler = newest;
        }
        this.thread = new Thread(this::run, "snapshot-subscriber");
        thread.setDaemon(true);
    }

    /** Loads the last good snapshot from disk, if there is one, then begins to follow; once. */
    public void start() {
        begin();
        thread.start();
    }

    private void run() {
        try (feed) {
            while (!stopped) {
                try {
                    step();
                } catch (RuntimeException | OutOfMemoryError | LinkageError e) {
                    if (!stopped) {
                        outcomes.refused(FEED_FAILED, "reading the model's topics: " + e + "; trying again");
                        pause();
                    }
                }
            }
        }
    }

    /** What {@link #start} does on the caller's thread. For tests that do without a thread. */
    void begin() {
        loadLastGood();
        if (options.follow() == Follow.NEWEST) {
            feed.followSnapshots();
        }
    }

    private void loadLastGood() {
        if (lastGood == null) {
            return;
        }
        Optional<Snapshot> snapshot;
        try {
            snapshot = lastGood.read();
            if (snapshot.isPresent()) {
                options.trusted().check(snapshot.get());
            }
        } catch (IOException e) {
            outcomes.refused(LAST_GOOD_REFUSED, e.getMessage() + "; waiting for the topics");
            return;
        }
        if (snapshot.isPresent() && serving.load(snapshot.get())) {
            outcomes.count(LAST_GOOD_LOADED);
            serves(snapshot.get().manifest());
        }
    }

    /** Reads once and does what has to be done. For the thread, and for tests that do without one. */
    void step() {
        for (FeedRecord record : feed.poll(POLL)) {
            if (stopped) {
                return;
            }
            switch (record.topic()) {
                case REGISTRY -> takeRegistry(record);
                case SNAPSHOTS -> takeSnapshot(record);
                case DELTAS -> deltas.take(record.record());
            }
        }
        if (options.follow() != Follow.NEWEST) {
            followRegistry();
        }
        followDeltas();
    }

    private void takeRegistry(FeedRecord record) {
        try {
            choice.accept(record);
        } catch (BadSnapshotException e) {
            outcomes.refused(BAD_REGISTRY, "offset " + record.offset() + ": " + e.getMessage());
        }
    }

    private void takeSnapshot(FeedRecord record) {
        SnapshotAssembler reading = assembler;
        if (reading == null) {
            return;
        }
        SnapshotAssembly assembly = reading.accept(record.record());
        if (assembly instanceof SnapshotAssembly.Complete whole) {
            load(whole.snapshot());
        } else if (assembly instanceof SnapshotAssembly.Rejected rejected) {
            if (rejected.reason() == SnapshotAssembly.Reason.OLDER) {
                // A trainer that restarts sends again what it sent before: expected, and no reason to wake anybody.
                outcomes.count(rejected.reason().label());
                return;
            }
            outcomes.refused(rejected.reason().label(), rejected.detail());
        } else {
            outcomes.count(assembly instanceof SnapshotAssembly.Repeat ? REPEAT : CHUNK);
        }
    }

    private void load(Snapshot snapshot) {
        if (options.follow() != Follow.NEWEST && !choice.isNamed(snapshot.manifest())) {
            // What the registry has taken back since it was asked for must not serve.
            stopFetching();
            acted = null;
            return;
        }
        boolean good = serving.load(snapshot);
        if (options.follow() != Follow.NEWEST) {
            // Sent again it would be the same: the registry has named this content.
            stopFetching();
        }
        if (!good) {
            return;
        }
        outcomes.count(LOADED);
        serves(snapshot.manifest());
        if (lastGood != null) {
            try {
                lastGood.keep(snapshot);
            } catch (IOException e) {
                outcomes.refused(LAST_GOOD_NOT_WRITTEN, "snapshot " + snapshot.version() + " serves: " + e);
            }
        }
    }

    private void serves(SnapshotManifest manifest) {
        LOG.info("snapshot {} serves: {} bytes", manifest.version(), manifest.bytes());
        if (deltas.follow(manifest)) {
            feed.seekDeltas();
        }
        if (options.follow() == Follow.NEWEST && assembler != null) {
            assembler.markLoaded(manifest);
        }
        listener.loaded(manifest);
    }

    private void stopFetching() {
        assembler = null;
        feed.restSnapshots();
    }

    /** Goes to what the registry names now, if that is something else than when it was last looked at. */
    private void followRegistry() {
        Optional<String> problem = choice.problem();
        if (!problem.equals(choiceProblem)) {
            choiceProblem = problem;
            problem.ifPresent(detail -> outcomes.refused(BAD_REGISTRY, detail));
        }
        Optional<RegistryEntry> choose = choice.named();
        if (choose.isEmpty()) {
            return;
        }
        RegistryEntry named = choose.get();
        if (acted != null
                && acted.version().equals(named.version())
                && acted.sha256().equals(named.sha256())) {
            return;
        }
        if (serving.serves(named)) {
            stopFetching();
        } else if (serving.goBackTo(named)) {
            stopFetching();
            wentBack(named);
        } else {
            fetch(named);
        }
        acted = named;
    }

    private void wentBack(RegistryEntry named) {
        outcomes.count(WENT_BACK);
        serving.manifest().ifPresent(this::serves);
        if (lastGood != null) {
            try {
                lastGood.keepAgain(named.version());
            } catch (IOException e) {
                outcomes.refused(LAST_GOOD_NOT_WRITTEN, "snapshot " + named.version() + " serves again: " + e);
            }
        }
    }

    private void fetch(RegistryEntry named) {
        assembler = SnapshotAssembler.ofNamed(named, options.maxPendingBytes(), options.trusted());
        if (!feed.seekSnapshot(named)) {
            outcomes.refused(
                    NOT_IN_TOPIC,
                    "snapshot " + named.version() + " (SHA-256 " + named.sha256()
                            + "): the registry names it and the topic does not hold it, perhaps no longer; what served"
                            + " serves on. Promote one that freshet snapshot ls shows");
        }
    }

    private void followDeltas() {
        Optional<SnapshotManifest> base = serving.manifest();
        if (options.deltas() == Deltas.IGNORED || base.isEmpty()) {
            return;
        }
        if (options.follow() == Follow.NEWEST) {
            deltas.advance(serving, listener);
            return;
        }
        boolean wanted = choice.named().filter(serving::serves).isPresent();
        if (!choice.mayGoOnFrom(base.get().version())) {
            serving.dropDeltas();
            deltas.abandon();
        } else if (wanted) {
            deltas.advance(serving, listener);
        }
    }

    /**
     * How often each thing has happened: the constants of this class, the labels of {@link SnapshotAssembly.Reason} and of
     * {@link NetworkCheck.Fault}. A copy; from any thread.
     */
    public SortedMap<String, Long> outcomes() {
        return outcomes.counts();
    }

    /** Why something was refused last; from any thread. */
    public Optional<String> lastRefusal() {
        return outcomes.lastRefusal();
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

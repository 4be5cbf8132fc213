package freshet.jobs.simulation;

import freshet.model.serve.FeedRecord;
import freshet.model.serve.FeedTopic;
import freshet.model.serve.LiveRanker;
import freshet.model.serve.SnapshotFeed;
import freshet.model.serve.SnapshotListener;
import freshet.model.serve.SteppedSubscriber;
import freshet.model.serve.SubscriberOptions;
import freshet.serde.snapshot.BadSnapshotException;
import freshet.serde.snapshot.DeltaDescription;
import freshet.serde.snapshot.Registry;
import freshet.serde.snapshot.RegistryEntry;
import freshet.serde.snapshot.SnapshotManifest;
import freshet.serde.snapshot.SnapshotVersion;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A server that follows the topics, and begins again with what is on its disk. */
final class Server implements Actor, SnapshotListener {
    private final Topics topics;
    private final Draw draw;
    private final Invariants invariants;
    private final SubscriberOptions options;

    private Feed feed = new Feed();
    private LiveRanker live = new LiveRanker();
    private SteppedSubscriber subscriber;

    /** The version that serves or served last, also before a restart. */
    private @Nullable SnapshotVersion held;

    /** What has been learnt by what serves. */
    private String lineage = "";

    /** Loaded in this step. */
    private Optional<SnapshotManifest> loadedNow = Optional.empty();

    private boolean beginning = true;

    Server(Topics topics, Draw draw, Invariants invariants, SubscriberOptions options) {
        this.topics = topics;
        this.draw = draw;
        this.invariants = invariants;
        this.options = options;
        subscriber = new SteppedSubscriber(feed, live, this, options);
        beginning = false;
    }

    /** Dies, and comes back with its disk. */
    String restart() {
        close();
        feed = new Feed();
        live = new LiveRanker();
        beginning = true;
        subscriber = new SteppedSubscriber(feed, live, this, options);
        beginning = false;
        if (live.manifest().isEmpty()) {
            Broken.unless(held == null, "P5", "a server has lost what it had on its disk, " + held);
        }
        return "server restarts"
                + live.manifest().map(one -> " with " + one.version()).orElse(" with nothing");
    }

    @Override
    public List<Supplier<Optional<String>>> threads() {
        return List.of(this::step);
    }

    private Optional<String> step() {
        if (feed.isEmpty()) {
            return Optional.empty();
        }
        loadedNow = Optional.empty();
        subscriber.step();
        loadedNow.ifPresent(manifest -> invariants.kept(options.lastGood().orElseThrow(), manifest));
        return Optional.of("server reads " + feed.last);
    }

    @Override
    public void loaded(SnapshotManifest manifest) {
        SnapshotVersion version = manifest.version();
        if (beginning) {
            Broken.unless(
                    version.equals(held), "P5", "a server held " + held + " and found " + version + " on its disk");
        } else {
            invariants.loaded(manifest, feed.known(), held);
            loadedNow = Optional.of(manifest);
        }
        held = version;
        lineage = manifest.description().lineage();
        invariants.serves(live, manifest.description().lineage(), version.eventTimeMillis());
    }

    @Override
    public void advanced(DeltaDescription delta) {
        invariants.advanced(delta, live.manifest().orElseThrow().generation(), lineage);
        lineage = delta.lineage();
        if (live.asOfMillis().equals(Optional.of(delta.asOfMillis()))) { // else the next one is already applied
            invariants.serves(live, delta.lineage(), delta.asOfMillis());
        }
    }

    /** What serves. */
    Optional<SnapshotManifest> manifest() {
        return live.manifest();
    }

    void close() {
        subscriber.close();
        live.close();
    }

    @Override
    public String toString() {
        return subscriber.toString();
    }

    /** The topics as this server has read them. */
    private final class Feed implements SnapshotFeed {
        private final Map<FeedTopic, Long> next = new EnumMap<>(FeedTopic.class);
        private Registry known = Registry.EMPTY;
        private String last = "";

        Feed() {
            next.put(FeedTopic.REGISTRY, 0L);
        }

        private Topic topic(FeedTopic of) {
            return switch (of) {
                case REGISTRY -> topics.registry;
                case SNAPSHOTS -> topics.snapshots;
                case DELTAS -> topics.deltas;
            };
        }

        /** What the registry has said. */
        Registry known() {
            return known;
        }

        boolean isEmpty() {
            return next.entrySet().stream().allMatch(one -> topic(one.getKey()).next(one.getValue()) == null);
        }

        /** The registry at the start in one piece, then a few records of some topic. */
        @Override
        public List<FeedRecord> poll(Duration timeout) {
            List<FeedRecord> records = new ArrayList<>();
            List<FeedTopic> read = next.keySet().stream()
                    .filter(topic -> topic(topic).next(next.getOrDefault(topic, 0L)) != null)
                    .toList();
            boolean first = next.getOrDefault(FeedTopic.REGISTRY, 0L) == 0 && read.contains(FeedTopic.REGISTRY);
            if (!read.isEmpty()) {
                FeedTopic of = first ? FeedTopic.REGISTRY : read.get(draw.below(read.size()));
                int most = first ? Integer.MAX_VALUE : 1 + draw.below(4);
                last = of.toString();
                for (Topic.Placed placed = take(of); placed != null; placed = --most > 0 ? take(of) : null) {
                    records.add(new FeedRecord(of, placed.offset(), placed.record()));
                    last += " " + placed.record().key();
                }
            }
            return records;
        }

        private Topic.@Nullable Placed take(FeedTopic of) {
            Topic.Placed placed = topic(of).next(next.getOrDefault(of, 0L));
            if (placed != null) {
                next.put(of, placed.offset() + 1);
                if (of == FeedTopic.REGISTRY) {
                    known = Topics.with(known, placed);
                }
            }
            return placed;
        }

        @Override
        public void followSnapshots() {
            next.put(FeedTopic.SNAPSHOTS, 0L);
        }

        @Override
        public boolean seekSnapshot(RegistryEntry named) {
            long first = -1;
            for (Topic.Placed placed : topics.snapshots.records()) {
                String key = placed.record().key();
                if (first < 0 && key.startsWith(named.version() + "/")) {
                    first = placed.offset();
                }
                if (key.endsWith("/manifest") && isOf(named, placed.record().value())) {
                    next.put(FeedTopic.SNAPSHOTS, first);
                    return true;
                }
            }
            next.put(FeedTopic.SNAPSHOTS, topics.snapshots.end());
            return false;
        }

        private static boolean isOf(RegistryEntry named, byte[] manifest) {
            try {
                return SnapshotManifest.parse(manifest).sha256().equals(named.sha256());
            } catch (BadSnapshotException e) {
                return false;
            }
        }

        @Override
        public void restSnapshots() {
            next.remove(FeedTopic.SNAPSHOTS);
        }

        @Override
        public void seekDeltas() {
            next.put(FeedTopic.DELTAS, 0L);
        }

        @Override
        public void wakeup() {}

        @Override
        public void close() {}
    }
}

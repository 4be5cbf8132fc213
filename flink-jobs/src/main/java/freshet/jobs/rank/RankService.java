package freshet.jobs.rank;

import freshet.features.online.FeatureFollower;
import freshet.features.online.OnlineStore;
import freshet.jobs.config.FreshetConfig;
import freshet.model.serve.FeedTopics;
import freshet.model.serve.FusionProfiles;
import freshet.model.serve.KafkaSnapshotFeed;
import freshet.model.serve.LiveRanker;
import freshet.model.serve.Ranker;
import freshet.model.serve.SnapshotListener;
import freshet.model.serve.SnapshotSubscriber;
import freshet.model.serve.SubscriberOptions;
import freshet.serde.snapshot.BadSnapshotException;
import freshet.serde.snapshot.SnapshotDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.Properties;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What scores requests, and what keeps it up to date: one snapshot from a folder, with an online store as it stands; or the
 * snapshots of a deployment's topics, with an online store that follows its topics too. Safe on any thread.
 */
public final class RankService implements AutoCloseable {
    private static final Duration LOOK_AGAIN = Duration.ofMillis(50);

    private final String name;
    private final LiveRanker live = new LiveRanker();
    private final @Nullable OnlineStore store;
    private final LineRanker lines;
    private @Nullable FeatureFollower features;
    private @Nullable SnapshotSubscriber snapshots;

    private RankService(String name, FusionProfiles fusion, @Nullable OnlineStore store) {
        this.name = name;
        this.store = store;
        this.lines = new LineRanker(live, fusion, store == null ? key -> null : store);
    }

    /**
     * One snapshot, for good.
     *
     * @param store folder of an online store, read as it stands; null for none
     */
    public static RankService ofSnapshot(Path folder, FusionProfiles fusion, @Nullable Path store)
            throws IOException, BadSnapshotException {
        Ranker ranker = new Ranker(SnapshotDirectory.read(folder));
        OnlineStore opened = null;
        try {
            opened = store == null ? null : OnlineStore.openForReading(store);
            RankService service =
                    new RankService(ranker.manifest().description().name(), fusion, opened);
            service.lines.check(ranker);
            service.live.swap(ranker);
            return service;
        } catch (BadSnapshotException | RuntimeException e) {
            ranker.close();
            if (opened != null) {
                opened.close();
            }
            throw e;
        }
    }

    /**
     * The snapshots of a deployment, as they come. Begins to follow at once; {@link #awaitSnapshot} waits for the first.
     *
     * @param store folder of an online store, which follows the deployment from now on; made if missing; null for none
     */
    public static RankService following(FreshetConfig config, SubscriberOptions options, @Nullable Path store) {
        OnlineStore opened = store == null ? null : OnlineStore.open(store);
        RankService service = new RankService(config.name(), config.fusion(), opened);
        try {
            if (opened != null) {
                service.features =
                        FeatureFollower.connect(config.kafka().forConsumers(), config.featureTopics(), opened);
                service.features.start();
            }
            FeedTopics topics = new FeedTopics(
                    config.topics().modelRegistry(),
                    config.topics().snapshots(),
                    config.topics().modelDeltas());
            service.snapshots = new SnapshotSubscriber(
                    KafkaSnapshotFeed.connect(texts(config.kafka().forConsumers()), topics),
                    service.live,
                    SnapshotListener.NONE,
                    options);
            service.snapshots.start();
            return service;
        } catch (RuntimeException e) {
            service.close();
            throw e;
        }
    }

    private static Map<String, String> texts(Properties properties) {
        return properties.stringPropertyNames().stream().collect(Collectors.toMap(key -> key, properties::getProperty));
    }

    /** The model's name. */
    public String name() {
        return name;
    }

    /** What serves now. */
    public LiveRanker live() {
        return live;
    }

    /** Scores lines. */
    public LineRanker lines() {
        return lines;
    }

    /** Waits until there is a snapshot, and until the online store knows what its topics held at the start. */
    public void awaitSnapshot() throws InterruptedException {
        while (live.manifest().isEmpty()) {
            Thread.sleep(LOOK_AGAIN.toMillis());
        }
        while (features != null && !features.awaitCaughtUp(LOOK_AGAIN)) {
            Thread.onSpinWait();
        }
    }

    /** What became of what the topics brought; empty when nothing is followed. */
    public SortedMap<String, Long> outcomes() {
        return snapshots == null ? Collections.unmodifiableSortedMap(new TreeMap<>()) : snapshots.outcomes();
    }

    @Override
    public void close() {
        if (snapshots != null) {
            snapshots.close();
        }
        if (features != null) {
            features.close();
        }
        live.close();
        if (store != null) {
            store.close();
        }
    }
}

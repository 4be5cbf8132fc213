package freshet.jobs.faults;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.jobs.config.FreshetConfig;
import freshet.model.serve.FeedTopics;
import freshet.model.serve.KafkaSnapshotFeed;
import freshet.model.serve.LiveRanker;
import freshet.model.serve.SnapshotListener;
import freshet.model.serve.SnapshotSubscriber;
import freshet.model.serve.SubscriberOptions;
import freshet.model.serve.SubscriberOptions.Deltas;
import freshet.model.serve.SubscriberOptions.Follow;
import freshet.serde.snapshot.DeltaDescription;
import freshet.serde.snapshot.SnapshotManifest;
import freshet.serde.snapshot.SnapshotVersion;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A server that follows the topics of a deployment with all its deltas, in the process of the test, and remembers what it
 * held: promise P5 of a reader. It is never told that the broker is away.
 */
final class FollowingServer implements AutoCloseable {
    private final LiveRanker live = new LiveRanker();
    private final SnapshotSubscriber subscriber;
    private final List<SnapshotManifest> loaded = new CopyOnWriteArrayList<>();
    /** Of all that served, one after the other: the event time as of which it was. */
    private final List<Long> asOfMillis = new CopyOnWriteArrayList<>();

    private final List<String> refused = new CopyOnWriteArrayList<>();

    /** Follows the newest good snapshot. */
    FollowingServer(FreshetConfig config) {
        this(config, Follow.NEWEST);
    }

    FollowingServer(FreshetConfig config, Follow follow) {
        subscriber = new SnapshotSubscriber(
                KafkaSnapshotFeed.connect(
                        Map.of("bootstrap.servers", config.kafka().bootstrapServers()),
                        new FeedTopics(
                                config.topics().modelRegistry(),
                                config.topics().snapshots(),
                                config.topics().modelDeltas())),
                live,
                new Remembering(),
                SubscriberOptions.following(follow).with(Deltas.APPLIED));
        subscriber.start();
    }

    /** Called on the subscriber's thread. */
    private final class Remembering implements SnapshotListener {
        @Override
        public void loaded(SnapshotManifest manifest) {
            loaded.add(manifest);
            asOfMillis.add(manifest.version().eventTimeMillis());
        }

        @Override
        public void advanced(DeltaDescription delta) {
            asOfMillis.add(delta.asOfMillis());
        }

        @Override
        public void refused(String reason, String detail) {
            refused.add(reason + ": " + detail);
        }
    }

    int snapshotsLoaded() {
        return loaded.size();
    }

    Optional<SnapshotVersion> serves() {
        return loaded.isEmpty()
                ? Optional.empty()
                : Optional.of(loaded.get(loaded.size() - 1).version());
    }

    /** Fails if it ever held what nobody should, or went back. */
    void assertHeldNothingBadOrOlder(SortedMap<SnapshotVersion, String> good) {
        assertThat(loaded)
                .as("what it loaded, of which it refused %s", refused)
                .allSatisfy(manifest -> assertThat(manifest.sha256())
                        .as("%s", manifest.version())
                        .isEqualTo(good.get(manifest.version())));
        assertWentForward();
    }

    /** Fails if what served ever was older than what served before. */
    void assertWentForward() {
        assertThat(asOfMillis)
                .as("event time of what served, in the order of serving")
                .isSorted();
    }

    @Override
    public void close() {
        subscriber.close();
        live.close();
    }
}

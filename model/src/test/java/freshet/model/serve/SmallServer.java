package freshet.model.serve;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.model.snapshot.GoldenRows;
import freshet.serde.snapshot.DeltaDescription;
import freshet.serde.snapshot.Registry;
import freshet.serde.snapshot.RegistryRefusedException;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.SnapshotManifest;
import freshet.serde.snapshot.SnapshotRecord;
import freshet.serde.snapshot.SnapshotVersion;
import java.util.ArrayList;
import java.util.List;

/** A server that follows topics in memory, without a thread of its own, and somebody who writes the registry. */
final class SmallServer implements SnapshotListener, AutoCloseable {
    private static final Registry.Cause CAUSE = new Registry.Cause("test", "because");

    /** A decision about a registry. */
    interface Decision {
        Registry.Change of(Registry registry, Registry.Cause cause) throws RegistryRefusedException;
    }

    final FakeFeed feed = new FakeFeed();
    final LiveRanker live = new LiveRanker();
    final SnapshotSubscriber subscriber;
    final List<SnapshotVersion> loaded = new ArrayList<>();
    final List<String> advanced = new ArrayList<>();
    private Registry registry = Registry.EMPTY;

    SmallServer(SubscriberOptions options) {
        subscriber = new SnapshotSubscriber(feed, live, this, options);
        subscriber.begin();
    }

    @Override
    public void loaded(SnapshotManifest manifest) {
        loaded.add(manifest.version());
    }

    @Override
    public void advanced(DeltaDescription delta) {
        advanced.add(delta.id().toString());
    }

    /** Reads all there is to read. */
    void read() {
        while (!feed.isEmpty()) {
            subscriber.step();
        }
    }

    void read(FeedTopic topic, List<SnapshotRecord> records) {
        feed.add(topic, records);
        read();
    }

    void readSnapshots(Snapshot... snapshots) {
        for (Snapshot snapshot : snapshots) {
            read(FeedTopic.SNAPSHOTS, freshet.serde.snapshot.SnapshotRecords.of(snapshot));
        }
    }

    /** The registry's records of a decision, which counts from now on. */
    List<SnapshotRecord> records(Decision decision) throws RegistryRefusedException {
        Registry.Change change = decision.of(registry, CAUSE);
        registry = change.after();
        return change.records();
    }

    void decide(Decision decision) throws RegistryRefusedException {
        read(FeedTopic.REGISTRY, records(decision));
    }

    void promote(Snapshot snapshot) throws RegistryRefusedException {
        decide((now, cause) -> now.promote(snapshot.manifest(), cause));
    }

    Registry registry() {
        return registry;
    }

    /** What serves is the trainer's model as of a quarter of an hour. */
    void assertServes(SmallTrainer trainer, int hour, int quarter) {
        assertThat(live.manifest().map(SnapshotManifest::version))
                .as("outcomes %s, last refusal %s", subscriber.outcomes(), subscriber.lastRefusal())
                .contains(SmallTrainer.version(hour));
        assertThat(live.asOfMillis()).contains(SmallTrainer.asOfMillis(hour, quarter));
        float[] expected = trainer.predictions(hour, quarter);
        float[] found = new float[expected.length];
        live.score(SmallTrainer.candidates(), found);
        for (int i = 0; i < expected.length; i++) {
            assertThat(GoldenRows.agree(found[i], expected[i]))
                    .as("prediction %d: %s against %s", i, found[i], expected[i])
                    .isTrue();
        }
    }

    void assertCounts(String outcome, long count) {
        assertThat(subscriber.outcomes())
                .as("last refusal %s", subscriber.lastRefusal())
                .containsEntry(outcome, count);
    }

    void assertRefused(String reason, String... words) {
        assertThat(subscriber.outcomes()).containsKey(reason);
        assertThat(subscriber.lastRefusal().orElseThrow())
                .startsWith(reason + ": ")
                .contains(words);
    }

    @Override
    public void close() {
        subscriber.close();
        live.close();
    }
}

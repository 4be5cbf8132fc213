package freshet.model.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import freshet.model.serve.SubscriberOptions.Follow;
import freshet.model.snapshot.GoldenRows;
import freshet.model.snapshot.SnapshotFixtures;
import freshet.model.snapshot.SnapshotScorer;
import freshet.serde.example.FeatureValues;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.SnapshotFile;
import freshet.serde.snapshot.SnapshotManifest;
import freshet.serde.snapshot.SnapshotRecord;
import freshet.serde.snapshot.SnapshotRecords;
import freshet.serde.snapshot.SnapshotVersion;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SnapshotSubscriberTest {
    private static final List<Snapshot> HOURS = List.of(
            SnapshotFixtures.snapshot(0),
            SnapshotFixtures.snapshot(1),
            SnapshotFixtures.snapshot(2),
            SnapshotFixtures.snapshot(3));

    private static final SubscriberOptions NEWEST = SubscriberOptions.following(Follow.NEWEST);

    private final FakeFeed feed = new FakeFeed();
    private final LiveRanker live = new LiveRanker();
    private final LinkedBlockingQueue<SnapshotVersion> loaded = new LinkedBlockingQueue<>();
    private final SnapshotListener listener = new SnapshotListener() {
        @Override
        public void loaded(SnapshotManifest manifest) {
            loaded.add(manifest.version());
        }
    };
    private SnapshotSubscriber subscriber = subscriber(NEWEST);

    private SnapshotSubscriber subscriber(SubscriberOptions options) {
        SnapshotSubscriber begun = new SnapshotSubscriber(feed, live, listener, options);
        begun.begin();
        return begun;
    }

    @AfterEach
    void close() {
        subscriber.close();
        live.close();
    }

    private void read(List<SnapshotRecord> records) {
        feed.add(FeedTopic.SNAPSHOTS, records);
        while (!feed.isEmpty()) {
            subscriber.step();
        }
    }

    private static List<SnapshotRecord> records(int hour) {
        return SnapshotRecords.of(HOURS.get(hour));
    }

    private void assertServes(int hour) throws Exception {
        assertThat(live.manifest().orElseThrow().version()).isEqualTo(SnapshotFixtures.version(hour));
        List<FeatureValues> candidates = SnapshotFixtures.features(5, 10);
        float[] expected = new float[30];
        float[] found = new float[30];
        new SnapshotScorer(HOURS.get(hour)).score(candidates, expected);
        live.score(candidates, found);
        for (int i = 0; i < expected.length; i++) {
            assertThat(GoldenRows.agree(found[i], expected[i])).isTrue();
        }
    }

    @Test
    void servesEachSnapshotAsItBecomesWhole() throws Exception {
        read(records(0));
        assertServes(0);
        read(records(1).subList(0, records(1).size() - 1));
        assertServes(0);
        read(records(1));
        assertServes(1);
        assertThat(subscriber.outcomes()).containsEntry("loaded", 2L).containsKeys("chunk", "repeat");
        assertThat(subscriber.lastRefusal()).isEmpty();
    }

    @Test
    void neverGoesBackToAnOlderOne() throws Exception {
        read(records(2));
        read(records(1));
        assertServes(2);
        assertThat(subscriber.outcomes())
                .containsEntry("older", (long) records(1).size());
        assertThat(subscriber.lastRefusal())
                .as("sent again by a trainer that restarted")
                .isEmpty();
    }

    @Test
    void aRankerThatWasLoadedBeforeIsNotReplacedByAnOlderOne() throws Exception {
        live.swap(new Ranker(HOURS.get(2)));
        subscriber = subscriber(NEWEST);
        read(records(1));
        assertServes(2);
        read(records(3));
        assertServes(3);
    }

    @Test
    void aWholeSnapshotThatDoesNotReproduceItsGoldenRowsIsRefused() throws Exception {
        read(records(0));
        Snapshot good = HOURS.get(1);
        List<SnapshotFile> files = new ArrayList<>(good.files());
        for (int i = 0; i < files.size(); i++) {
            if (files.get(i).name().equals("golden.json")) {
                files.set(i, new SnapshotFile("golden.json", HOURS.get(3).file("golden.json")));
            }
        }
        read(SnapshotRecords.of(Snapshot.of(good.manifest().description(), files)));
        assertServes(0);
        assertThat(subscriber.outcomes()).containsEntry("bad_model", 1L);
        assertThat(subscriber.lastRefusal().orElseThrow())
                .contains("golden row")
                .contains("the trainer computed");
        read(records(1));
        assertServes(1);
    }

    @Test
    void aWholeSnapshotThatIsNoModelIsRefused() throws Exception {
        read(records(0));
        for (SnapshotFile file : HOURS.get(1).files()) {
            List<SnapshotFile> files = new ArrayList<>(HOURS.get(1).files());
            byte[] nonsense = "[]".getBytes(StandardCharsets.UTF_8);
            files.replaceAll(each -> each == file ? new SnapshotFile(file.name(), nonsense) : each);
            read(SnapshotRecords.of(Snapshot.of(HOURS.get(1).manifest().description(), files)));
            if (!file.name().equals("golden.json")) {
                assertServes(0);
            }
        }
        assertThat(subscriber.outcomes().get("bad_model")).isGreaterThanOrEqualTo(3);
        assertThat(subscriber.outcomes()).containsEntry("not_onnx", 1L);
    }

    @Test
    void aSnapshotBeyondTheReadersMemoryIsRefusedByName() {
        subscriber = subscriber(NEWEST.holding(1000));
        read(records(0));
        assertThat(live.manifest()).isEmpty();
        assertThat(subscriber.outcomes()).containsKey("too_large");
    }

    static LongStream seeds() {
        return LongStream.range(0, 30);
    }

    /** Four hours, mangled: what serves is always whole, never older than before, and the newest once it is sent again. */
    @ParameterizedTest
    @MethodSource("seeds")
    void aMangledTopicLeavesTheLastGoodOneServing(long seed) throws Exception {
        Random random = new Random(seed);
        List<SnapshotRecord> topic = new ArrayList<>();
        for (int hour = 0; hour < HOURS.size(); hour++) {
            for (SnapshotRecord record : records(hour)) {
                switch (random.nextInt(7)) {
                    case 0 -> {} // lost
                    case 1 -> topic.addAll(List.of(record, record));
                    case 2 ->
                        topic.add(new SnapshotRecord(
                                record.key(), Arrays.copyOf(record.value(), random.nextInt(record.value().length))));
                    case 3 -> {
                        byte[] flipped = record.value().clone();
                        flipped[random.nextInt(flipped.length)] ^= (byte) (1 << random.nextInt(8));
                        topic.add(new SnapshotRecord(record.key(), flipped));
                    }
                    default -> topic.add(record);
                }
            }
        }
        if (random.nextBoolean()) {
            Collections.shuffle(topic, random);
        }
        int serving = -1;
        for (SnapshotRecord record : topic) {
            read(List.of(record));
            if (!loaded.isEmpty()) {
                int hour = versions().indexOf(loaded.remove());
                assertThat(hour).isGreaterThan(serving);
                serving = hour;
            }
            if (serving >= 0) {
                assertServes(serving);
            }
        }
        read(records(3));
        assertServes(3);
    }

    private static List<SnapshotVersion> versions() {
        return HOURS.stream().map(Snapshot::version).toList();
    }

    @Test
    void followsOnItsOwnThreadAndOutlivesAFailingBroker() throws Exception {
        feed.add(FeedTopic.SNAPSHOTS, records(0));
        feed.fail();
        feed.add(FeedTopic.SNAPSHOTS, records(1));
        subscriber.start();
        assertThat(loaded.poll(30, TimeUnit.SECONDS)).isEqualTo(SnapshotFixtures.version(0));
        assertThat(loaded.poll(30, TimeUnit.SECONDS)).isEqualTo(SnapshotFixtures.version(1));
        assertThat(subscriber.outcomes()).containsEntry("feed_failed", 1L);
        subscriber.close();
        assertThat(feed.isClosed()).isTrue();
        assertServes(1);
    }

    @Test
    void neverStartedItClosesItsFeed() {
        subscriber.close();
        assertThat(feed.isClosed()).isTrue();
        assertThatThrownBy(() -> live.score(SnapshotFixtures.features(1, 1), new float[3]))
                .hasMessageContaining("no snapshot");
    }
}

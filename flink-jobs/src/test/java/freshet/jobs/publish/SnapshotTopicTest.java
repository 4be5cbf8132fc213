package freshet.jobs.publish;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.local.EmbeddedKafka;
import freshet.model.learn.Learner;
import freshet.model.serve.FeedTopics;
import freshet.model.serve.KafkaSnapshotFeed;
import freshet.model.serve.LiveRanker;
import freshet.model.serve.SnapshotListener;
import freshet.model.serve.SnapshotSubscriber;
import freshet.model.serve.SubscriberOptions;
import freshet.model.snapshot.GoldenRows;
import freshet.model.snapshot.SnapshotMoment;
import freshet.model.snapshot.SnapshotScorer;
import freshet.model.snapshot.SnapshotWriter;
import freshet.model.spec.ModelSpec;
import freshet.serde.example.FeatureValues;
import freshet.serde.snapshot.Lineage;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.SnapshotManifest;
import freshet.serde.snapshot.SnapshotRecord;
import freshet.serde.snapshot.SnapshotRecords;
import freshet.serde.snapshot.SnapshotVersion;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Servers that follow a real topic: each snapshot has several chunks, the newest is unfinished. */
class SnapshotTopicTest {
    private static final int HOURS = 5;
    private static final int ROWS = 20_000;
    private static final long PATIENCE_SECONDS = 60;

    @TempDir
    static Path folder;

    private static EmbeddedKafka kafka;
    private static List<Snapshot> hours;

    @BeforeAll
    static void startBroker() {
        kafka = EmbeddedKafka.start(folder.resolve("kafka"));
        ModelSpec spec = FreshetConfig.parse("tiny", """
                        name: tiny
                        tasks: [{name: click, label: {kind: click}, horizon: 10m, loss: logistic}]
                        features: {ids: [{name: user, field: user_id}]}
                        model: {seed: 7, embeddings: [{feature: user, dim: 16}], bottom: [8], tower: [4]}
                        """).model();
        hours = IntStream.range(0, HOURS).mapToObj(hour -> snapshot(spec, hour)).toList();
    }

    @AfterAll
    static void stopBroker() {
        kafka.close();
    }

    private static Snapshot snapshot(ModelSpec spec, int hour) {
        Learner learner = new Learner(spec);
        float[] row = new float[spec.tables().get(0).rowWidth()];
        for (int id = 0; id < ROWS; id++) {
            row[0] = hour + id;
            learner.putRow(0, id, row);
        }
        SnapshotVersion version = new SnapshotVersion(1_650_902_400_000L + hour * 3_600_000L);
        SnapshotMoment moment = new SnapshotMoment(0, version, null, Lineage.START, hour, new TreeMap<>(), List.of());
        Snapshot snapshot = new SnapshotWriter("tiny", "{}").write(learner, moment);
        assertThat(snapshot.manifest().chunks()).hasSizeGreaterThan(2);
        return snapshot;
    }

    private static void send(String topic, List<SnapshotRecord> records) {
        Map<String, Object> settings = Map.of("bootstrap.servers", kafka.bootstrapServers());
        try (var producer = new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer())) {
            records.forEach(record -> producer.send(new ProducerRecord<>(topic, 0, record.key(), record.value())));
        }
    }

    /** A server, and the versions it has loaded, in order. */
    private static final class Server implements SnapshotListener, AutoCloseable {
        final LiveRanker live = new LiveRanker();
        final LinkedBlockingQueue<SnapshotVersion> loaded = new LinkedBlockingQueue<>();
        final SnapshotSubscriber subscriber;

        Server(String topic) {
            Map<String, String> settings = Map.of("bootstrap.servers", kafka.bootstrapServers());
            FeedTopics topics = new FeedTopics(topic + "-registry", topic, topic + "-deltas");
            subscriber = new SnapshotSubscriber(
                    KafkaSnapshotFeed.connect(settings, topics),
                    live,
                    this,
                    SubscriberOptions.following(SubscriberOptions.Follow.NEWEST));
            subscriber.start();
        }

        @Override
        public void loaded(SnapshotManifest manifest) {
            loaded.add(manifest.version());
        }

        void assertLoads(int hour) throws Exception {
            assertThat(loaded.poll(PATIENCE_SECONDS, TimeUnit.SECONDS))
                    .as("outcomes %s, last refusal %s", subscriber.outcomes(), subscriber.lastRefusal())
                    .isEqualTo(hours.get(hour).version());
            List<FeatureValues> candidates = List.of(new FeatureValues(new String[][] {{"u1"}}, new float[0]));
            float[] found = new float[1];
            float[] expected = new float[1];
            live.score(candidates, found);
            new SnapshotScorer(hours.get(hour)).score(candidates, expected);
            assertThat(GoldenRows.agree(found[0], expected[0])).isTrue();
        }

        @Override
        public void close() {
            subscriber.close();
            live.close();
        }
    }

    @Test
    void aServerThatCameFirstWaitsForTheTopicAndLoadsEverySnapshot() throws Exception {
        try (Server server = new Server("followed")) {
            kafka.createTopic("followed", 1, Map.of());
            for (int hour = 0; hour < HOURS; hour++) {
                send("followed", SnapshotRecords.of(hours.get(hour)));
                server.assertLoads(hour);
            }
            assertThat(server.subscriber.lastRefusal()).isEmpty();
        }
    }

    @Test
    void aServerThatComesLateBeginsWithTheNewestWholeSnapshot() throws Exception {
        kafka.createTopic("late", 1, Map.of());
        for (int hour = 0; hour < HOURS - 1; hour++) {
            send("late", SnapshotRecords.of(hours.get(hour)));
        }
        List<SnapshotRecord> last = SnapshotRecords.of(hours.get(HOURS - 1));
        send("late", last.subList(0, 2));
        try (Server server = new Server("late")) {
            server.assertLoads(HOURS - 2);
            send("late", last);
            server.assertLoads(HOURS - 1);
            assertThat(server.subscriber.outcomes()).containsEntry("loaded", 2L).containsEntry("repeat", 2L);
        }
    }
}

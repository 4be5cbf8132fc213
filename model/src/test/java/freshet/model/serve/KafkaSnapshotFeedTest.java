package freshet.model.serve;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.model.snapshot.SnapshotFixtures;
import freshet.serde.snapshot.Registry;
import freshet.serde.snapshot.RegistryEntry;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.SnapshotRecord;
import freshet.serde.snapshot.SnapshotRecords;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class KafkaSnapshotFeedTest {
    private static final FeedTopics TOPICS = new FeedTopics("registry", "snapshots", "deltas");
    private static final Registry.Cause CAUSE = new Registry.Cause("test", "");

    /** Keeps the records, where Kafka's mock forgets what has been polled, so that one can go back. */
    private static final class Topics extends MockConsumer<String, byte[]> {
        private final Map<TopicPartition, List<SnapshotRecord>> records = new HashMap<>();

        Topics() {
            super("earliest");
        }

        Topics with(FeedTopic topic, List<SnapshotRecord> held) {
            TopicPartition partition = new TopicPartition(TOPICS.name(topic), 0);
            records.put(partition, held);
            Node[] nodes = {};
            updatePartitions(
                    partition.topic(), List.of(new PartitionInfo(partition.topic(), 0, Node.noNode(), nodes, nodes)));
            updateBeginningOffsets(Map.of(partition, 0L));
            updateEndOffsets(Map.of(partition, (long) held.size()));
            return this;
        }

        @Override
        public synchronized void seek(TopicPartition partition, long offset) {
            super.seek(partition, offset);
            List<SnapshotRecord> held = records.getOrDefault(partition, List.of());
            for (long at = offset; at < held.size(); at++) {
                SnapshotRecord record = held.get((int) at);
                addRecord(new ConsumerRecord<>(partition.topic(), 0, at, record.key(), record.value()));
            }
        }
    }

    private static List<SnapshotRecord> hours(int count) {
        List<SnapshotRecord> records = new ArrayList<>();
        for (int hour = 0; hour < count; hour++) {
            records.addAll(SnapshotRecords.of(SnapshotFixtures.snapshot(hour)));
        }
        return records;
    }

    private static List<String> keys(KafkaSnapshotFeed feed) {
        return feed.poll(Duration.ZERO).stream()
                .map(record -> record.record().key())
                .toList();
    }

    private static List<String> keys(List<SnapshotRecord> records) {
        return records.stream().map(SnapshotRecord::key).toList();
    }

    private static RegistryEntry entry(Snapshot snapshot) throws Exception {
        return Registry.EMPTY
                .promote(snapshot.manifest(), CAUSE)
                .after()
                .entry(snapshot.version())
                .orElseThrow();
    }

    @Test
    void whatTheRegistryHoldsComesFirstAndInOnePiece() throws Exception {
        List<SnapshotRecord> registry = new ArrayList<>(Registry.EMPTY
                .promote(SnapshotFixtures.snapshot(0).manifest(), CAUSE)
                .records());
        Topics topics = new Topics().with(FeedTopic.REGISTRY, registry).with(FeedTopic.SNAPSHOTS, hours(2));
        try (KafkaSnapshotFeed feed = new KafkaSnapshotFeed(topics, TOPICS)) {
            feed.followSnapshots();
            assertThat(feed.poll(Duration.ZERO))
                    .hasSize(2)
                    .isSortedAccordingTo(Comparator.comparing(FeedRecord::offset))
                    .allMatch(record -> record.topic() == FeedTopic.REGISTRY);
            assertThat(keys(feed)).contains("20220425T17Z/manifest");
            assertThat(keys(feed)).isEmpty();
        }
    }

    @Test
    void snapshotsAndDeltasComeWhenTheyAreAskedFor() {
        List<SnapshotRecord> deltas = List.of(new SnapshotRecord("20220425T16Z/delta/1/chunk/0", new byte[3]));
        Topics topics = new Topics().with(FeedTopic.SNAPSHOTS, hours(1)).with(FeedTopic.DELTAS, deltas);
        try (KafkaSnapshotFeed feed = new KafkaSnapshotFeed(topics, TOPICS)) {
            assertThat(keys(feed)).isEmpty();
            feed.seekDeltas();
            assertThat(keys(feed)).isEqualTo(keys(deltas));
            feed.followSnapshots();
            assertThat(keys(feed)).isEqualTo(keys(hours(1)));
            feed.seekDeltas();
            feed.restSnapshots();
            assertThat(keys(feed)).isEqualTo(keys(deltas));
        }
    }

    @Test
    void beginsWithTheNewestSnapshotThatHasItsManifest() {
        List<SnapshotRecord> records = hours(6);
        Snapshot unfinished = SnapshotFixtures.snapshot(6);
        records.add(SnapshotRecords.of(unfinished).get(0));
        try (KafkaSnapshotFeed feed = new KafkaSnapshotFeed(new Topics().with(FeedTopic.SNAPSHOTS, records), TOPICS)) {
            feed.followSnapshots();
            List<String> keys = keys(feed);
            assertThat(keys).contains("20220425T21Z/chunk/0", "20220425T21Z/manifest", "20220425T22Z/chunk/0");
            assertThat(keys).noneMatch(key -> key.startsWith("20220425T16Z"));
        }
    }

    @Test
    void withoutAManifestItBeginsAtTheBeginning() {
        List<SnapshotRecord> chunks = new ArrayList<>(hours(9));
        chunks.removeIf(record -> record.key().endsWith("manifest"));
        try (KafkaSnapshotFeed feed = new KafkaSnapshotFeed(new Topics().with(FeedTopic.SNAPSHOTS, chunks), TOPICS)) {
            feed.followSnapshots();
            assertThat(keys(feed)).hasSize(9).contains("20220425T16Z/chunk/0");
        }
    }

    @Test
    void goesBackToTheSnapshotThatTheRegistryNames() throws Exception {
        Topics topics = new Topics().with(FeedTopic.SNAPSHOTS, hours(9));
        try (KafkaSnapshotFeed feed = new KafkaSnapshotFeed(topics, TOPICS)) {
            assertThat(keys(feed)).isEmpty();
            for (int hour : new int[] {7, 0, 3, 8}) {
                Snapshot snapshot = SnapshotFixtures.snapshot(hour);
                assertThat(feed.seekSnapshot(entry(snapshot))).isTrue();
                assertThat(keys(feed)).containsAll(keys(SnapshotRecords.of(snapshot)));
            }
            assertThat(feed.seekSnapshot(entry(SnapshotFixtures.snapshot(10)))).isFalse();
            assertThat(keys(feed)).as("only what is written from now on").isEmpty();
        }
    }

    @Test
    void topicsThatAreNotThereYetAreWaitedFor() {
        MockConsumer<String, byte[]> consumer = new MockConsumer<>("earliest");
        try (KafkaSnapshotFeed feed = new KafkaSnapshotFeed(consumer, TOPICS)) {
            feed.followSnapshots();
            feed.seekDeltas();
            assertThat(feed.poll(Duration.ZERO)).isEmpty();
            feed.wakeup();
            assertThat(feed.poll(Duration.ZERO)).isEmpty();
        }
        assertThat(consumer.closed()).isTrue();
    }
}

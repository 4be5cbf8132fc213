package freshet.model.serve;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.model.serve.KafkaSnapshotFeed.Start;
import freshet.model.snapshot.SnapshotFixtures;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.SnapshotRecord;
import freshet.serde.snapshot.SnapshotRecords;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class KafkaSnapshotFeedTest {
    private static final TopicPartition PARTITION = new TopicPartition("model-snapshots", 0);

    /** Keeps the records, where Kafka's mock forgets what has been polled, so that one can go back. */
    private static final class Topic extends MockConsumer<String, byte[]> {
        private final List<SnapshotRecord> records = new ArrayList<>();

        Topic(List<SnapshotRecord> records) {
            super("earliest");
            this.records.addAll(records);
            Node[] nodes = {};
            updatePartitions(
                    PARTITION.topic(), List.of(new PartitionInfo(PARTITION.topic(), 0, Node.noNode(), nodes, nodes)));
            updateBeginningOffsets(Map.of(PARTITION, 0L));
            updateEndOffsets(Map.of(PARTITION, (long) records.size()));
        }

        @Override
        public synchronized void seek(TopicPartition partition, long offset) {
            super.seek(partition, offset);
            for (long at = offset; at < records.size(); at++) {
                SnapshotRecord record = records.get((int) at);
                addRecord(new ConsumerRecord<>(PARTITION.topic(), 0, at, record.key(), record.value()));
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

    private static List<String> keys(Topic topic, Start start) {
        try (KafkaSnapshotFeed feed = new KafkaSnapshotFeed(topic, PARTITION.topic(), start)) {
            return feed.poll(Duration.ZERO).stream().map(SnapshotRecord::key).toList();
        }
    }

    @Test
    void readsFromTheBeginningWhateverTheTopicHas() {
        List<SnapshotRecord> records = hours(3);
        assertThat(keys(new Topic(records), Start.BEGINNING))
                .isEqualTo(records.stream().map(SnapshotRecord::key).toList());
    }

    @Test
    void beginsWithTheNewestSnapshotThatHasItsManifest() {
        List<SnapshotRecord> records = hours(6);
        Snapshot unfinished = SnapshotFixtures.snapshot(6);
        records.add(SnapshotRecords.of(unfinished).get(0));
        List<String> keys = keys(new Topic(records), Start.NEWEST);
        assertThat(keys).contains("20220425T21Z/chunk/0", "20220425T21Z/manifest", "20220425T22Z/chunk/0");
        assertThat(keys).noneMatch(key -> key.startsWith("20220425T16Z"));
    }

    @Test
    void withoutAManifestItBeginsAtTheBeginning() {
        List<SnapshotRecord> chunks = new ArrayList<>(hours(9));
        chunks.removeIf(record -> record.key().endsWith("manifest"));
        assertThat(keys(new Topic(chunks), Start.NEWEST)).hasSize(9).contains("20220425T16Z/chunk/0");
        assertThat(keys(new Topic(List.of()), Start.NEWEST)).isEmpty();
    }

    @Test
    void aTopicThatIsNotThereYetIsWaitedFor() {
        MockConsumer<String, byte[]> consumer = new MockConsumer<>("earliest");
        try (KafkaSnapshotFeed feed = new KafkaSnapshotFeed(consumer, "later", Start.NEWEST)) {
            assertThat(feed.poll(Duration.ZERO)).isEmpty();
            feed.wakeup();
            assertThat(feed.poll(Duration.ZERO)).isEmpty();
        }
        assertThat(consumer.closed()).isTrue();
    }
}

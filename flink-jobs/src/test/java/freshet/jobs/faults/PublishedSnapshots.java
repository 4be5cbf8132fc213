package freshet.jobs.faults;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.local.BrokerTopics;
import freshet.serde.snapshot.SnapshotAssembler;
import freshet.serde.snapshot.SnapshotAssembly;
import freshet.serde.snapshot.SnapshotRecord;
import freshet.serde.snapshot.SnapshotVersion;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** What a topic of snapshots holds, for whoever reads all of it. */
final class PublishedSnapshots {
    private PublishedSnapshots() {}

    /** SHA-256 of each whole snapshot; fails where two of one version differ. */
    static SortedMap<SnapshotVersion, String> of(FreshetConfig config, BrokerTopics topics) {
        String topic = config.topics().snapshots();
        SnapshotAssembler assembler = new SnapshotAssembler();
        SortedMap<SnapshotVersion, String> found = new TreeMap<>();
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                config.kafka().forConsumers(), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            TopicPartition partition = new TopicPartition(topic, 0);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            while (consumer.position(partition) < topics.recordCount(topic)) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(500))) {
                    SnapshotAssembly outcome = assembler.accept(
                            new SnapshotRecord(new String(record.key(), StandardCharsets.UTF_8), record.value()));
                    if (outcome instanceof SnapshotAssembly.Complete whole) {
                        String sha256 = whole.snapshot().manifest().sha256();
                        String before = found.putIfAbsent(whole.snapshot().version(), sha256);
                        assertThat(before == null ? sha256 : before)
                                .as(
                                        "snapshot %s, written twice",
                                        whole.snapshot().version())
                                .isEqualTo(sha256);
                    }
                }
            }
        }
        return found;
    }
}

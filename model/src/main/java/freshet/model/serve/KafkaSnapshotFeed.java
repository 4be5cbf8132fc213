package freshet.model.serve;

import freshet.serde.snapshot.BadSnapshotException;
import freshet.serde.snapshot.SnapshotManifest;
import freshet.serde.snapshot.SnapshotRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * A snapshot topic in Kafka. Reads every partition by itself, without a consumer group: each server wants every snapshot, and
 * none of them keeps a position, since the topic's newest snapshot is the one to start with.
 */
public final class KafkaSnapshotFeed implements SnapshotFeed {

    /** Where to begin. */
    public enum Start {
        /** At the first record that the topic still has. */
        BEGINNING,
        /** At the newest whole snapshot, if it can be told from the topic's end; otherwise at the beginning. */
        NEWEST
    }

    /** The newest manifest is the last record, unless the publisher is at work: look a little further back each time. */
    private static final int FIRST_LOOK_BACK_RECORDS = 4;

    private static final int LOOK_BACK_GROWTH = 8;

    private static final long NONE = -1;
    private static final Duration POLL = Duration.ofMillis(500);
    private static final Duration LOOK_BACK_TIMEOUT = Duration.ofSeconds(30);

    private final Consumer<String, byte[]> consumer;
    private final String topic;
    private final Start start;
    private boolean assigned;

    /**
     * @param kafka properties of Kafka's consumer, at least {@code bootstrap.servers}
     * @param start where to begin
     */
    public static KafkaSnapshotFeed connect(Map<String, String> kafka, String topic, Start start) {
        Properties properties = new Properties();
        properties.putAll(kafka);
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
        properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, "false");
        properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        return new KafkaSnapshotFeed(
                new KafkaConsumer<>(properties, new StringDeserializer(), new ByteArrayDeserializer()), topic, start);
    }

    /** For tests, with Kafka's own mock. */
    KafkaSnapshotFeed(Consumer<String, byte[]> consumer, String topic, Start start) {
        this.consumer = consumer;
        this.topic = topic;
        this.start = start;
    }

    @Override
    public List<SnapshotRecord> poll(Duration timeout) {
        try {
            if (!assigned && !assign()) {
                // The topic is made with the trainer's job, which may come later than the servers.
                Thread.sleep(timeout.toMillis());
                return List.of();
            }
            List<SnapshotRecord> records = new ArrayList<>();
            for (ConsumerRecord<String, byte[]> record : consumer.poll(timeout)) {
                if (record.value() != null) {
                    records.add(new SnapshotRecord(record.key() == null ? "" : record.key(), record.value()));
                }
            }
            return records;
        } catch (WakeupException e) {
            return List.of();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return List.of();
        }
    }

    private boolean assign() {
        List<PartitionInfo> infos = consumer.partitionsFor(topic);
        if (infos == null || infos.isEmpty()) {
            return false;
        }
        List<TopicPartition> partitions = new ArrayList<>();
        for (PartitionInfo info : infos) {
            partitions.add(new TopicPartition(topic, info.partition()));
        }
        Map<TopicPartition, Long> offsets = new HashMap<>(consumer.beginningOffsets(partitions));
        if (start == Start.NEWEST) {
            partitions.forEach(partition -> offsets.computeIfPresent(partition, this::startOfNewest));
        }
        consumer.assign(partitions);
        offsets.forEach(consumer::seek);
        assigned = true;
        return true;
    }

    /** Looks for a manifest from the end of a partition backwards; the offset of the first of the chunks before it. */
    private long startOfNewest(TopicPartition partition, long begin) {
        long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, begin);
        consumer.assign(List.of(partition));
        long deadlineNanos = System.nanoTime() + LOOK_BACK_TIMEOUT.toNanos();
        for (long back = FIRST_LOOK_BACK_RECORDS; ; back *= LOOK_BACK_GROWTH) {
            long from = Math.max(begin, end - back);
            long found = NONE;
            consumer.seek(partition, from);
            while (consumer.position(partition) < end && System.nanoTime() < deadlineNanos) {
                for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL).records(partition)) {
                    if (record.key() != null && record.key().endsWith("/manifest") && record.value() != null) {
                        found = Math.max(found, startOf(record, begin));
                    }
                }
            }
            if (found != NONE) {
                return found;
            }
            if (from == begin || System.nanoTime() >= deadlineNanos) {
                return begin;
            }
        }
    }

    private static long startOf(ConsumerRecord<String, byte[]> manifest, long begin) {
        try {
            // Twice as far as needed, for records that stand there twice.
            int chunks = SnapshotManifest.parse(manifest.value()).chunks().size();
            return Math.max(begin, manifest.offset() - 2L * chunks);
        } catch (BadSnapshotException e) {
            return NONE;
        }
    }

    @Override
    public void wakeup() {
        consumer.wakeup();
    }

    @Override
    public void close() {
        consumer.close();
    }
}

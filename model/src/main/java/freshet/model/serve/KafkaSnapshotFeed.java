package freshet.model.serve;

import freshet.serde.snapshot.BadSnapshotException;
import freshet.serde.snapshot.RegistryEntry;
import freshet.serde.snapshot.SnapshotManifest;
import freshet.serde.snapshot.SnapshotRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.function.Predicate;
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
 * A model's topics in Kafka. Reads their partition 0 by itself, without a consumer group: each server wants everything, and none
 * keeps a position. A snapshot is found by looking for its manifest from the topic's end backwards.
 */
public final class KafkaSnapshotFeed implements SnapshotFeed {
    /** The newest manifest is the last record, unless the publisher is at work: look a little further back each time. */
    private static final int FIRST_LOOK_BACK_RECORDS = 4;

    private static final int LOOK_BACK_GROWTH = 8;

    private static final long NONE = -1;
    private static final Duration POLL = Duration.ofMillis(500);
    private static final Duration READ_TIMEOUT = Duration.ofSeconds(60);
    private static final long LOOK_FOR_TOPICS_NANOS = Duration.ofSeconds(1).toNanos();

    /** What is wanted of the snapshots, and holds for a topic that is not there yet. */
    private enum Wanted {
        NOTHING,
        NEWEST,
        ALL
    }

    private final Consumer<String, byte[]> consumer;
    private final FeedTopics topics;
    private final EnumMap<FeedTopic, TopicPartition> attached = new EnumMap<>(FeedTopic.class);
    private long lookAtNanos = System.nanoTime();
    private Wanted snapshots = Wanted.NOTHING;
    private boolean deltas;

    /** What was read and not handed out yet. */
    private final List<FeedRecord> read = new ArrayList<>();

    /**
     * @param kafka properties of Kafka's consumer, at least {@code bootstrap.servers}
     */
    public static KafkaSnapshotFeed connect(Map<String, String> kafka, FeedTopics topics) {
        Properties properties = new Properties();
        properties.putAll(kafka);
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
        properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, "false");
        properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        return new KafkaSnapshotFeed(
                new KafkaConsumer<>(properties, new StringDeserializer(), new ByteArrayDeserializer()), topics);
    }

    /** For tests, with Kafka's own mock. */
    KafkaSnapshotFeed(Consumer<String, byte[]> consumer, FeedTopics topics) {
        this.consumer = consumer;
        this.topics = topics;
    }

    @Override
    public List<FeedRecord> poll(Duration timeout) {
        try {
            attachWhatIsThere();
            if (attached.isEmpty()) {
                // The topics are made with the trainer's job, which may come later than the servers.
                Thread.sleep(timeout.toMillis());
            } else if (read.isEmpty()) {
                take(consumer.poll(timeout));
            }
        } catch (WakeupException e) {
            // Somebody wants to close this; what has been read is still right.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        List<FeedRecord> records = List.copyOf(read);
        read.clear();
        return records;
    }

    private void take(Iterable<ConsumerRecord<String, byte[]>> from) {
        for (ConsumerRecord<String, byte[]> record : from) {
            if (record.value() != null) {
                read.add(new FeedRecord(
                        topicOf(record),
                        record.offset(),
                        new SnapshotRecord(record.key() == null ? "" : record.key(), record.value())));
            }
        }
    }

    private FeedTopic topicOf(ConsumerRecord<String, byte[]> record) {
        for (FeedTopic topic : attached.keySet()) {
            if (topics.name(topic).equals(record.topic())) {
                return topic;
            }
        }
        throw new IllegalStateException(
                "reading topics: found a record of " + record.topic() + ", which was not asked for");
    }

    /** Takes up topics that have come to be, and reads what the registry holds already. */
    private void attachWhatIsThere() {
        if (attached.size() == FeedTopic.values().length || System.nanoTime() - lookAtNanos < 0) {
            return;
        }
        for (FeedTopic topic : FeedTopic.values()) {
            if (!attached.containsKey(topic) && exists(topics.name(topic))) {
                attach(topic);
            }
        }
        lookAtNanos = System.nanoTime() + LOOK_FOR_TOPICS_NANOS;
    }

    private boolean exists(String topic) {
        List<PartitionInfo> partitions = consumer.partitionsFor(topic);
        return partitions != null && !partitions.isEmpty();
    }

    private void attach(FeedTopic topic) {
        TopicPartition partition = new TopicPartition(topics.name(topic), 0);
        attached.put(topic, partition);
        consumer.assign(attached.values());
        try {
            switch (topic) {
                case REGISTRY -> readToEnd(partition, begin(partition), record -> take(List.of(record)));
                case SNAPSHOTS -> seekSnapshots(partition);
                case DELTAS -> seekDeltas(partition);
            }
        } catch (RuntimeException e) {
            // Not half attached: the next poll begins anew.
            attached.remove(topic);
            consumer.assign(attached.values());
            throw e;
        }
    }

    private void seekSnapshots(TopicPartition partition) {
        switch (snapshots) {
            case NOTHING -> consumer.pause(List.of(partition));
            case ALL -> seek(partition, begin(partition));
            case NEWEST -> {
                long found = lookBack(partition, manifest -> true);
                seek(partition, found == NONE ? begin(partition) : found);
            }
        }
    }

    private void seekDeltas(TopicPartition partition) {
        if (deltas) {
            seek(partition, begin(partition));
        } else {
            consumer.pause(List.of(partition));
        }
    }

    private void seek(TopicPartition partition, long offset) {
        consumer.seek(partition, offset);
        consumer.resume(List.of(partition));
    }

    @Override
    public void followSnapshots() {
        snapshots = Wanted.NEWEST;
        TopicPartition partition = attached.get(FeedTopic.SNAPSHOTS);
        if (partition != null) {
            seekSnapshots(partition);
        }
    }

    @Override
    public boolean seekSnapshot(RegistryEntry named) {
        snapshots = Wanted.ALL;
        TopicPartition partition = attached.get(FeedTopic.SNAPSHOTS);
        if (partition == null) {
            return false;
        }
        long end = end(partition);
        long found = lookBack(
                partition,
                manifest -> manifest.version().equals(named.version())
                        && manifest.sha256().equals(named.sha256()));
        seek(partition, found == NONE ? end : found);
        return found != NONE;
    }

    @Override
    public void restSnapshots() {
        snapshots = Wanted.NOTHING;
        TopicPartition partition = attached.get(FeedTopic.SNAPSHOTS);
        if (partition != null) {
            consumer.pause(List.of(partition));
        }
    }

    @Override
    public void seekDeltas() {
        deltas = true;
        TopicPartition partition = attached.get(FeedTopic.DELTAS);
        if (partition != null) {
            seekDeltas(partition);
        }
    }

    /** Looks for a manifest from the end backwards: the offset of the first of the chunks before the last that is wanted. */
    private long lookBack(TopicPartition partition, Predicate<SnapshotManifest> wanted) {
        long begin = begin(partition);
        long end = end(partition);
        for (long back = FIRST_LOOK_BACK_RECORDS; ; back *= LOOK_BACK_GROWTH) {
            long from = Math.max(begin, end - back);
            long[] found = {NONE};
            readToEnd(partition, from, record -> {
                if (record.key() != null && record.key().endsWith("/manifest") && record.value() != null) {
                    found[0] = Math.max(found[0], startOf(record, begin, wanted));
                }
            });
            if (found[0] != NONE || from == begin) {
                return found[0];
            }
        }
    }

    private static long startOf(ConsumerRecord<String, byte[]> record, long begin, Predicate<SnapshotManifest> wanted) {
        try {
            SnapshotManifest manifest = SnapshotManifest.parse(record.value());
            // Twice as far as needed, for records that stand there twice.
            return wanted.test(manifest)
                    ? Math.max(begin, record.offset() - 2L * manifest.chunks().size())
                    : NONE;
        } catch (BadSnapshotException e) {
            return NONE;
        }
    }

    private interface Reader {
        void accept(ConsumerRecord<String, byte[]> record);
    }

    /** Reads one partition from an offset to where it ends now, while the others wait. */
    private void readToEnd(TopicPartition partition, long from, Reader reader) {
        long end = end(partition);
        Set<TopicPartition> others = new HashSet<>(consumer.assignment());
        others.removeAll(consumer.paused());
        others.remove(partition);
        consumer.pause(others);
        try {
            seek(partition, from);
            long startNanos = System.nanoTime();
            while (consumer.position(partition) < end) {
                for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
                    reader.accept(record);
                    startNanos = System.nanoTime();
                }
                if (System.nanoTime() - startNanos > READ_TIMEOUT.toNanos()) {
                    throw new IllegalStateException("reading topic " + partition.topic() + " to offset " + end
                            + ": nothing has come for " + READ_TIMEOUT.toSeconds() + " s behind offset "
                            + consumer.position(partition) + "; do the brokers answer?");
                }
            }
        } finally {
            consumer.resume(others);
        }
    }

    private long begin(TopicPartition partition) {
        return consumer.beginningOffsets(List.of(partition)).getOrDefault(partition, 0L);
    }

    private long end(TopicPartition partition) {
        return consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
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

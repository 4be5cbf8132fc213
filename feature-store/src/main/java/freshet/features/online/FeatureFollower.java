package freshet.features.online;

import freshet.features.history.UserHistory;
import freshet.serde.feature.FeatureChange;
import freshet.serde.feature.FeatureState;
import freshet.serde.wire.Decoded;
import freshet.serde.wire.FeatureStateCodec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Properties;
import java.util.SortedMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps an {@link OnlineStore} up to date with the topics that the examples job writes for servers. Reads every partition, without
 * a consumer group, from where the store's content ends; so a restart reads nothing twice and misses nothing. Should a topic no
 * longer hold that place, it begins again at its start, which is right for a compacted topic: what is older than the store's is
 * recognised.
 *
 * <p>Works on a thread of its own, from {@link #start} to {@link #close}. When the brokers do not answer it tries again for ever,
 * and the store serves what it has. What cannot be read is counted and left out: the store keeps what it had of that key.
 */
public final class FeatureFollower implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(FeatureFollower.class);
    private static final Duration POLL = Duration.ofMillis(200);
    private static final long PAUSE_AFTER_FAILURE_MILLIS = 1_000;
    private static final long LOOK_FOR_PARTITIONS_NANOS = Duration.ofSeconds(60).toNanos();

    /**
     * How it goes.
     *
     * @param applied what became of the records so far
     * @param refused records that could not be read
     * @param behind records that the topics hold and the store does not yet; empty where nothing has been read
     * @param newestAsOfMillis the latest moment of any state read; empty before the first
     * @param lastProblem what went wrong last, in words; empty while nothing has
     */
    public record Status(
            OnlineStore.Applied applied,
            long refused,
            OptionalLong behind,
            OptionalLong newestAsOfMillis,
            Optional<String> lastProblem) {}

    private final Consumer<byte[], byte[]> consumer;
    private final List<String> topics;
    private final OnlineStore store;
    private final FeatureStateCodec codec = new FeatureStateCodec();
    private final Thread thread;
    private final CountDownLatch caughtUp = new CountDownLatch(1);
    private final CountDownLatch stopped = new CountDownLatch(1);

    /** Where the topics ended when they were first seen; empty before, and once the store has been there. */
    private Map<TopicPartition, Long> firstEnds = Map.of();

    private List<TopicPartition> assigned = List.of();
    private long lookedNanos;

    private volatile Status status = new Status(
            new OnlineStore.Applied(0, 0, 0), 0, OptionalLong.empty(), OptionalLong.empty(), Optional.empty());

    /**
     * @param kafka properties of Kafka's consumer, at least {@code bootstrap.servers}
     * @param topics of feature states; each may come into being later
     * @param store stays the caller's to close, after the follower
     */
    public static FeatureFollower connect(Properties kafka, List<String> topics, OnlineStore store) {
        Properties properties = new Properties();
        properties.putAll(kafka);
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
        properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, "false");
        return new FeatureFollower(
                new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer()),
                topics,
                store);
    }

    /** For tests, with Kafka's own mock. */
    FeatureFollower(Consumer<byte[], byte[]> consumer, List<String> topics, OnlineStore store) {
        this.consumer = consumer;
        this.topics = List.copyOf(topics);
        this.store = store;
        this.thread = new Thread(this::run, "feature-follower");
        thread.setDaemon(true);
    }

    /** Begins to follow; once. */
    public void start() {
        thread.start();
    }

    public Status status() {
        return status;
    }

    /**
     * Waits until the store has everything that the topics held when they were first seen.
     *
     * @return whether it has; false when the time was up first
     */
    public boolean awaitCaughtUp(Duration atMost) throws InterruptedException {
        return caughtUp.await(atMost.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void run() {
        try (consumer) {
            while (!isStopped()) {
                try {
                    step();
                } catch (WakeupException e) {
                    // asked to stop
                } catch (RuntimeException e) {
                    problem("following " + topics + ": " + e + "; trying again");
                    pause();
                    // What was polled and not stored must be polled again.
                    assigned = List.of();
                }
            }
        }
    }

    /** Reads once and stores what came. For the thread, and for tests that do without one. */
    void step() {
        if (assigned.isEmpty() || System.nanoTime() - lookedNanos > LOOK_FOR_PARTITIONS_NANOS) {
            assign();
        }
        if (assigned.isEmpty()) {
            pause();
            return;
        }
        List<FeatureChange> changes = new ArrayList<>();
        Map<OnlineStore.Partition, Long> offsets = new HashMap<>();
        long refused = status.refused();
        long newest = status.newestAsOfMillis().orElse(Long.MIN_VALUE);
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
            offsets.put(new OnlineStore.Partition(record.topic(), record.partition()), record.offset() + 1);
            FeatureChange change = change(record);
            if (change == null) {
                refused++;
            } else {
                changes.add(change);
                newest = change.state() == null
                        ? newest
                        : Math.max(newest, change.state().asOfMillis());
            }
        }
        OnlineStore.Applied applied = status.applied();
        if (!offsets.isEmpty()) {
            applied = applied.plus(store.apply(changes, offsets));
        }
        status = new Status(
                applied,
                refused,
                behind(),
                newest == Long.MIN_VALUE ? OptionalLong.empty() : OptionalLong.of(newest),
                status.lastProblem());
        lookWhetherCaughtUp();
    }

    /** Takes all partitions there are, each from where the store's content ends. */
    private void assign() {
        lookedNanos = System.nanoTime();
        List<TopicPartition> found = new ArrayList<>();
        for (String topic : topics) {
            List<PartitionInfo> infos = consumer.partitionsFor(topic);
            if (infos != null) {
                infos.forEach(info -> found.add(new TopicPartition(topic, info.partition())));
            }
        }
        if (found.size() == assigned.size()) {
            return;
        }
        SortedMap<OnlineStore.Partition, Long> stored = store.offsets();
        consumer.assign(found);
        for (TopicPartition partition : found) {
            Long offset = stored.get(new OnlineStore.Partition(partition.topic(), partition.partition()));
            if (offset == null) {
                consumer.seekToBeginning(List.of(partition));
            } else {
                consumer.seek(partition, offset);
            }
        }
        if (caughtUp.getCount() > 0) {
            firstEnds = consumer.endOffsets(found);
        }
        assigned = found;
    }

    private @Nullable FeatureChange change(ConsumerRecord<byte[], byte[]> record) {
        String at = record.topic() + "/" + record.partition() + "@" + record.offset();
        if (record.value() == null) {
            Decoded<FeatureState.Key> key =
                    FeatureStateCodec.decodeKey(record.key() == null ? new byte[0] : record.key());
            if (key instanceof Decoded.Value<FeatureState.Key> good) {
                return FeatureChange.forget(good.value());
            }
            problem("reading " + at + ": " + ((Decoded.Bad<FeatureState.Key>) key).detail());
            return null;
        }
        Decoded<FeatureState> state = codec.decode(record.value());
        if (state instanceof Decoded.Bad<FeatureState> bad) {
            problem("reading " + at + ": " + bad.detail());
            return null;
        }
        FeatureState good = ((Decoded.Value<FeatureState>) state).value();
        try {
            // Read now what a request would read, so that a newer layout is refused here and not there.
            UserHistory.decode(good.state());
            return FeatureChange.to(good);
        } catch (IllegalStateException e) {
            problem("reading " + at + ": " + e.getMessage());
            return null;
        }
    }

    private OptionalLong behind() {
        long behind = 0;
        for (TopicPartition partition : assigned) {
            OptionalLong lag = consumer.currentLag(partition);
            if (lag.isEmpty()) {
                return OptionalLong.empty();
            }
            behind += lag.getAsLong();
        }
        return OptionalLong.of(behind);
    }

    private void lookWhetherCaughtUp() {
        if (caughtUp.getCount() > 0
                && firstEnds.entrySet().stream().allMatch(end -> consumer.position(end.getKey()) >= end.getValue())) {
            firstEnds = Map.of();
            caughtUp.countDown();
        }
    }

    private void problem(String text) {
        Status before = status;
        status = new Status(
                before.applied(), before.refused(), before.behind(), before.newestAsOfMillis(), Optional.of(text));
        LOG.warn("{}", text);
    }

    private boolean isStopped() {
        return stopped.getCount() == 0;
    }

    private void pause() {
        try {
            stopped.await(PAUSE_AFTER_FAILURE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            stopped.countDown();
        }
    }

    /** Stops to follow; what was read is in the store. */
    @Override
    public void close() {
        stopped.countDown();
        if (thread.getState() == Thread.State.NEW) {
            consumer.close();
            return;
        }
        consumer.wakeup();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

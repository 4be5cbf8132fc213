package freshet.jobs.faults;

import freshet.jobs.config.FreshetConfig;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Kills a publisher while it writes: when some of the records of a snapshot or a delta have come, and its manifest, the last of
 * them, has not.
 */
final class RecordTrap {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final String MANIFEST = "/manifest";

    private RecordTrap() {}

    /**
     * Waits for records, kills, and says what had been written by then.
     *
     * @param topic of snapshots or of deltas
     * @param records so many of one batch must have come; 1 and more
     * @param go done first: what comes before it does not count
     */
    static void kill(FreshetConfig config, String topic, int records, FaultScript.Action go, Process victim)
            throws Exception {
        TopicPartition partition = new TopicPartition(topic, 0);
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                config.kafka().forConsumers(), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(List.of(partition));
            consumer.seekToEnd(List.of(partition));
            consumer.position(partition); // or it would be looked up only when asked for records
            go.run();
            int seen = 0;
            long endNanos = System.nanoTime() + PATIENCE.toNanos();
            while (System.nanoTime() < endNanos) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
                    seen = isManifest(record) ? 0 : seen + 1;
                    if (seen == records) {
                        victim.destroyForcibly().onExit().join();
                        long after = consumer.endOffsets(List.of(partition))
                                        .values()
                                        .iterator()
                                        .next()
                                - record.offset()
                                - 1;
                        System.out.printf(
                                Locale.ROOT,
                                "  killed at record %d of those of %s, when there were %d more%n",
                                seen,
                                new String(record.key(), StandardCharsets.UTF_8),
                                after);
                        return;
                    }
                }
            }
        }
        throw new AssertionError(
                "waiting for " + records + " records of one batch in " + topic + ": found none in " + PATIENCE);
    }

    private static boolean isManifest(ConsumerRecord<byte[], byte[]> record) {
        return new String(record.key(), StandardCharsets.UTF_8).endsWith(MANIFEST);
    }
}

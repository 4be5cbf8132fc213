package freshet.jobs.publish;

import freshet.jobs.config.KafkaConfig;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * The partition that everything about a model is in, since its records keep an order. Each call has a connection of its own;
 * safe on any thread.
 */
final class FirstPartition {
    static final int NUMBER = 0;

    private static final Duration POLL = Duration.ofMillis(500);

    private FirstPartition() {}

    /**
     * Every record that has a key and a value, from the first one to the last as of now. What compaction leaves of a key that
     * was deleted has no value.
     *
     * @throws IllegalStateException when the brokers do not answer
     */
    static void forEach(KafkaConfig kafka, String topic, Consumer<ConsumerRecord<byte[], byte[]>> each) {
        TopicPartition partition = new TopicPartition(topic, NUMBER);
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(kafka.forConsumers(), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
            while (consumer.position(partition) < end) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                    if (record.key() != null && record.value() != null) {
                        each.accept(record);
                    }
                }
            }
        } catch (KafkaException e) {
            throw new IllegalStateException(
                    "reading topic " + topic + " at " + kafka.bootstrapServers() + ": " + e.getMessage()
                            + "; do the topic and the permission exist?",
                    e);
        }
    }
}

package freshet.jobs.publish;

import freshet.jobs.config.KafkaConfig;
import freshet.serde.snapshot.SnapshotRecord;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

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
     * was deleted has no value; what a transaction has not committed does not count.
     *
     * @return the offset behind the last one: where the next record goes, unless a transaction is open
     * @throws IllegalStateException when the brokers do not answer
     */
    static long forEach(KafkaConfig kafka, String topic, Consumer<ConsumerRecord<byte[], byte[]>> each) {
        return forEach(kafka, topic, 0, record -> {
            each.accept(record);
            return true;
        });
    }

    /** The same from an offset on, or from the oldest record if that one is gone, for as long as the receiver wants more. */
    static long forEach(
            KafkaConfig kafka, String topic, long fromOffset, Predicate<ConsumerRecord<byte[], byte[]>> each) {
        TopicPartition partition = new TopicPartition(topic, NUMBER);
        Properties properties = kafka.forConsumers();
        properties.setProperty(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(List.of(partition));
            long oldest = consumer.beginningOffsets(List.of(partition)).getOrDefault(partition, 0L);
            consumer.seek(partition, Math.max(oldest, fromOffset));
            long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
            while (consumer.position(partition) < end) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                    if (record.key() != null && record.value() != null && !each.test(record)) {
                        return record.offset() + 1;
                    }
                }
            }
            return consumer.position(partition);
        } catch (KafkaException e) {
            throw new IllegalStateException(
                    "reading topic " + topic + " at " + kafka.bootstrapServers() + ": " + e.getMessage()
                            + "; do the topic and the permission exist?",
                    e);
        }
    }

    /**
     * Writes records in their order, each acknowledged before the next is sent.
     *
     * @return the offset of the last one; -1 without records
     * @throws IllegalStateException when the brokers do not take them
     */
    static long write(KafkaConfig kafka, String topic, List<SnapshotRecord> records) {
        Properties properties = kafka.forProducers();
        properties.setProperty(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, "true");
        properties.setProperty(ProducerConfig.ACKS_CONFIG, "all");
        long offset = -1;
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer())) {
            for (SnapshotRecord record : records) {
                byte[] key = record.key().getBytes(StandardCharsets.UTF_8);
                offset = producer.send(new ProducerRecord<>(topic, NUMBER, key, record.value()))
                        .get()
                        .offset();
            }
            return offset;
        } catch (ExecutionException e) {
            throw new IllegalStateException(
                    "writing topic " + topic + " at " + kafka.bootstrapServers() + ": " + e.getCause()
                            + "; does the topic exist, and may this user write to it?",
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("writing topic " + topic + ": interrupted", e);
        }
    }
}

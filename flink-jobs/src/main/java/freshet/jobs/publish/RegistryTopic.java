package freshet.jobs.publish;

import freshet.jobs.config.KafkaConfig;
import freshet.serde.snapshot.BadSnapshotException;
import freshet.serde.snapshot.Registry;
import freshet.serde.snapshot.SnapshotRecord;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * The registry topic, read and written whole, for commands, the gate and trainers that start. Everything is in partition 0.
 * Each call has a connection of its own; safe on any thread.
 */
public final class RegistryTopic {
    private final KafkaConfig kafka;
    private final String topic;

    public RegistryTopic(KafkaConfig kafka, String topic) {
        this.kafka = kafka;
        this.topic = topic;
    }

    /**
     * What the topic says now.
     *
     * @param problems told of records that are none of the registry's; they are passed over
     * @throws IllegalStateException when the brokers do not answer
     */
    public Registry read(Consumer<String> problems) {
        Reading reading = new Reading(problems);
        FirstPartition.forEach(kafka, topic, reading::accept);
        return reading.registry;
    }

    private static final class Reading {
        private final Consumer<String> problems;
        private Registry registry = Registry.EMPTY;

        Reading(Consumer<String> problems) {
            this.problems = problems;
        }

        void accept(ConsumerRecord<byte[], byte[]> record) {
            try {
                String key = new String(record.key(), StandardCharsets.UTF_8);
                registry = registry.with(new SnapshotRecord(key, record.value()), record.offset());
            } catch (BadSnapshotException e) {
                problems.accept("registry, offset " + record.offset() + ": " + e.getMessage());
            }
        }
    }

    /**
     * Writes records in their order, each acknowledged before the next is sent.
     *
     * @return the offset of the last one; -1 without records
     */
    public long write(List<SnapshotRecord> records) {
        Properties properties = kafka.forProducers();
        properties.setProperty(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, "true");
        properties.setProperty(ProducerConfig.ACKS_CONFIG, "all");
        long offset = -1;
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer())) {
            for (SnapshotRecord record : records) {
                byte[] key = record.key().getBytes(StandardCharsets.UTF_8);
                offset = producer.send(new ProducerRecord<>(topic, FirstPartition.NUMBER, key, record.value()))
                        .get()
                        .offset();
            }
            return offset;
        } catch (ExecutionException e) {
            throw new IllegalStateException(
                    "writing the registry, topic " + topic + " at " + kafka.bootstrapServers() + ": " + e.getCause()
                            + "; does the topic exist, and may this user write to it?",
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("writing the registry: interrupted", e);
        }
    }
}

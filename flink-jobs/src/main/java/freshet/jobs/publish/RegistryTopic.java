package freshet.jobs.publish;

import freshet.jobs.config.KafkaConfig;
import freshet.serde.snapshot.BadSnapshotException;
import freshet.serde.snapshot.Registry;
import freshet.serde.snapshot.SnapshotRecord;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;

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
        return FirstPartition.write(kafka, topic, records);
    }
}

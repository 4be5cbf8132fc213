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
        return readWithEnd(problems).registry();
    }

    /**
     * What the topic says, and where it ended when it said so.
     *
     * @param endOffset where the next record would go
     */
    public record Reading(Registry registry, long endOffset) {}

    /** As {@link #read}, for somebody who wants to know before writing whether anything has been written since. */
    public Reading readWithEnd(Consumer<String> problems) {
        Records records = new Records(problems);
        long end = FirstPartition.forEach(kafka, topic, records::accept);
        return new Reading(records.registry, end);
    }

    private static final class Records {
        private final Consumer<String> problems;
        private Registry registry = Registry.EMPTY;

        Records(Consumer<String> problems) {
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

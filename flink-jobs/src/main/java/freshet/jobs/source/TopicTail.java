package freshet.jobs.source;

import freshet.jobs.config.KafkaConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** The newest records of a topic, for people who want to look at some. */
public final class TopicTail {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private TopicTail() {}

    /**
     * The records that were the newest of each partition when this was called, partition by partition, oldest first. Joins no
     * group and commits nothing.
     *
     * @param most how many of each partition, at least 1
     * @throws IllegalStateException when the topic does not exist or the brokers do not answer
     */
    public static List<ConsumerRecord<byte[], byte[]>> of(KafkaConfig kafka, String topic, int most) {
        List<TopicPartition> partitions = IntStream.range(0, KafkaTopics.partitions(kafka, topic))
                .mapToObj(partition -> new TopicPartition(topic, partition))
                .toList();
        Properties properties = kafka.forConsumers();
        properties.setProperty(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
        List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(partitions);
            Map<TopicPartition, Long> oldest = consumer.beginningOffsets(partitions, PATIENCE);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions, PATIENCE);
            ends.forEach((partition, end) ->
                    consumer.seek(partition, Math.max(Objects.requireNonNull(oldest.get(partition)), end - most)));
            Map<TopicPartition, Long> missing = new HashMap<>(ends);
            missing.entrySet().removeIf(one -> consumer.position(one.getKey(), PATIENCE) >= one.getValue());
            while (!missing.isEmpty()) {
                ConsumerRecords<byte[], byte[]> some = consumer.poll(PATIENCE);
                for (ConsumerRecord<byte[], byte[]> record : some) {
                    TopicPartition partition = new TopicPartition(record.topic(), record.partition());
                    if (record.offset() < Objects.requireNonNull(ends.get(partition))) {
                        records.add(record);
                    }
                }
                missing.entrySet().removeIf(one -> consumer.position(one.getKey(), PATIENCE) >= one.getValue());
                if (some.isEmpty() && !missing.isEmpty()) {
                    throw new IllegalStateException("reading " + topic + " at " + kafka.bootstrapServers()
                            + ": found no record for " + PATIENCE.toSeconds() + " s, expected those up to " + missing);
                }
            }
        }
        records.sort(Comparator.<ConsumerRecord<byte[], byte[]>>comparingInt(ConsumerRecord::partition)
                .thenComparingLong(ConsumerRecord::offset));
        return records;
    }
}

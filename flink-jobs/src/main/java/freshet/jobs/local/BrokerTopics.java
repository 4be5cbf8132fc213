package freshet.jobs.local;

import freshet.jobs.source.KafkaTopics;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;

/** The topics of a broker of our own, in this process or another, for whoever runs it. Safe on any thread. */
public final class BrokerTopics implements AutoCloseable {
    private final Admin admin;

    /**
     * @param bootstrapServers of a broker that need not be up yet
     */
    public BrokerTopics(String bootstrapServers) {
        this(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers));
    }

    /**
     * @param admin properties of an admin client
     */
    public BrokerTopics(Map<?, ?> admin) {
        Properties properties = new Properties();
        properties.putAll(admin);
        this.admin = Admin.create(properties);
    }

    /**
     * Commits an offset of a group that nobody is in, so that the broker makes its offsets topic now. Flink's source fails
     * a task, about once in twenty-five starts, when its first commit meets a broker that is still making it.
     */
    public void createOffsetsTopic() {
        String topic = "freshet.warm-up";
        create(topic, 1, Map.of());
        await(
                admin.alterConsumerGroupOffsets(topic, Map.of(new TopicPartition(topic, 0), new OffsetAndMetadata(0)))
                        .all(),
                "committing a first offset");
    }

    /** Creates a topic; one that is there already stays as it is. */
    public void create(String name, int partitions, Map<String, String> settings) {
        try {
            KafkaTopics.createIfMissing(admin, new NewTopic(name, partitions, (short) 1).configs(settings));
        } catch (ExecutionException e) {
            throw new IllegalStateException("creating the topic " + name + ": " + e.getCause(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("creating the topic " + name + ": interrupted", e);
        }
    }

    /** How many records a topic has had, over all partitions; transaction markers count too. */
    public long recordCount(String topic) {
        return ends(topic).values().stream().mapToLong(Long::longValue).sum();
    }

    /** Behind the last record of each partition. */
    public Map<TopicPartition, Long> ends(String topic) {
        Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
        partitions(topic).forEach(partition -> latest.put(partition, OffsetSpec.latest()));
        Map<TopicPartition, Long> ends = new HashMap<>();
        await(admin.listOffsets(latest).all(), "listing offsets of " + topic)
                .forEach((partition, end) -> ends.put(partition, end.offset()));
        return ends;
    }

    /** How many records lie behind what a group has committed, over all its partitions. */
    public long lag(String group) {
        Map<TopicPartition, OffsetAndMetadata> committed =
                await(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata(), "offsets of " + group);
        Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
        committed.keySet().forEach(partition -> latest.put(partition, OffsetSpec.latest()));
        long ends = await(admin.listOffsets(latest).all(), "ends of the partitions of " + group).values().stream()
                .mapToLong(end -> end.offset())
                .sum();
        return ends
                - committed.values().stream()
                        .mapToLong(OffsetAndMetadata::offset)
                        .sum();
    }

    /** Deletes every record that a topic has now, as retention does when they are too old. */
    public void deleteRecords(String topic) {
        Map<TopicPartition, RecordsToDelete> before = new HashMap<>();
        ends(topic).forEach((partition, end) -> before.put(partition, RecordsToDelete.beforeOffset(end)));
        await(admin.deleteRecords(before).all(), "deleting the records of " + topic);
    }

    private List<TopicPartition> partitions(String topic) {
        List<TopicPartition> partitions = new ArrayList<>();
        for (TopicDescription description : await(
                        admin.describeTopics(List.of(topic)).allTopicNames(), "describing " + topic)
                .values()) {
            description
                    .partitions()
                    .forEach(partition -> partitions.add(new TopicPartition(topic, partition.partition())));
        }
        return partitions;
    }

    private static <T> T await(KafkaFuture<T> future, String doing) {
        try {
            return future.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(doing + ": " + e.getCause(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(doing + ": interrupted", e);
        }
    }

    @Override
    public void close() {
        admin.close();
    }
}

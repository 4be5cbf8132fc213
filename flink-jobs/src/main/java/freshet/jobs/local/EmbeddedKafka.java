package freshet.jobs.local;

import freshet.jobs.source.KafkaTopics;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;

/**
 * A real Kafka broker in this process: a {@link KafkaNode} on two free ports of the loopback interface, its data in a folder
 * of its own that goes when it is closed. Topics exist only when created. Safe on any thread.
 */
public final class EmbeddedKafka implements AutoCloseable {
    /** Between asking for a free port and using it somebody else may take it; then another pair is tried. */
    private static final int ATTEMPTS = 3;

    private final Path folder;
    private final KafkaNode node;
    private final Admin admin;
    private final AtomicBoolean closed = new AtomicBoolean();

    private EmbeddedKafka(Path folder, KafkaNode node) {
        this.folder = folder;
        this.node = node;
        this.admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, node.bootstrapServers()));
    }

    /**
     * Starts a broker and waits until it answers.
     *
     * @param folder for its data; made where it is missing, must be empty, removed on {@link #close}
     * @throws CannotStartException in words for people
     */
    public static EmbeddedKafka start(Path folder) {
        for (int attempt = 1; ; attempt++) {
            try {
                return start(folder, Machine.freePort(), Machine.freePort());
            } catch (CannotStartException e) {
                throw e;
            } catch (RuntimeException e) {
                Machine.removeFolder(folder);
                if (attempt == ATTEMPTS) {
                    throw new CannotStartException("the Kafka broker does not start: " + e, e);
                }
            }
        }
    }

    private static EmbeddedKafka start(Path folder, int port, int controllerPort) {
        KafkaNode node = KafkaNode.start(folder, port, controllerPort);
        try {
            EmbeddedKafka kafka = new EmbeddedKafka(folder, node);
            kafka.createOffsetsTopic();
            return kafka;
        } catch (RuntimeException e) {
            node.close();
            throw e;
        }
    }

    /**
     * Commits an offset of a group that nobody is in, so that the broker makes its offsets topic now. Flink's source fails
     * a task, about once in twenty-five starts, when its first commit meets a broker that is still making it.
     */
    private void createOffsetsTopic() {
        String topic = "freshet.warm-up";
        createTopic(topic, 1, Map.of());
        await(
                admin.alterConsumerGroupOffsets(topic, Map.of(new TopicPartition(topic, 0), new OffsetAndMetadata(0)))
                        .all(),
                "committing a first offset");
    }

    /** Creates a topic; one that is there already stays as it is. */
    public void createTopic(String name, int partitions, Map<String, String> settings) {
        try {
            KafkaTopics.createIfMissing(admin, new NewTopic(name, partitions, (short) 1).configs(settings));
        } catch (ExecutionException e) {
            throw new IllegalStateException("creating the topic " + name + ": " + e.getCause(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("creating the topic " + name + ": interrupted", e);
        }
    }

    /** The address that clients are given. */
    public String bootstrapServers() {
        return node.bootstrapServers();
    }

    /** How many records a topic holds, over all partitions; transaction markers count too. */
    public long recordCount(String topic) {
        List<TopicPartition> partitions = new ArrayList<>();
        for (TopicDescription description : await(
                        admin.describeTopics(List.of(topic)).allTopicNames(), "describing " + topic)
                .values()) {
            description
                    .partitions()
                    .forEach(partition -> partitions.add(new TopicPartition(topic, partition.partition())));
        }
        Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
        partitions.forEach(partition -> latest.put(partition, OffsetSpec.latest()));
        return await(admin.listOffsets(latest).all(), "listing offsets of " + topic).values().stream()
                .mapToLong(offset -> offset.offset())
                .sum();
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
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        admin.close();
        node.close();
        Machine.removeFolder(folder);
    }
}

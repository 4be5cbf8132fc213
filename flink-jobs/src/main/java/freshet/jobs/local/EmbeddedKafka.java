package freshet.jobs.local;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.MetadataVersion;

/**
 * A real Kafka broker in this process: one KRaft node, broker and controller in one, on two free ports of the loopback
 * interface, its data in a folder of its own that goes when it is closed. Nothing replicates, and topics exist only when
 * created. Safe on any thread.
 */
public final class EmbeddedKafka implements AutoCloseable {
    private static final int NODE = 1;

    /** Between asking for a free port and using it somebody else may take it; then another pair is tried. */
    private static final int ATTEMPTS = 3;

    private final Path folder;
    private final KafkaRaftServer server;
    private final String bootstrapServers;
    private final Admin admin;
    private final AtomicBoolean closed = new AtomicBoolean();

    private EmbeddedKafka(Path folder, KafkaRaftServer server, String bootstrapServers) {
        this.folder = folder;
        this.server = server;
        this.bootstrapServers = bootstrapServers;
        this.admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers));
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
        format(folder);
        KafkaRaftServer server = new KafkaRaftServer(
                KafkaConfig.fromProps(properties(folder, port, controllerPort), false), Time.SYSTEM);
        try {
            server.startup();
            EmbeddedKafka kafka = new EmbeddedKafka(folder, server, "127.0.0.1:" + port);
            kafka.createOffsetsTopic();
            return kafka;
        } catch (RuntimeException e) {
            server.shutdown();
            throw e;
        }
    }

    private static Properties properties(Path folder, int port, int controllerPort) {
        Properties properties = new Properties();
        properties.putAll(Map.of(
                "process.roles",
                "broker,controller",
                "node.id",
                String.valueOf(NODE),
                "controller.listener.names",
                "CONTROLLER",
                "listeners",
                "PLAINTEXT://127.0.0.1:" + port + ",CONTROLLER://127.0.0.1:" + controllerPort,
                "advertised.listeners",
                "PLAINTEXT://127.0.0.1:" + port,
                "listener.security.protocol.map",
                "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
                "controller.quorum.voters",
                NODE + "@127.0.0.1:" + controllerPort,
                "log.dirs",
                folder.toString()));
        properties.putAll(Map.of(
                "auto.create.topics.enable", "false",
                "group.initial.rebalance.delay.ms", "0",
                "transaction.max.timeout.ms", "3600000",
                "offsets.topic.replication.factor", "1",
                "offsets.topic.num.partitions", "4",
                "transaction.state.log.replication.factor", "1",
                "transaction.state.log.min.isr", "1",
                "transaction.state.log.num.partitions", "4",
                "share.coordinator.state.topic.replication.factor", "1",
                "share.coordinator.state.topic.min.isr", "1"));
        return properties;
    }

    private static void format(Path folder) {
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        try {
            Files.createDirectories(folder);
            new Formatter()
                    .setClusterId(Uuid.randomUuid().toString())
                    .setNodeId(NODE)
                    .setControllerListenerName("CONTROLLER")
                    .setDirectories(List.of(folder.toString()))
                    .setMetadataLogDirectory(folder.toString())
                    .setIgnoreFormatted(false)
                    .setReleaseVersion(MetadataVersion.latestProduction())
                    .setUnstableFeatureVersionsEnabled(false)
                    .setPrintStream(new PrintStream(said, true, StandardCharsets.UTF_8))
                    .run();
        } catch (Exception e) {
            throw new CannotStartException(
                    "the Kafka broker cannot use the folder " + folder + ": " + e.getMessage() + " "
                            + said.toString(StandardCharsets.UTF_8).strip(),
                    e);
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
            admin.createTopics(List.of(new NewTopic(name, partitions, (short) 1).configs(settings)))
                    .all()
                    .get();
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof TopicExistsException)) {
                throw new IllegalStateException("creating the topic " + name + ": " + e.getCause(), e);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("creating the topic " + name + ": interrupted", e);
        }
    }

    /** The address that clients are given. */
    public String bootstrapServers() {
        return bootstrapServers;
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
        server.shutdown();
        server.awaitShutdown();
        Machine.removeFolder(folder);
    }
}

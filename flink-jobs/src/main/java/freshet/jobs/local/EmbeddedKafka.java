package freshet.jobs.local;

import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A real Kafka broker in this process: a {@link KafkaNode} on two free ports of the loopback interface, its data in a folder
 * of its own that goes when it is closed. Topics exist only when created. Safe on any thread.
 */
public final class EmbeddedKafka implements AutoCloseable {
    /** Between asking for a free port and using it somebody else may take it; then another pair is tried. */
    private static final int ATTEMPTS = 3;

    private final Path folder;
    private final KafkaNode node;
    private final BrokerTopics topics;
    private final AtomicBoolean closed = new AtomicBoolean();

    private EmbeddedKafka(Path folder, KafkaNode node) {
        this.folder = folder;
        this.node = node;
        this.topics = new BrokerTopics(node.bootstrapServers());
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
            kafka.topics.createOffsetsTopic();
            return kafka;
        } catch (RuntimeException e) {
            node.close();
            throw e;
        }
    }

    /** Creates a topic; one that is there already stays as it is. */
    public void createTopic(String name, int partitions, Map<String, String> settings) {
        topics.create(name, partitions, settings);
    }

    /** The address that clients are given. */
    public String bootstrapServers() {
        return node.bootstrapServers();
    }

    /** How many records a topic has had, over all partitions; transaction markers count too. */
    public long recordCount(String topic) {
        return topics.recordCount(topic);
    }

    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        topics.close();
        node.close();
        Machine.removeFolder(folder);
    }
}

package freshet.jobs.faults;

import freshet.jobs.local.BrokerTopics;
import freshet.jobs.local.KafkaNode;
import freshet.jobs.local.Machine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/**
 * A Kafka broker as a process of its own, which can be killed as the kernel kills and started again on the same folder and
 * ports. Each start writes a log of its own into a second folder.
 */
final class BrokerProcess implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final Path data;
    private final Path logs;
    private final int port = Machine.freePort();
    private final int controllerPort = Machine.freePort();
    private final Class<?> main;
    private final BrokerTopics topics;
    private Process process;
    private int starts;

    /**
     * Starts it and waits until it answers.
     *
     * @param data of the broker: an empty folder, which may be a small disk
     * @param logs where {@code broker-<start>.log} and {@code .out} go
     */
    BrokerProcess(Path data, Path logs) throws IOException {
        this(data, logs, KafkaNode.class, Map.of());
    }

    /**
     * As {@link #BrokerProcess(Path, Path)}.
     *
     * @param main which takes the arguments of {@link KafkaNode#main}
     * @param login what its clients need besides its address
     */
    BrokerProcess(Path data, Path logs, Class<?> main, Map<?, ?> login) throws IOException {
        this.data = data;
        this.logs = logs;
        this.main = main;
        Map<Object, Object> admin = new HashMap<>(login);
        admin.put("bootstrap.servers", bootstrapServers());
        topics = new BrokerTopics(admin);
        Files.createDirectories(logs);
        process = launch();
        awaitAnswer();
        topics.createOffsetsTopic();
    }

    private Process launch() throws IOException {
        String name = "broker-" + ++starts;
        return JavaProcess.start(
                logs,
                name,
                Map.of(),
                List.of("-Xmx256m"),
                main.getName(),
                List.of(data.toString(), "" + port, "" + controllerPort));
    }

    /** A process that ends before it answers is a fault of the test: its log says why. */
    private void awaitAnswer() {
        Awaitility.await("the broker of " + data + " to answer; see " + logs)
                .atMost(PATIENCE)
                .failFast("the broker has ended; see " + logs, () -> !process.isAlive())
                .until(() -> JavaProcess.answers(port));
    }

    String bootstrapServers() {
        return "127.0.0.1:" + port;
    }

    /** While it is away, questions wait, and fail after a minute. */
    BrokerTopics topics() {
        return topics;
    }

    long pid() {
        return process.pid();
    }

    void kill() {
        process.destroyForcibly().onExit().join();
    }

    /** Starts it again on what its folder then holds; when this returns it answers. */
    void startAgain() throws IOException {
        process = launch();
        awaitAnswer();
    }

    /** Its exit code once it has ended by itself; empty if it runs on for so long. */
    Optional<Integer> awaitEnd(Duration atMost) throws InterruptedException {
        return process.waitFor(atMost.toMillis(), TimeUnit.MILLISECONDS)
                ? Optional.of(process.exitValue())
                : Optional.empty();
    }

    @Override
    public void close() {
        topics.close();
        kill();
    }
}

package freshet.jobs.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import freshet.jobs.config.FreshetConfig;
import freshet.jobs.config.TopicPlan;
import freshet.jobs.local.EmbeddedKafka;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The doctor against real brokers with right and wrong topics, and against nobody. */
class DoctorCommandTest {
    @TempDir
    Path folder;

    private final StringWriter out = new StringWriter();

    private int doctor(String... arguments) {
        CommandLine command = Main.commandLine();
        out.getBuffer().setLength(0);
        command.setOut(new PrintWriter(out, true));
        return command.execute(arguments);
    }

    private String config(String brokers, String more) throws IOException {
        return Files.writeString(folder.resolve("tiny.yaml"), """
                name: tiny
                kafka: {bootstrap.servers: '%s'}
                tasks: [{name: click, label: {kind: click}, horizon: 10m, loss: logistic}]
                features: {ids: [{name: user, field: user_id}]}
                model: {embeddings: [{feature: user, dim: 4}], bottom: [4], tower: [4]}
                """.formatted(brokers) + more)
                .toString();
    }

    private List<String> lines(String grade) {
        return out.toString().lines().filter(line -> line.startsWith(grade)).toList();
    }

    @Test
    void wrongTopicsAreFoundAndRightOnesAreNot() throws IOException {
        try (EmbeddedKafka kafka = EmbeddedKafka.start(folder.resolve("kafka"))) {
            String file = config(kafka.bootstrapServers(), "");
            FreshetConfig tiny = FreshetConfig.load(Path.of(file));
            Map<String, String> smallRecords =
                    Map.of("cleanup.policy", "delete", "retention.ms", "3600000", "max.message.bytes", "100000");
            kafka.createTopic("freshet.snapshots", 3, smallRecords);
            kafka.createTopic("freshet.model_registry", 1, Map.of("cleanup.policy", "delete"));
            kafka.createTopic("freshet.impressions", 2, Map.of("retention.ms", "60000"));
            TopicPlan.of(tiny.topics()).stream()
                    .filter(plan -> !plan.name().equals("freshet.feedback"))
                    .forEach(plan -> kafka.createTopic(plan.name(), 1, plan.settings()));

            assertThat(doctor("doctor", "--config", file, "--folder", folder.toString()))
                    .isEqualTo(1);
            assertThat(lines("FAIL"))
                    .satisfiesExactly(
                            line -> assertThat(line).contains("freshet.impressions", "kept 1m", "10m or more"),
                            line -> assertThat(line)
                                    .contains("freshet.feedback", "found none", "freshet topics --create"),
                            line -> assertThat(line).contains("freshet.snapshots", "kept 1h", "2h or more"),
                            line -> assertThat(line).contains("freshet.snapshots", "max.message.bytes 100000"),
                            line -> assertThat(line).contains("freshet.model_registry", "delete, expected compact"));
            assertThat(lines("WARN"))
                    .anySatisfy(line -> assertThat(line).contains("1 broker"))
                    .anySatisfy(line -> assertThat(line).contains("freshet.snapshots", "3 partitions"));
            assertThat(lines("NOTE"))
                    .anySatisfy(line -> assertThat(line).contains("no authoriser"))
                    .anySatisfy(line -> assertThat(line).contains("clocks", "not compared"));
            assertThat(lines("OK"))
                    .anySatisfy(line -> assertThat(line).contains("metadata.version 4.2"))
                    .anySatisfy(line -> assertThat(line).contains("freshet.examples", "kept 7d"))
                    .anySatisfy(line -> assertThat(line).contains("java"));

            // Of the same brokers, a job whose topics are right.
            kafka.createTopic("freshet.feedback", 1, Map.of());
            assertThat(doctor("doctor", "--config", file, "--job", "gate"))
                    .as("snapshots and registry are the gate's")
                    .isEqualTo(1);
            assertThat(out.toString()).doesNotContain("freshet.impressions", "freshet.late");
        }
    }

    @Test
    void aRegistryThatAnswersIsAskedForTheSubjects() throws IOException {
        HttpServer registry = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        registry.createContext("/subjects", exchange -> {
            byte[] body = "[\"freshet.impressions-value\"]".getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        registry.start();
        String more = """
                schema_registry: {url: 'http://127.0.0.1:%d/'}
                events: {impressions: {format: confluent}, feedback: {format: confluent}}
                """.formatted(registry.getAddress().getPort());
        try {
            assertThat(doctor("doctor", "--config", config("no.such.host.invalid:9092", more)))
                    .isEqualTo(1);
            assertThat(lines("WARN")).anySatisfy(line -> assertThat(line).contains("freshet.feedback-value"));
            assertThat(out.toString()).doesNotContain("freshet.impressions-value");
        } finally {
            registry.stop(0);
        }
        assertThat(doctor("doctor", "--config", config("no.such.host.invalid:9092", more)))
                .isEqualTo(1);
        assertThat(lines("FAIL"))
                .anySatisfy(line -> assertThat(line).contains("schema registry", "no usable answer"))
                .anySatisfy(line -> assertThat(line).contains("brokers no.such.host.invalid:9092"));
    }

    @Test
    void somethingThatAcceptsAndNeverAnswersDoesNotHoldTheDoctorUp() throws IOException {
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            String file = config("127.0.0.1:" + silent.getLocalPort(), "");
            long start = System.nanoTime();

            assertThat(doctor(
                            "doctor",
                            "--config",
                            file,
                            "--folder",
                            folder.resolve("none").toString()))
                    .isEqualTo(1);
            assertThat(Duration.ofNanos(System.nanoTime() - start))
                    .as("ten seconds, and much slack for a busy machine; without a time-out it would never end")
                    .isLessThan(Duration.ofMinutes(1));
            assertThat(lines("FAIL"))
                    .satisfiesExactly(
                            line -> assertThat(line).contains("brokers 127.0.0.1", "an answer within 10s"),
                            line -> assertThat(line).contains("folder", "found nothing"));
        }
    }
}

package freshet.jobs.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import freshet.jobs.ViewerEvents;
import freshet.jobs.config.FreshetConfig;
import freshet.jobs.config.TopicPlan;
import freshet.jobs.job.ExamplesJob;
import freshet.jobs.job.GateJob;
import freshet.jobs.job.TrainJob;
import freshet.jobs.local.Machine;
import freshet.jobs.source.EventSources.Until;
import freshet.serde.config.ConfigException;
import freshet.serde.snapshot.KeyFiles;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.util.ExceptionUtils;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * Secrets given the way a user gives them (a password of brokers in a file, one of the registry in the environment, a key to sign
 * with) are in nothing that the jobs write or say: no log, topic, checkpoint, metric or answer of the JobManager; also not when a
 * password is wrong, or stands in the configuration itself.
 */
@Tag("faults")
class PlantedSecretTest {
    private static final String BROKER_PASSWORD = "planted-broker-3f9a1c";
    private static final String WRONG_PASSWORD = "planted-wrong-77b2e0";
    private static final String REGISTRY_PASSWORD = "planted-registry-c05d4e";
    private static final String REGISTRY_VARIABLE = "FRESHET_PLANTED_REGISTRY_PASSWORD";
    private static final Duration PATIENCE = Duration.ofMinutes(3);

    /** Answers of the JobManager from which all others can be reached by the ids in them. */
    private static final List<String> PAGES = List.of(
            "/config",
            "/overview",
            "/jobmanager/config",
            "/jobmanager/environment",
            "/jobmanager/metrics",
            "/jobmanager/log",
            "/jobmanager/stdout",
            "/jobmanager/thread-dump",
            "/taskmanagers",
            "/jobs/overview");

    private static final List<String> OF_A_JOB = List.of(
            "",
            "/plan",
            "/config",
            "/exceptions?maxExceptions=50",
            "/checkpoints",
            "/checkpoints/config",
            "/accumulators?includeSerializedValue=true",
            "/jobmanager/environment",
            "/jobmanager/config",
            "/metrics");
    private static final List<String> OF_A_VERTEX = List.of("", "/accumulators", "/subtasks/accumulators", "/metrics");
    private static final List<String> OF_A_TASK_MANAGER =
            List.of("", "/metrics", "/log", "/stdout", "/logs", "/thread-dump");

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    static Path folder;

    private final HttpClient http = HttpClient.newHttpClient();

    /** What nobody may find, and under which name to report it. */
    private final Map<String, byte[]> secrets = new TreeMap<>();

    /** What everybody may find: if it is nowhere, nothing was looked at. */
    private static final String MARK = "Freshet examples: viewers";

    private final List<String> leaks = new ArrayList<>();
    private final Set<String> marked = new TreeSet<>();

    @Test
    void isNowhere() throws Exception {
        System.out.println("logs in " + folder);
        Path hidden = Files.createDirectories(folder.resolve("hidden"));
        Path seen = Files.createDirectories(folder.resolve("seen"));
        Files.writeString(hidden.resolve("password"), BROKER_PASSWORD);
        Files.writeString(hidden.resolve(SaslBroker.PASSWORD_FILE), BROKER_PASSWORD);
        KeyFiles.Pair keys = KeyFiles.write(KeyFiles.newPair(), "planted", hidden);
        plant("password of the brokers", BROKER_PASSWORD);
        plant("wrong password", WRONG_PASSWORD);
        plant("password of the registry", REGISTRY_PASSWORD);
        byte[] key = Base64.getMimeDecoder().decode(body(Files.readString(keys.privateKey())));
        secrets.put("seed of the signing key", Arrays.copyOfRange(key, key.length - 32, key.length));
        plant("signing key as text", body(Files.readString(keys.privateKey())));

        int prometheus = Machine.freePort();
        ViewerEvents viewers = new ViewerEvents(71, 50, 3_000);
        try (SchemaRegistry registry = new SchemaRegistry(Optional.of(REGISTRY_PASSWORD))) {
            FreshetConfig config = config(registry, "password").withSigning("planted", keys);
            try (BrokerProcess broker = new BrokerProcess(
                            hidden.resolve("data"),
                            seen.resolve("broker"),
                            SaslBroker.class,
                            config.kafka().forAdmins());
                    ProcessCluster cluster = new ProcessCluster(
                            seen.resolve("cluster"),
                            3,
                            Map.of(
                                    "metrics.reporter.prom.factory.class",
                                    "org.apache.flink.metrics.prometheus.PrometheusReporterFactory",
                                    "metrics.reporter.prom.port",
                                    prometheus + "-" + (prometheus + 10)),
                            Map.of(REGISTRY_VARIABLE, REGISTRY_PASSWORD))) {
                FreshetConfig deployed = config.withBootstrapServers(broker.bootstrapServers());
                for (TopicPlan plan : TopicPlan.of(deployed.topics())) {
                    broker.topics()
                            .create(
                                    plan.name(),
                                    plan.spread() == TopicPlan.Spread.ONE ? 1 : 2,
                                    Map.of("max.message.bytes", "2097152"));
                }
                new PoisonCorpus(deployed, viewers.arrival(7)).send(deployed);
                JobClient wrong = withWrongPassword(
                        cluster, config(registry, "wrong").withBootstrapServers(broker.bootstrapServers()));
                runUntilPublished(cluster, broker, deployed);
                await("an exception about the wrong password")
                        .atMost(PATIENCE)
                        .until(() -> page(cluster, "/jobs/" + wrong.getJobID() + "/exceptions")
                                .contains("SaslAuthenticationException"));
                lookAtAnswers(cluster);
                for (int port = prometheus; port <= prometheus + 1; port++) {
                    look("Prometheus, port " + port, get(URI.create("http://127.0.0.1:" + port + "/metrics")));
                }
            }
        }
        lookAtFiles(seen);
        lookAtFiles(hidden.resolve("data")); // the topics: dead letters, examples, snapshots, deltas, registry
        assertThat(leaks).isEmpty();
        assertThat(marked).contains("answer", "file", "Prometheus");
    }

    @Test
    void inTheConfigurationItIsRefusedWithoutBeingRepeated() {
        assertThatThrownBy(() -> FreshetConfig.parse(
                        "bad.yaml",
                        ViewerEvents.YAML + "kafka: {sasl.jaas.config: 'x required password=\"" + BROKER_PASSWORD
                                + "\";', ssl.key.password: " + WRONG_PASSWORD + "}\n"
                                + "schema_registry: {url: 'http://me:" + REGISTRY_PASSWORD + "@registry'}\n"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("sasl.jaas.config")
                .hasMessageContaining("ssl.key.password")
                .hasMessageContaining("schema_registry.url")
                .message()
                .doesNotContain(BROKER_PASSWORD, WRONG_PASSWORD, REGISTRY_PASSWORD);
    }

    private static FreshetConfig config(SchemaRegistry registry, String passwordFile) {
        return FreshetConfig.parse(
                "planted.yaml",
                ViewerEvents.YAML.replace(
                                "  max_disorder",
                                "  impressions: {format: confluent}\n  feedback: {format: json}\n  max_disorder")
                        + "schema_registry: {url: " + registry.url() + ", user: " + SchemaRegistry.USER
                        + ", password_env: "
                        + REGISTRY_VARIABLE + "}\n"
                        + "kafka:\n"
                        + "  security.protocol: SASL_PLAINTEXT\n"
                        + "  sasl.mechanism: PLAIN\n"
                        + "  sasl.jaas.config: 'org.apache.kafka.common.security.plain.PlainLoginModule required username=\""
                        + SaslBroker.USER + "\" password=\"${dir:" + folder.resolve("hidden") + ":" + passwordFile
                        + "}\";'\n");
    }

    private void plant(String name, String secret) {
        secrets.put(name, secret.getBytes(StandardCharsets.UTF_8));
    }

    /** Between the lines of a PEM file. */
    private static String body(String pem) {
        return pem.replaceAll("-----[^-]+-----", "").strip();
    }

    /** A gate whose password is exchanged for a wrong one when it has been submitted; before, it would be refused here. */
    private JobClient withWrongPassword(ProcessCluster cluster, FreshetConfig config) throws Exception {
        Path file = folder.resolve("hidden/wrong");
        Files.writeString(file, WRONG_PASSWORD);
        assertThatThrownBy(() -> GateJob.build(environment(cluster), config, Until.STOPPED))
                .hasMessageContaining("SaslAuthenticationException")
                .satisfies(refused -> look(
                        "what is said to who submits",
                        ExceptionUtils.stringifyException(refused).getBytes(StandardCharsets.UTF_8)));
        Files.writeString(file, BROKER_PASSWORD);
        StreamExecutionEnvironment env = environment(cluster);
        GateJob.build(env, config, Until.STOPPED);
        Files.writeString(file, WRONG_PASSWORD);
        return env.executeAsync("wrong password");
    }

    private static void runUntilPublished(ProcessCluster cluster, BrokerProcess broker, FreshetConfig config)
            throws Exception {
        StreamExecutionEnvironment env = environment(cluster);
        ExamplesJob.build(env, config, Until.STOPPED);
        env.executeAsync(ExamplesJob.name(config));
        env = environment(cluster);
        TrainJob.build(env, config, Until.STOPPED, Optional.empty());
        JobClient train = env.executeAsync(TrainJob.name(config));
        await("snapshots, deltas, dead letters and checkpoints")
                .atMost(PATIENCE)
                .until(() -> broker.topics().recordCount(config.topics().snapshots()) > 2
                        && broker.topics().recordCount(config.topics().modelDeltas()) > 10
                        && broker.topics().recordCount(config.topics().deadLetters()) > 10
                        && cluster.checkpoints(train.getJobID(), "completed") > 3);
    }

    private static StreamExecutionEnvironment environment(ProcessCluster cluster) {
        Configuration settings = new Configuration();
        settings.setString("execution.checkpointing.interval", "1s");
        settings.setString("execution.checkpointing.storage", "filesystem");
        settings.setString(
                "state.backend.rocksdb.compression.per.level", "NO_COMPRESSION"); // or nothing could be found
        settings.setString(
                "execution.checkpointing.dir",
                folder.resolve("seen/checkpoints").toUri().toString());
        StreamExecutionEnvironment env = cluster.environment(settings);
        env.setParallelism(1);
        return env;
    }

    private void lookAtAnswers(ProcessCluster cluster) throws Exception {
        Deque<String> paths = new ArrayDeque<>(PAGES);
        Set<String> seen = new HashSet<>(PAGES);
        int answered = 0;
        while (!paths.isEmpty()) {
            String path = paths.remove();
            String text = page(cluster, path);
            answered += text.isEmpty() ? 0 : 1;
            look("answer " + path, text.getBytes(StandardCharsets.UTF_8));
            for (String next : behind(path, text)) {
                if (seen.add(next)) {
                    paths.add(next);
                }
            }
        }
        assertThat(answered).as("answers of the JobManager that were looked at").isGreaterThan(60);
    }

    private static List<String> behind(String path, String text) throws IOException {
        List<String> paths = new ArrayList<>();
        if (path.equals("/jobs/overview")) {
            ids(text, "jobs", "jid").forEach(job -> OF_A_JOB.forEach(page -> paths.add("/jobs/" + job + page)));
        } else if (path.equals("/taskmanagers")) {
            ids(text, "taskmanagers", "id")
                    .forEach(one -> OF_A_TASK_MANAGER.forEach(page -> paths.add("/taskmanagers/" + one + page)));
        } else if (path.matches("/jobs/[0-9a-f]+")) {
            ids(text, "vertices", "id")
                    .forEach(vertex -> OF_A_VERTEX.forEach(page -> paths.add(path + "/vertices/" + vertex + page)));
        }
        return paths;
    }

    private static List<String> ids(String text, String list, String id) throws IOException {
        List<String> ids = new ArrayList<>();
        for (JsonNode one : new ObjectMapper().readTree(text).path(list)) {
            ids.add(one.path(id).asText());
        }
        return ids;
    }

    private String page(ProcessCluster cluster, String path) throws IOException, InterruptedException {
        return new String(get(cluster.restAddress().resolve(path)), StandardCharsets.UTF_8);
    }

    /** Nothing where there is no such page. */
    private byte[] get(URI page) throws IOException, InterruptedException {
        HttpResponse<byte[]> answer = http.send(
                HttpRequest.newBuilder(page).timeout(Duration.ofSeconds(30)).build(), BodyHandlers.ofByteArray());
        return answer.statusCode() == 200 ? answer.body() : new byte[0];
    }

    private void lookAtFiles(Path root) throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
                look("file " + file, Files.readAllBytes(file));
            }
        }
    }

    private void look(String where, byte[] bytes) {
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        if (text.contains(MARK) || text.contains(MARK.replace(' ', '_'))) {
            marked.add(where.replaceAll("[ ,].*", ""));
        }
        secrets.forEach((name, secret) -> {
            if (text.contains(new String(secret, StandardCharsets.ISO_8859_1))) {
                leaks.add(name + " in " + where);
            }
        });
    }
}

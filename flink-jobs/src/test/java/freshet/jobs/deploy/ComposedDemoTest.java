package freshet.jobs.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import freshet.jobs.local.FlinkRest;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The compose file's services, run as processes, do what the demo does: topics are made, viewers come, the three jobs run, the
 * gate promotes, the ranker ranks; and what they report to Prometheus has every metric that a board or an alert names.
 */
@Tag("packaged")
class ComposedDemoTest {
    private static final Duration PATIENCE = Duration.ofMinutes(4);
    private static final Pattern METRIC = Pattern.compile("\\b(?:flink|freshet)_[A-Za-z0-9_]+");

    private final HttpClient http = HttpClient.newHttpClient();

    /** Below the build's folder, so that what the processes said can be read after a failure. */
    private final Path folder = Path.of("target", "composed-demo").toAbsolutePath();

    @BeforeEach
    void clear() throws IOException {
        if (Files.exists(folder)) {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : (Iterable<Path>) files.sorted(Comparator.reverseOrder())::iterator) {
                    Files.delete(file);
                }
            }
        }
        Files.createDirectories(folder);
    }

    @Test
    void ranksWithWhatItsViewersTaughtAndReportsWhatTheBoardsShow() throws Exception {
        try (ComposedDemo demo = new ComposedDemo(folder)) {
            demo.startBroker();
            demo.startJobManager();
            demo.startTaskManager();
            await().atMost(PATIENCE).until(() -> brokerAnswers(demo));
            FlinkRest flink = new FlinkRest(URI.create(demo.dashboard()));
            await().atMost(PATIENCE)
                    .until(() ->
                            flink.getIfUp("/overview").path("slots-available").asInt() == 4);
            demo.awaitSuccess(demo.start("topics"));
            Process viewers = demo.start("viewers");
            for (String job : List.of("examples", "train", "gate")) {
                demo.awaitSuccess(demo.start(job));
            }
            demo.start("ranker");
            demo.awaitSuccess(viewers);

            await().atMost(PATIENCE).until(() -> ask(demo.ranker() + "/v2/health/ready") == 200);
            assertThat(flink.get("/jobs/overview").path("jobs").findValuesAsText("state"))
                    .containsExactly("RUNNING", "RUNNING", "RUNNING");
            assertThat(rank(demo)).contains("click");
            assertThat(missing(demo)).isEmpty();
        }
    }

    private static boolean brokerAnswers(ComposedDemo demo) throws InterruptedException {
        try (Admin admin = Admin.create(Map.of(
                "bootstrap.servers", demo.broker(), "default.api.timeout.ms", "5000", "request.timeout.ms", "5000"))) {
            return admin.describeCluster().nodes().get().size() == 1;
        } catch (ExecutionException notYet) {
            return false;
        }
    }

    private int ask(String address) throws IOException, InterruptedException {
        try {
            return http.send(HttpRequest.newBuilder(URI.create(address)).build(), BodyHandlers.discarding())
                    .statusCode();
        } catch (ConnectException notYet) {
            return 0;
        }
    }

    private String get(String address) throws IOException, InterruptedException {
        return http.send(HttpRequest.newBuilder(URI.create(address)).build(), BodyHandlers.ofString())
                .body();
    }

    /** One request with two candidates of no known viewer, all numbers zero. */
    private String rank(ComposedDemo demo) throws IOException, InterruptedException {
        StringBuilder inputs = new StringBuilder();
        for (JsonNode number : model(demo).path("inputs")) {
            if (number.path("datatype").asText().equals("FP32")) {
                inputs.append(inputs.isEmpty() ? "" : ",")
                        .append("""
                        {"name": "%s", "datatype": "FP32", "shape": [1], "data": [0]}""".formatted(number.path("name").asText()));
            }
        }
        inputs.append("""
                , {"name": "video", "datatype": "BYTES", "shape": [2], "data": ["v1", "v2"]}""");
        HttpRequest request = HttpRequest.newBuilder(URI.create(demo.ranker() + "/v2/models/demo/infer"))
                .POST(HttpRequest.BodyPublishers.ofString("{\"inputs\": [" + inputs + "]}"))
                .build();
        return http.send(request, BodyHandlers.ofString()).body();
    }

    private JsonNode model(ComposedDemo demo) throws IOException, InterruptedException {
        return new ObjectMapper().readTree(get(demo.ranker() + "/v2/models/demo"));
    }

    /** Metrics that boards and alerts name and that nothing reports, with where they are named. */
    private Map<String, String> missing(ComposedDemo demo) throws IOException, InterruptedException {
        TreeSet<String> reported = new TreeSet<>();
        for (String address : demo.scraped()) {
            for (Matcher matcher = METRIC.matcher(get(address)); matcher.find(); ) {
                reported.add(matcher.group());
            }
        }
        Map<String, String> missing = new TreeMap<>();
        try (Stream<Path> boards = Files.list(DeployFiles.DEPLOY.resolve("grafana/dashboards"))) {
            List<Path> files = Stream.concat(boards, Stream.of(DeployFiles.DEPLOY.resolve("prometheus/alerts.yaml")))
                    .sorted()
                    .toList();
            for (Path file : files) {
                for (Matcher matcher = METRIC.matcher(Files.readString(file)); matcher.find(); ) {
                    if (!reported.contains(matcher.group())) {
                        missing.put(matcher.group(), file.getFileName().toString());
                    }
                }
            }
        }
        return missing;
    }
}

package freshet.jobs.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import freshet.jobs.config.FreshetConfig;
import freshet.model.learn.Learner;
import freshet.model.snapshot.SnapshotMoment;
import freshet.model.snapshot.SnapshotWriter;
import freshet.serde.event.Impression;
import freshet.serde.snapshot.Lineage;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.SnapshotDirectory;
import freshet.serde.snapshot.SnapshotVersion;
import freshet.serde.wire.EventJson;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code freshet rank} from a file and over HTTP: the same requests get the same scores. */
class RankCommandTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern ADDRESS = Pattern.compile("http://\\S+");
    private static final String FUSION = """

            fusion:
              default: feed
              profiles:
                - {name: feed, terms: [{task: click, alpha: 0.1, weight: 2}]}
                - {name: long, kind: weighted_sum, terms: [{task: watch, weight: 3}]}
            """;

    @TempDir
    Path folder;

    private Path snapshot;
    private Path config;
    private Path requests;
    private final HttpClient client = HttpClient.newHttpClient();

    @BeforeEach
    void write() throws IOException {
        FreshetConfig demo = FreshetConfig.shipped("demo");
        Snapshot written = new SnapshotWriter("demo", demo.featuresJson())
                .write(
                        new Learner(demo.model()),
                        new SnapshotMoment(
                                0,
                                SnapshotVersion.parse("20260302T07Z"),
                                null,
                                Lineage.START,
                                0,
                                new TreeMap<>(),
                                List.of()));
        snapshot = new SnapshotDirectory(folder.resolve("snapshots")).write(written);
        try (InputStream yaml = FreshetConfig.class.getClassLoader().getResourceAsStream("freshet/demo.yaml")) {
            String text = new String(yaml.readAllBytes(), StandardCharsets.UTF_8);
            config = Files.writeString(folder.resolve("config.yaml"), text + FUSION);
        }
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 5; i++) {
            lines.append(EventJson.toJson(Impression.builder("i" + i, "u1", "v" + i, 1_772_434_000_000L + i)
                            .build()))
                    .append('\n');
        }
        requests = Files.writeString(folder.resolve("requests.jsonl"), lines);
    }

    private static int run(StringWriter out, StringWriter err, Object... arguments) {
        CommandLine command = Main.commandLine();
        command.setOut(new PrintWriter(out, true));
        command.setErr(new PrintWriter(err, true));
        String[] words = new String[arguments.length];
        for (int i = 0; i < words.length; i++) {
            words[i] = arguments[i].toString();
        }
        return command.execute(words);
    }

    private String rankFile(String... more) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        Object[] call = {"rank", "--snapshot", snapshot, "--requests", requests, "--config", config};
        Object[] all = Stream.concat(Arrays.stream(call), Arrays.stream(more)).toArray();
        assertThat(run(out, err, all)).as(err.toString()).isZero();
        return out.toString();
    }

    @Test
    void linesHaveTheScoreOfTheProfile() throws IOException {
        for (String line : rankFile().lines().toList()) {
            JsonNode json = JSON.readTree(line);
            double click = json.path("scores").path("click").asDouble();
            assertThat(json.path("score").asDouble()).isCloseTo((0.1 + click) * (0.1 + click), within());
        }
        JsonNode first =
                JSON.readTree(rankFile("--profile", "long").lines().findFirst().orElseThrow());
        assertThat(first.path("score").asDouble())
                .isCloseTo(3 * first.path("scores").path("watch").asDouble(), within());
    }

    private static Offset<Double> within() {
        return Offset.offset(1e-8);
    }

    @Test
    void anUnknownProfileIsNamed() {
        StringWriter err = new StringWriter();
        int code = run(new StringWriter(), err, "rank", "--snapshot", snapshot, "--config", config, "--profile", "x");
        assertThat(code).isEqualTo(2);
        assertThat(err.toString()).contains("--profile: found the fusion profile 'x'", "[feed, long]");
    }

    @Test
    void servesTheSameOverHttp() throws Exception {
        StringWriter err = new StringWriter();
        Thread serving = new Thread(
                () -> run(new StringWriter(), err, "rank", "--snapshot", snapshot, "--config", config, "--http", "0"));
        serving.start();
        try {
            await().until(() -> err.toString().contains("serving demo at"));
            Matcher address = ADDRESS.matcher(err.toString());
            assertThat(address.find()).isTrue();
            URI model = URI.create(address.group());

            HttpResponse<String> lines = post(model.resolve("/v1/rank"), Files.readString(requests));
            assertThat(lines.body()).isEqualTo(rankFile());
            HttpResponse<String> bad = post(model.resolve("/v1/rank"), "nonsense");
            assertThat(bad.statusCode()).isEqualTo(400);
            assertThat(bad.body()).contains("line 1: found no JSON");

            HttpResponse<String> described =
                    client.send(HttpRequest.newBuilder(model).build(), HttpResponse.BodyHandlers.ofString());
            assertThat(JSON.readTree(described.body()).path("outputs").findValuesAsText("name"))
                    .contains("click", "watch", "score");
        } finally {
            serving.interrupt();
            serving.join();
        }
    }

    private HttpResponse<String> post(URI uri, String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(uri)
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        return client.send(request, HttpResponse.BodyHandlers.ofString());
    }
}

package freshet.model.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import freshet.model.ModelFixtures;
import freshet.model.serve.FusedScore;
import freshet.model.serve.FusionProfiles;
import freshet.model.serve.LiveRanker;
import freshet.model.serve.Ranker;
import freshet.model.snapshot.SnapshotFixtures;
import freshet.serde.example.FeatureSchema;
import freshet.serde.example.FeatureValues;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RankingServerTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final FeatureSchema SCHEMA = ModelFixtures.SCHEMA;
    private static final int MOST_BYTES = 200_000;
    private static final FusionProfiles PROFILES = new FusionProfiles(
            "feed",
            new TreeMap<>(Map.of(
                    "feed",
                    new FusedScore(
                            FusedScore.Kind.PRODUCT,
                            List.of(
                                    new FusedScore.Term("click", 0.1, 1, 2),
                                    new FusedScore.Term("watch", 1, 0.5, 0.7))),
                    "likes",
                    new FusedScore(FusedScore.Kind.WEIGHTED_SUM, List.of(new FusedScore.Term("like", 0.25, 2, 3))))));

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final LiveRanker live = new LiveRanker();
    private final CountDownLatch lineEntered = new CountDownLatch(1);
    private final CountDownLatch lineMayEnd = new CountDownLatch(1);
    private RankingServer server;

    @BeforeEach
    void start() throws IOException {
        server = server(Duration.ofSeconds(20));
    }

    private RankingServer server(Duration patience) throws IOException {
        return new RankingServer(
                new RankingServer.Settings(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), "m", 2, patience, MOST_BYTES),
                live,
                PROFILES,
                this::rankLines,
                () -> new TreeMap<>(Map.of("loaded", 3L)),
                Clock.fixed(
                        Instant.ofEpochMilli(SnapshotFixtures.version(0).eventTimeMillis() + 90_000), ZoneOffset.UTC));
    }

    /** Ranks nothing, and takes its time where asked to. */
    private LineRanking.Answer rankLines(List<String> lines, @Nullable String profile) {
        if (lines.contains("wait")) {
            lineEntered.countDown();
            try {
                lineMayEnd.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
        if (lines.contains("fail")) {
            throw new IllegalStateException("a fault of ours");
        }
        return new LineRanking.Answer(lines.size(), lines + " " + profile + "\n");
    }

    @AfterEach
    void stop() {
        lineMayEnd.countDown();
        server.close();
        live.close();
    }

    private void serve(int hour) throws Exception {
        live.swap(new Ranker(SnapshotFixtures.snapshot(hour)));
    }

    private HttpRequest.Builder at(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path));
    }

    private HttpResponse<String> get(String path) throws Exception {
        return client.send(at(path).build(), HttpResponse.BodyHandlers.ofString());
    }

    private HttpResponse<String> post(String path, String body) throws Exception {
        return client.send(
                at(path).POST(HttpRequest.BodyPublishers.ofString(body)).build(), HttpResponse.BodyHandlers.ofString());
    }

    /** The candidates as tensors: ids with offsets, as rectangles filled up, or nested; numbers. */
    private static ObjectNode request(List<FeatureValues> candidates) {
        ObjectNode root = JSON.createObjectNode();
        ArrayNode inputs = root.putArray("inputs");
        for (int slot = 0; slot < SCHEMA.idNames().size(); slot++) {
            ObjectNode tensor =
                    inputs.addObject().put("name", SCHEMA.idNames().get(slot)).put("datatype", "BYTES");
            if (slot % 2 == 0) {
                ragged(tensor, candidates, slot);
            } else {
                rectangle(tensor, candidates, slot);
            }
        }
        for (int slot = 0; slot < SCHEMA.numberNames().size(); slot++) {
            ArrayNode data = inputs.addObject()
                    .put("name", SCHEMA.numberNames().get(slot))
                    .put("datatype", "FP32")
                    .<ObjectNode>set("shape", JSON.createArrayNode().add(candidates.size()))
                    .putArray("data");
            for (FeatureValues candidate : candidates) {
                data.add(candidate.numbers()[slot]);
            }
        }
        return root;
    }

    private static void ragged(ObjectNode tensor, List<FeatureValues> candidates, int slot) {
        ArrayNode data = tensor.putArray("data");
        ArrayNode offsets = tensor.putObject("parameters").putArray("offsets").add(0);
        for (FeatureValues candidate : candidates) {
            for (String id : candidate.ids()[slot]) {
                data.add(id);
            }
            offsets.add(data.size());
        }
        tensor.putArray("shape").add(data.size());
    }

    private static void rectangle(ObjectNode tensor, List<FeatureValues> candidates, int slot) {
        int width = 1;
        for (FeatureValues candidate : candidates) {
            width = Math.max(width, candidate.ids()[slot].length);
        }
        ArrayNode rows = tensor.putArray("data");
        for (FeatureValues candidate : candidates) {
            ArrayNode row = rows.addArray();
            for (int i = 0; i < width; i++) {
                row.add(i < candidate.ids()[slot].length ? candidate.ids()[slot][i] : "");
            }
        }
        tensor.putArray("shape").add(candidates.size()).add(width);
    }

    private static JsonNode output(JsonNode answer, String name) {
        for (JsonNode output : answer.path("outputs")) {
            if (output.path("name").asText().equals(name)) {
                return output;
            }
        }
        throw new AssertionError("no output " + name + " in " + answer);
    }

    private void assertScores(JsonNode answer, Ranker ranker, List<FeatureValues> candidates) {
        int tasks = ranker.spec().taskCount();
        float[] expected = new float[candidates.size() * tasks];
        ranker.score(candidates, expected);
        for (int task = 0; task < tasks; task++) {
            JsonNode output = output(answer, ranker.spec().tasks().get(task).name());
            assertThat(output.path("datatype").asText()).isEqualTo("FP32");
            assertThat(output.path("shape").toString()).isEqualTo("[" + candidates.size() + "]");
            for (int i = 0; i < candidates.size(); i++) {
                assertThat((float) output.path("data").get(i).asDouble()).isEqualTo(expected[i * tasks + task]);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "2, 2", "3, 40", "4, 300"})
    void scoresAsTheRankerToTheBit(long seed, int count) throws Exception {
        Ranker ranker = new Ranker(SnapshotFixtures.snapshot(2));
        live.swap(ranker);
        List<FeatureValues> candidates = SnapshotFixtures.features(seed, count);
        String body = request(candidates).put("id", "r-\"1\"").toString();

        HttpResponse<String> response = post("/v2/models/m/infer", body);

        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        JsonNode answer = JSON.readTree(response.body());
        assertThat(answer.path("id").asText()).isEqualTo("r-\"1\"");
        assertThat(answer.path("model_name").asText()).isEqualTo("m");
        String version = SnapshotFixtures.version(2).toString();
        assertThat(answer.path("model_version").asText()).isEqualTo(version);
        assertScores(answer, ranker, candidates);
        assertThat(post("/v2/models/m/versions/" + version + "/infer", body).body())
                .isEqualTo(response.body());
    }

    @Test
    void aTensorOfOneRowIsSharedByAllAndAMissingIdFeatureIsMissing() throws Exception {
        serve(1);
        List<FeatureValues> candidates = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            String[][] ids = {{"7"}, {"v" + i}, {"t1", "t0"}, {}, {}, {}};
            candidates.add(new FeatureValues(ids, new float[] {0.5f, i}));
        }
        String body = """
                {"inputs": [
                  {"name": "user", "shape": [1], "datatype": "INT64", "data": [7]},
                  {"name": "video", "shape": [3], "datatype": "BYTES", "data": ["v0", "v1", "v2"]},
                  {"name": "tag", "shape": [1, 2], "datatype": "BYTES", "data": [["t1", "t0"]]},
                  {"name": "age", "shape": [1], "datatype": "FP64", "data": [0.5]},
                  {"name": "duration", "shape": [3, 1], "datatype": "INT32", "data": [0, 1, 2]}]}""";

        JsonNode answer = JSON.readTree(post("/v2/models/m/infer", body).body());

        assertScores(answer, live.score(ranker -> candidates).ranker(), candidates);
    }

    @Test
    void theProfileDecidesTheScoreAndOutputsWhatIsSent() throws Exception {
        serve(1);
        List<FeatureValues> candidates = SnapshotFixtures.features(5, 4);
        ObjectNode request = request(candidates);
        LiveRanker.Scored scored = live.score(ranker -> candidates);

        for (String profile : new String[] {null, "feed", "likes"}) {
            if (profile != null) {
                request.putObject("parameters").put("profile", profile);
            }
            JsonNode data = output(
                            JSON.readTree(post("/v2/models/m/infer", request.toString())
                                    .body()),
                            "score")
                    .path("data");
            double[] expected = Objects.requireNonNull(
                    PROFILES.fuse(profile, scored.ranker().spec(), scored.predictions(), candidates.size()));
            for (int i = 0; i < expected.length; i++) {
                assertThat(data.get(i).asDouble()).isEqualTo(expected[i]);
            }
        }
        request.putArray("outputs").addObject().put("name", "score");
        JsonNode outputs = JSON.readTree(
                        post("/v2/models/m/infer", request.toString()).body())
                .path("outputs");
        assertThat(outputs).hasSize(1);
    }

    @Test
    void saysWhatItIs() throws Exception {
        assertThat(get("/v2/health/live").statusCode()).isEqualTo(200);
        assertThat(get("/v2/health/ready").statusCode()).isEqualTo(503);
        assertThat(get("/v2/models/m").statusCode()).isEqualTo(503);
        assertThat(get("/v2/models/m/ready").statusCode()).isEqualTo(503);
        HttpResponse<String> early = post("/v2/models/m/infer", "{}");
        assertThat(early.statusCode()).isEqualTo(503);
        assertThat(early.headers().firstValue("Retry-After")).contains("1");

        serve(0);
        String version = SnapshotFixtures.version(0).toString();

        assertThat(JSON.readTree(get("/v2").body()).path("name").asText()).isEqualTo("freshet");
        assertThat(get("/v2/health/ready").statusCode()).isEqualTo(200);
        assertThat(get("/v2/models/m/ready").statusCode()).isEqualTo(200);
        assertThat(get("/v2/models/m/versions/" + version + "/ready").statusCode())
                .isEqualTo(200);
        JsonNode model = JSON.readTree(get("/v2/models/m/versions/" + version).body());
        assertThat(model).isEqualTo(JSON.readTree(get("/v2/models/m").body()));
        assertThat(model.path("versions").toString()).isEqualTo("[\"" + version + "\"]");
        assertThat(model.path("inputs").findValuesAsText("name"))
                .containsExactly("user", "video", "tag", "history", "position", "device", "age", "duration");
        assertThat(model.path("outputs").findValuesAsText("name")).containsExactly("click", "like", "watch", "score");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{nonsense | found no JSON",
                "[] | found no JSON object",
                "{'id': 'x'} | expected a tensor for each feature",
                "{'id': 7, 'inputs': [U, A, D]} | expected a text as its id",
                "{'inputs': [U, A, D, U]} | 'user' twice",
                "{'inputs': [U, A]} | found no 'duration'",
                "{'inputs': [U, A, D, {'name': 'xyzzy', 'shape': [1], 'datatype': 'BYTES', 'data': ['x']}]} | 'xyzzy'",
                "{'inputs': [U, A, D, {'name': 'tag', 'shape': [2], 'datatype': 'BYTES', 'data': ['x']}]} | found 1 elements",
                "{'inputs': [U, A, D, {'name': 'tag', 'shape': [2], 'datatype': 'BYTES', 'data': ['x', 3]}]} | expected a text",
                "{'inputs': [U, A, D, {'name': 'tag', 'shape': [2], 'datatype': 'BOOL', 'data': ['x', 'y']}]} | datatype BOOL",
                "{'inputs': [U, A, D, {'name': 'tag', 'shape': [-1], 'datatype': 'BYTES', 'data': []}]} | shape [-1]",
                "{'inputs': [U, A, D, {'name': 'tag', 'shape': [1,1,1], 'datatype': 'BYTES', 'data': ['x']}]} | shape [1,1,1]",
                "{'inputs': [U, A, D, {'name': 'tag', 'shape': [1], 'datatype': 'BYTES'}]} | found no data",
                "{'inputs': [U, A, D, {'name': 'tag', 'shape': [2], 'datatype': 'BYTES', 'data': ['x', 'y'],"
                        + " 'parameters': {'offsets': [0, 3, 2]}}]} | offsets",
                "{'inputs': [U, A, {'name': 'duration', 'shape': [1], 'datatype': 'FP32', 'data': ['x']}]} | a finite number",
                "{'inputs': [U, A, {'name': 'duration', 'shape': [1], 'datatype': 'FP32', 'data': [1e99]}]} | a finite number",
                "{'inputs': [U, A, {'name': 'duration', 'shape': [1], 'datatype': 'BYTES', 'data': ['x']}]} | FP32",
                "{'inputs': [U, A, {'name': 'duration', 'shape': [1, 2], 'datatype': 'FP32', 'data': [1, 2]}]} | one number",
                "{'inputs': [U, A, D], 'outputs': [{'name': 'share'}]} | 'share'",
                "{'inputs': [U, A, D], 'parameters': {'profile': 'x'}} | fusion profile 'x'",
                "{'inputs': [U, A, D, {'name': 'tag', 'shape': [20000], 'datatype': 'BYTES', 'data': []}]} | found 0 elements",
            })
    void saysWhatIsWrongWithARequest(String body, String expected) throws Exception {
        serve(0);
        String full = body.replace('\'', '"')
                .replace("U,", "{\"name\":\"user\",\"shape\":[1],\"datatype\":\"BYTES\",\"data\":[\"u1\"]},")
                .replace("U]", "{\"name\":\"user\",\"shape\":[1],\"datatype\":\"BYTES\",\"data\":[\"u1\"]}]")
                .replace("A]", "{\"name\":\"age\",\"shape\":[1],\"datatype\":\"FP32\",\"data\":[1]}]")
                .replace("A,", "{\"name\":\"age\",\"shape\":[1],\"datatype\":\"FP32\",\"data\":[1]},")
                .replace("D]", "{\"name\":\"duration\",\"shape\":[1],\"datatype\":\"FP32\",\"data\":[1]}]")
                .replace("D,", "{\"name\":\"duration\",\"shape\":[1],\"datatype\":\"FP32\",\"data\":[1]},");

        HttpResponse<String> response = post("/v2/models/m/infer", full);

        assertThat(response.statusCode()).as(response.body()).isEqualTo(400);
        assertThat(JSON.readTree(response.body()).path("error").asText()).contains(expected);
    }

    @Test
    void whatIsNotThereOrTooLargeHasItsOwnStatus() throws Exception {
        serve(0);
        assertThat(get("/v2/models/other").statusCode()).isEqualTo(404);
        assertThat(get("/v2/models/m/versions/19990101T00Z").statusCode()).isEqualTo(404);
        assertThat(get("/v2/models/m/xyzzy").statusCode()).isEqualTo(404);
        assertThat(get("/xyzzy").statusCode()).isEqualTo(404);
        HttpResponse<String> method = get("/v2/models/m/infer");
        assertThat(method.statusCode()).isEqualTo(405);
        assertThat(method.headers().firstValue("Allow")).contains("POST");
        assertThat(post("/v2", "").statusCode()).isEqualTo(405);
        HttpResponse<String> large = post("/v2/models/m/infer", " ".repeat(MOST_BYTES + 1));
        assertThat(large.statusCode()).isEqualTo(413);
        assertThat(large.body()).contains("expected at most");
        assertThat(post("/v1/rank", "fail").statusCode()).isEqualTo(500);
        assertThat(post("/v1/rank?profile=x", "a").statusCode()).isEqualTo(400);
        assertThat(post("/v1/rank?profile=likes", "a\nb").body()).isEqualTo("[a, b] likes\n");
    }

    @Test
    void countsWhatItDoes() throws Exception {
        serve(0);
        assertThat(post(
                                "/v2/models/m/infer",
                                request(SnapshotFixtures.features(1, 7)).toString())
                        .statusCode())
                .isEqualTo(200);
        assertThat(post("/v2/models/m/infer", "{").statusCode()).isEqualTo(400);

        assertThat(get("/metrics").body().lines())
                .contains(
                        "freshet_rank_requests_total{endpoint=\"infer\",code=\"200\"} 1",
                        "freshet_rank_requests_total{endpoint=\"infer\",code=\"400\"} 1",
                        "freshet_rank_candidates_total 7",
                        "freshet_rank_running 0",
                        "freshet_rank_request_seconds_count 1",
                        "freshet_rank_request_seconds_bucket{le=\"+Inf\"} 1",
                        "freshet_rank_snapshot_info{version=\"" + SnapshotFixtures.version(0) + "\"} 1",
                        "freshet_rank_snapshot_age_seconds 90",
                        "freshet_rank_subscriber_total{outcome=\"loaded\"} 3");
    }

    @Test
    void swapsUnderLoadWithoutAnErrorOrAMix() throws Exception {
        int hours = 8;
        List<FeatureValues> candidates = SnapshotFixtures.features(9, 20);
        String body = request(candidates).toString();
        Map<String, String> expected = new HashMap<>();
        for (int hour = 0; hour < hours; hour++) {
            serve(hour);
            expected.put(
                    SnapshotFixtures.version(hour).toString(),
                    post("/v2/models/m/infer", body).body());
        }
        AtomicBoolean done = new AtomicBoolean();
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            Callable<Integer> load = () -> {
                int answers = 0;
                while (!done.get() || answers == 0) {
                    HttpResponse<String> response = post("/v2/models/m/infer", body);
                    assertThat(response.statusCode()).isEqualTo(200);
                    String version =
                            JSON.readTree(response.body()).path("model_version").asText();
                    assertThat(response.body()).isEqualTo(expected.get(version));
                    answers++;
                }
                return answers;
            };
            List<Future<Integer>> loads = List.of(threads.submit(load), threads.submit(load), threads.submit(load));
            for (int hour = 0; hour < hours; hour++) {
                serve(hour);
            }
            done.set(true);
            for (Future<Integer> each : loads) {
                assertThat(each.get()).isPositive();
            }
        } finally {
            done.set(true);
            threads.shutdownNow();
        }
    }

    @Test
    void closingWaitsForWhatIsRunningAndRefusesWhatIsNew() throws Exception {
        serve(0);
        HttpRequest slow =
                at("/v1/rank").POST(HttpRequest.BodyPublishers.ofString("wait")).build();
        CompletableFuture<HttpResponse<String>> running = client.sendAsync(slow, HttpResponse.BodyHandlers.ofString());
        lineEntered.await();
        CompletableFuture<Void> closed = CompletableFuture.runAsync(server::close);
        while (get("/v2/health/ready").statusCode() == 200) {
            Thread.onSpinWait();
        }
        assertThat(post("/v1/rank", "a").statusCode()).isEqualTo(503);
        assertThat(closed).isNotDone();

        lineMayEnd.countDown();

        assertThat(running.get().body()).isEqualTo("[wait] null\n");
        closed.get();
    }

    @Test
    void whoWaitsTooLongIsToldToComeAgain() throws Exception {
        server.close();
        server = server(Duration.ofMillis(20));
        serve(0);
        HttpRequest slow =
                at("/v1/rank").POST(HttpRequest.BodyPublishers.ofString("wait")).build();
        List<CompletableFuture<HttpResponse<String>>> running = List.of(
                client.sendAsync(slow, HttpResponse.BodyHandlers.ofString()),
                client.sendAsync(slow, HttpResponse.BodyHandlers.ofString()));
        int status = 200;
        while (status == 200) {
            status = post("/v1/rank", "a").statusCode();
        }
        assertThat(status).isEqualTo(503);
        lineMayEnd.countDown();
        for (CompletableFuture<HttpResponse<String>> each : running) {
            assertThat(each.get().statusCode()).isEqualTo(200);
        }
    }
}

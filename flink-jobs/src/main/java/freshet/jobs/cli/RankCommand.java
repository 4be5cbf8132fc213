package freshet.jobs.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import freshet.features.extract.FeatureExtractor;
import freshet.features.online.FeatureStates;
import freshet.features.online.OnlineFeatures;
import freshet.features.online.OnlineStore;
import freshet.features.spec.FeatureSpec;
import freshet.model.serve.Ranker;
import freshet.model.snapshot.SnapshotModel;
import freshet.serde.config.ConfigNode;
import freshet.serde.event.DeadLetter;
import freshet.serde.event.Impression;
import freshet.serde.example.FeatureSchema;
import freshet.serde.example.FeatureValues;
import freshet.serde.snapshot.BadSnapshotException;
import freshet.serde.snapshot.SnapshotDirectory;
import freshet.serde.wire.Decimals;
import freshet.serde.wire.Decoded;
import freshet.serde.wire.EventJson;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code freshet rank}: scores requests with a snapshot, as a server does. */
@Command(
        name = "rank",
        description = {
            "Scores requests with a snapshot as a server does, with ONNX Runtime.",
            "A request is one line of JSON: an impression as in impressions.jsonl; or an example as in examples.jsonl, whose"
                    + " features are taken as they stand. One line of scores per request.",
            "What is known of the viewer of an impression comes from --features; without it every viewer counts as new."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:every request was scored",
            "1:some lines were no requests; they are named on standard error",
            "2:called wrongly, or the snapshot is bad"
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class RankCommand implements Callable<Integer> {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int BATCH = 256;
    private static final int DECIMALS = 9;

    @Option(names = "--snapshot", required = true, paramLabel = "DIR", description = "Folder of one snapshot.")
    @SuppressWarnings("NullAway.Init") // required: picocli sets it
    private Path snapshot;

    @Option(
            names = "--features",
            paramLabel = "DIR",
            description = "An online store, as freshet features keeps it: opened for reading as it now stands.")
    private @Nullable Path features;

    @Option(names = "--requests", paramLabel = "FILE", description = "Lines of JSON (default: standard input).")
    private @Nullable Path requests;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    /** A request that is understood. */
    private record Request(String impressionId, FeatureValues features) {}

    @Override
    public Integer call() throws Exception {
        SnapshotModel model = SnapshotModel.of(SnapshotDirectory.read(snapshot));
        long bad = 0;
        try (OnlineStore store = features == null ? null : OnlineStore.openForReading(features);
                Ranker ranker = new Ranker(model);
                BufferedReader lines = open()) {
            Requests reading = new Requests(model, store == null ? key -> null : store);
            List<Request> batch = new ArrayList<>();
            long number = 0;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                number++;
                Decoded<Request> request = reading.read(line);
                if (request instanceof Decoded.Value<Request> good) {
                    batch.add(good.value());
                } else if (request instanceof Decoded.Bad<Request> refused) {
                    bad++;
                    spec.commandLine().getErr().println("line " + number + ": " + refused.detail());
                }
                if (batch.size() == BATCH) {
                    score(ranker, batch);
                    batch.clear();
                }
            }
            score(ranker, batch);
        }
        return bad == 0 ? 0 : Main.FAILED;
    }

    private BufferedReader open() throws Exception {
        return requests == null
                ? new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))
                : Files.newBufferedReader(requests);
    }

    private void score(Ranker ranker, List<Request> batch) throws JsonProcessingException {
        if (batch.isEmpty()) {
            return;
        }
        PrintWriter out = spec.commandLine().getOut();
        int tasks = ranker.spec().taskCount();
        float[] predictions = new float[batch.size() * tasks];
        ranker.score(batch.stream().map(Request::features).toList(), predictions);
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < batch.size(); i++) {
            line.setLength(0);
            line.append("{\"impression_id\":")
                    .append(JSON.writeValueAsString(batch.get(i).impressionId()))
                    .append(",\"model_version\":\"")
                    .append(ranker.manifest().version())
                    .append("\",\"scores\":{");
            for (int task = 0; task < tasks; task++) {
                line.append(task == 0 ? "" : ",")
                        .append(JSON.writeValueAsString(
                                ranker.spec().tasks().get(task).name()))
                        .append(':');
                Decimals.append(line, predictions[i * tasks + task], DECIMALS);
            }
            out.println(line.append("}}"));
        }
        out.flush();
    }

    /** Lines to features, as the snapshot's own specification says. */
    private static final class Requests {
        private static final String[] NO_IDS = {};

        private final OnlineFeatures online;
        private final FeatureSchema schema;

        Requests(SnapshotModel model, FeatureStates states) throws JsonProcessingException, BadSnapshotException {
            ConfigNode features = ConfigNode.root(
                    "of the snapshot", JSON.readTree(model.file().featuresJson()));
            online = new OnlineFeatures(new FeatureExtractor(FeatureSpec.read(features)), states);
            features.check();
            schema = model.spec().schema();
            if (!online.schema().equals(schema)) {
                throw new BadSnapshotException("snapshot " + model.manifest().version()
                        + ": its specification of features and its schema name different features");
            }
        }

        Decoded<Request> read(String line) {
            JsonNode json;
            try {
                json = JSON.readTree(line);
            } catch (JsonProcessingException e) {
                return Decoded.bad(
                        DeadLetter.Reason.UNDECODABLE,
                        "found no JSON, expected an impression or an example: " + e.getOriginalMessage());
            }
            if (json.has("labels")) {
                return Decoded.value(new Request(json.path("impression_id").asText(), features(json)));
            }
            Decoded<Impression> impression = EventJson.impression(line);
            if (impression instanceof Decoded.Bad<Impression> bad) {
                return Decoded.bad(bad.reason(), bad.detail());
            }
            Impression good = ((Decoded.Value<Impression>) impression).value();
            return Decoded.value(new Request(good.impressionId(), online.of(good)));
        }

        private FeatureValues features(JsonNode example) {
            String[][] ids = new String[schema.idNames().size()][];
            for (int slot = 0; slot < ids.length; slot++) {
                List<String> values = new ArrayList<>();
                example.path("ids").path(schema.idNames().get(slot)).forEach(id -> values.add(id.asText()));
                ids[slot] = values.toArray(NO_IDS);
            }
            float[] numbers = new float[schema.numberNames().size()];
            for (int slot = 0; slot < numbers.length; slot++) {
                numbers[slot] = example.path("numbers")
                        .path(schema.numberNames().get(slot))
                        .floatValue();
            }
            return new FeatureValues(ids, numbers);
        }
    }
}

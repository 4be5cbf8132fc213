package freshet.jobs.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import freshet.features.history.UserHistory;
import freshet.features.online.OnlineStore;
import freshet.jobs.config.FreshetConfig;
import freshet.model.learn.Learner;
import freshet.model.snapshot.SnapshotMoment;
import freshet.model.snapshot.SnapshotWriter;
import freshet.serde.event.Feedback;
import freshet.serde.event.Impression;
import freshet.serde.feature.FeatureChange;
import freshet.serde.feature.FeatureState;
import freshet.serde.snapshot.Lineage;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.SnapshotDirectory;
import freshet.serde.snapshot.SnapshotVersion;
import freshet.serde.wire.EventJson;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** Commands as users call them: what goes to which stream, and the exit codes. */
class CommandsTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path folder;

    record Run(int exitCode, String out, String err) {}

    private static Run freshet(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine command = Main.commandLine();
        command.setOut(new PrintWriter(out, true));
        command.setErr(new PrintWriter(err, true));
        return new Run(command.execute(arguments), out.toString(), err.toString());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--help",
                "demo --help",
                "import --help",
                "import kuairand --help",
                "simulate --help",
                "replay --help",
                "check --help",
                "doctor --help",
                "schema --help",
                "run --help",
                "recover --help",
                "topics --help",
                "send --help",
                "cluster --help",
                "cluster start --help",
                "snapshot --help",
                "snapshot show --help",
                "snapshot verify --help",
                "snapshot export --help",
                "features --help",
                "rank --help"
            })
    void everyCommandHasHelpOnStandardOutput(String line) {
        Run run = freshet(line.split(" "));

        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).contains("Usage: freshet");
        assertThat(run.err()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "xyzzy", "import", "replay", "demo --minutes 1 --seconds 1", "demo --speed 0.5"})
    void wrongCallsExitWithTwoAndSayWhatIsRight(String line) {
        Run run = freshet(line.isEmpty() ? new String[0] : line.split(" "));

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).contains("Usage: freshet");
    }

    @Test
    void rulesOfTheImportStandInItsHelp() {
        assertThat(freshet("import", "kuairand", "--help").out()).contains("half-way into", "repeated row");
    }

    @Test
    void missingFilesAreNamedWithoutAStackTrace() {
        Path nowhere = folder.resolve("nowhere");
        for (Run run : List.of(
                freshet("import", "kuairand", "--log", nowhere.toString(), "--out", folder.toString()),
                freshet("check", "--config", nowhere.toString()),
                freshet("snapshot", "show", nowhere.toString()),
                freshet("replay", "--events", nowhere.toString(), "--out", folder.toString()))) {
            assertThat(run.exitCode()).isEqualTo(2);
            assertThat(run.err()).contains(nowhere.toString()).doesNotContain("\tat ");
        }
    }

    @Test
    void eventsOfNobodyNeedAConfiguration() {
        Run run = freshet(
                "replay",
                "--events",
                folder.toString(),
                "--out",
                folder.resolve("out").toString());

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("name a configuration file with --config");
    }

    @Test
    void checkNamesEveryMistakeAtOnce() throws IOException {
        Path file = Files.writeString(folder.resolve("bad.yaml"), "name: Bad Name\nfoo: 1\n");

        Run run = freshet("check", "--config", file.toString(), "--file-only");

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("name: found 'Bad Name'", "foo: not a known key");
    }

    @Test
    void simulationWritesEventsThatReplayRecognises() throws IOException {
        Path out = folder.resolve("events");

        Run run = freshet("simulate", "--out", out.toString(), "--minutes", "10", "--users", "50", "--videos", "40");

        assertThat(run.exitCode()).isZero();
        assertThat(run.out().strip()).isEqualTo(out.toString());
        assertThat(run.err()).contains("best possible AUC of click");
        assertThat(out).isDirectoryContaining("glob:**truth.jsonl");
        assertThat(Configs.forEvents(null, out, Main.commandLine()).name()).isEqualTo("demo");
    }

    @Test
    void goodSnapshotVerifiesAndRanksWhatItUnderstands() throws IOException {
        Path snapshot = writeSnapshot();
        Impression request = Impression.builder("i1", "u1", "v1", 1_772_433_000_000L)
                .device("phone")
                .build();
        Path requests =
                Files.writeString(folder.resolve("requests.jsonl"), EventJson.toJson(request) + "\nnot a request\n");

        Run verify = freshet("snapshot", "verify", snapshot.toString());
        Run rank = freshet("rank", "--snapshot", snapshot.toString(), "--requests", requests.toString());

        assertThat(verify.exitCode()).isZero();
        assertThat(verify.out()).startsWith("good: 20260302T07Z");
        assertThat(rank.exitCode()).as("one line was no request").isEqualTo(1);
        assertThat(rank.err()).contains("line 2: found no JSON");
        JsonNode scores = JSON.readTree(rank.out());
        assertThat(scores.path("impression_id").asText()).isEqualTo("i1");
        assertThat(scores.path("scores").path("click").asDouble()).isBetween(0.0, 1.0);
    }

    @Test
    void rankKnowsTheViewersOfAnOnlineStore() throws IOException {
        Path snapshot = writeSnapshot();
        FreshetConfig config = FreshetConfig.shipped("demo");
        UserHistory history = new UserHistory();
        history.felt(
                new Feedback("f", null, "u1", "v9", 1_772_433_000_000L, Feedback.WATCH, 5000),
                config.features().historyNeeds());
        Path folderOfStore = folder.resolve("store");
        try (OnlineStore store = OnlineStore.open(folderOfStore)) {
            FeatureState state = new FeatureState(FeatureState.Key.user("u1"), 1_772_433_000_000L, history.encode());
            store.apply(List.of(FeatureChange.to(state)), Map.of());
        }
        Impression request =
                Impression.builder("i1", "u1", "v1", 1_772_434_000_000L).build();
        Path requests = Files.writeString(folder.resolve("known.jsonl"), EventJson.toJson(request) + "\n");

        String[] call = {"rank", "--snapshot", snapshot.toString(), "--requests", requests.toString()};
        Run unknown = freshet(call);
        Run known = freshet(with(call, "--features", folderOfStore.toString()));
        Run nowhere = freshet(with(call, "--features", folder.resolve("nowhere").toString()));

        assertThat(known.exitCode()).as(known.err()).isZero();
        assertThat(known.out()).isNotEqualTo(unknown.out()).contains("\"impression_id\":\"i1\"");
        assertThat(nowhere.exitCode()).isEqualTo(2);
        assertThat(nowhere.err()).contains("opening the online store", "nowhere");
    }

    private static String[] with(String[] call, String... more) {
        return Stream.concat(Arrays.stream(call), Arrays.stream(more)).toArray(String[]::new);
    }

    @Test
    void damagedSnapshotIsBadForEverybody() throws IOException {
        Path snapshot = writeSnapshot();
        Files.writeString(snapshot.resolve("network.onnx"), "damaged", StandardCharsets.UTF_8);

        Run verify = freshet("snapshot", "verify", snapshot.toString());
        Run rank = freshet("rank", "--snapshot", snapshot.toString());

        assertThat(verify.exitCode()).isEqualTo(1);
        assertThat(verify.out()).startsWith("bad: ").contains("network.onnx");
        assertThat(rank.exitCode()).isEqualTo(2);
        assertThat(rank.out()).isEmpty();
    }

    @Test
    void aFolderOfSnapshotsIsNoneItself() throws IOException {
        Path snapshot = writeSnapshot();
        Path parent = Objects.requireNonNull(snapshot.getParent());

        Run parentFolder = freshet("snapshot", "verify", parent.toString());
        Run elsewhere = freshet("snapshot", "show", folder.resolve("nowhere").toString());

        assertThat(parentFolder.exitCode()).isEqualTo(2);
        assertThat(parentFolder.err()).contains("found a folder of 1 snapshots", "name one, such as " + snapshot);
        assertThat(elsewhere.exitCode()).isEqualTo(2);
        assertThat(elsewhere.err()).contains("found no manifest.json there", "a version or alias");
    }

    @Test
    void aSnapshotIsExportedForOtherServers() throws IOException {
        String snapshot = writeSnapshot().toString();
        Path file = folder.resolve("model.onnx");
        Path triton = folder.resolve("triton");

        Run both = freshet(
                "snapshot", "export", snapshot, "--self-contained", file.toString(), "--triton", triton.toString());
        Run network = freshet("snapshot", "export", snapshot, "--triton", triton.toString(), "--name", "ranker");
        Run neither = freshet("snapshot", "export", snapshot);
        Run wrongIds = freshet("snapshot", "export", snapshot, "--self-contained", file.toString(), "--ids", "words");

        assertThat(both.exitCode()).as(both.err()).isZero();
        assertThat(both.out().lines())
                .containsExactly(file.toString(), triton.resolve("demo/1").toString());
        assertThat(both.err()).contains("4 golden rows agree");
        assertThat(triton.resolve("demo/1/model.onnx")).hasSameBinaryContentAs(file);
        assertThat(triton.resolve("demo/config.pbtxt")).content().contains("TYPE_UINT8");
        assertThat(network.exitCode()).as(network.err()).isZero();
        assertThat(triton.resolve("ranker/1/model.onnx"))
                .hasSameBinaryContentAs(Path.of(snapshot).resolve("network.onnx"));
        assertThat(neither.exitCode()).isEqualTo(2);
        assertThat(neither.err()).contains("--triton DIR, --self-contained FILE or both");
        assertThat(wrongIds.exitCode()).isEqualTo(2);
        assertThat(wrongIds.err()).contains("expected text or hashed");
    }

    @Test
    void aListOfSnapshotsNeedsNoMoreThanManifests() throws IOException {
        Path snapshot = writeSnapshot();
        Files.delete(snapshot.resolve("network.onnx"));

        Run list = freshet("snapshot", "ls", folder.resolve("snapshots").toString());

        assertThat(list.exitCode()).isZero();
        assertThat(list.out()).startsWith("20260302T07Z\t0\t");
    }

    private Path writeSnapshot() throws IOException {
        FreshetConfig config = FreshetConfig.shipped("demo");
        SnapshotVersion version = SnapshotVersion.parse("20260302T07Z");
        Snapshot snapshot = new SnapshotWriter("demo", config.featuresJson())
                .write(
                        new Learner(config.model()),
                        new SnapshotMoment(0, version, null, Lineage.START, 0, new TreeMap<>(), List.of()));
        return new SnapshotDirectory(folder.resolve("snapshots")).write(snapshot);
    }
}

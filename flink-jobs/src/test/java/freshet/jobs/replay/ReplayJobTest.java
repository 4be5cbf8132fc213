package freshet.jobs.replay;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import freshet.jobs.ViewerEvents;
import freshet.jobs.config.FreshetConfig;
import freshet.jobs.job.ExamplesGraph;
import freshet.jobs.job.JobSettings;
import freshet.jobs.job.TrainGraph;
import freshet.jobs.source.EventSources;
import freshet.jobs.type.FreshetTypes;
import freshet.serde.example.ExampleMessage;
import freshet.serde.snapshot.Checksums;
import freshet.serde.snapshot.SnapshotDirectory;
import freshet.serde.snapshot.SnapshotVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.apache.flink.api.common.JobExecutionResult;
import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.api.common.state.CheckpointListener;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole replays on a cluster in this process, with RocksDB and checkpoints. */
class ReplayJobTest {
    private static final FreshetConfig CONFIG = ViewerEvents.config();

    @TempDir
    static Path folder;

    private static ReplayResult first;

    @BeforeAll
    static void replayOnce() throws Exception {
        ViewerEvents viewers = new ViewerEvents(41, 30, 3_000);
        viewers.write(folder.resolve("events"), 5);
        viewers.write(folder.resolve("events-shuffled"), 6);
        for (String events : List.of("events", "events-shuffled")) {
            Path impressions = folder.resolve(events).resolve("impressions.jsonl");
            Files.writeString(impressions, "\n{\"impression_id\":\"x\"}\nno JSON\n", StandardOpenOption.APPEND);
        }
        first = ReplayJob.run(options("events", "first", 1));
    }

    private static ReplayOptions options(String events, String out, int parallelism) {
        return new ReplayOptions(folder.resolve(events), folder.resolve(out), CONFIG, parallelism);
    }

    @Test
    void writesTheSameBytesForAnyArrivalAndParallelism() throws Exception {
        ReplayResult second = ReplayJob.run(options("events-shuffled", "second", 2));
        assertThat(checksums(second.out())).isEqualTo(checksums(first.out())).hasSizeGreaterThan(5 + 3 * 5);
    }

    @Test
    void writesTheSameBytesThroughABroker() throws Exception {
        ReplayResult overKafka = ReplayJob.runOverKafka(options("events-shuffled", "kafka", 2));
        Map<String, String> expected = checksums(first.out());
        expected.remove(SetAsideFiles.DEAD_LETTERS); // says where a record was read: another place here
        Map<String, String> found = checksums(overKafka.out());
        assertThat(found.remove(SetAsideFiles.DEAD_LETTERS)).isNotNull();
        assertThat(found).isEqualTo(expected);
        assertThat(deadLetters(overKafka)).isEqualTo(deadLetters(first));
    }

    /** Reason and raw record of each, sorted. */
    private static List<String> deadLetters(ReplayResult result) throws IOException {
        List<String> letters = new ArrayList<>();
        for (String line : Files.readAllLines(result.out().resolve(SetAsideFiles.DEAD_LETTERS))) {
            JsonNode letter = JsonFile.parse(line);
            letters.add(
                    letter.path("reason").asText() + " " + letter.path("raw").asText());
        }
        return letters.stream().sorted().toList();
    }

    @Test
    void whatWasSetAsideIsInFilesAndCounted() throws IOException {
        assertThat(deadLetters(first))
                .containsExactly("empty ", "missing_id {\"impression_id\":\"x\"}", "undecodable no JSON");
        JsonNode setAside = first.summary().path("set_aside");
        assertThat(setAside.path("dead_letters").asInt()).isEqualTo(3);
        assertThat(setAside.path("late").asInt()).isZero();
        List<String> orphans = Files.readAllLines(first.out().resolve(SetAsideFiles.ORPHANS));
        assertThat(orphans)
                .hasSize(setAside.path("orphans").asInt())
                .isNotEmpty()
                .allSatisfy(line -> assertThat(line).contains("\"reason\":\"orphan\"", "never-shown-"));
        assertThat(first.summary()
                        .path("events")
                        .path("feedback")
                        .path("orphan")
                        .asInt())
                .isEqualTo(orphans.size());
    }

    @Test
    void aSetAsideRecordThatIsMissingFromItsFileIsNamed() throws IOException {
        JsonNode ledger = JsonFile.read(first.out().resolve(LedgerFileSink.LEDGER));
        ObjectNode setAside = first.summary().path("set_aside").deepCopy();
        assertThat(ReplayEvents.imbalances(setAside, ledger)).isEmpty();
        setAside.put("dead_letters", 2);
        assertThat(ReplayEvents.imbalances(setAside, ledger))
                .containsExactly("dead letters: found 2 in their file, expected the 3 of the ledger");
    }

    @Test
    void replacesTheOutputsOfAnEarlierReplay() throws Exception {
        ReplayOptions options = options("events", "again", 1);
        Files.createDirectories(options.out().resolve("snapshots/20200101T00Z"));
        Files.writeString(options.out().resolve("snapshots/20200101T00Z/manifest.json"), "{}");
        Files.writeString(options.out().resolve("examples.jsonl"), "x".repeat(10_000_000));
        Files.writeString(options.out().resolve("note.txt"), "mine");
        ReplayJob.run(options);
        Map<String, String> files = checksums(options.out());
        assertThat(files.remove("note.txt")).isNotNull();
        assertThat(files).isEqualTo(checksums(first.out()));
    }

    @Test
    void aFailureInTheMiddleLeavesNoTrace() throws Exception {
        ReplayOptions options = options("events", "failed", 2);
        Configuration settings = new Configuration();
        settings.setString("execution.checkpointing.interval", "20ms");
        settings.setString("restart-strategy.type", "fixed-delay");
        settings.setString("restart-strategy.fixed-delay.delay", "10ms");
        settings.setString(
                "execution.checkpointing.dir",
                folder.resolve("checkpoints").toUri().toString());
        StreamExecutionEnvironment env = StreamExecutionEnvironment.createLocalEnvironment(2, settings);
        JobSettings.apply(env);
        ExamplesGraph graph = ExamplesGraph.build(
                CONFIG, EventSources.files(env, CONFIG, options.events()), EventSources.Until.CURRENT_END);
        var examples = graph.examples()
                .map(new FailsTwice())
                .returns(FreshetTypes.EXAMPLE_MESSAGE)
                .uid("fails-twice");
        ReplayJob.writeTrained(TrainGraph.build(CONFIG.forReplay(), examples, Optional.empty()), options);
        ReplayJob.writeLedger(graph.ledger(), options);
        ReplayJob.writeSetAside(graph, options);
        FailsTwice.FAILURES.set(0);
        JobExecutionResult job = env.execute();
        ReplayJob.complete(options.out());

        assertThat(FailsTwice.FAILURES).hasValue(2);
        assertThat(checksums(options.out())).isEqualTo(checksums(first.out()));
        // What the dashboard shows of the job is what its state has counted, across the failures.
        JsonNode join =
                JsonFile.read(options.out().resolve(LedgerFileSink.LEDGER)).path("join");
        for (String line : List.of("impression_accepted", "impression_duplicate", "feedback_used")) {
            assertThat((Long) job.getAccumulatorResult(line))
                    .as(line)
                    .isEqualTo(join.path(line).asLong());
        }
        assertThat((Long) job.getAccumulatorResult("task.click.labelled"))
                .isEqualTo(join.at("/tasks/click/labelled").asLong());
        assertThat((Long) job.getAccumulatorResult("examples_learnt")).isPositive();
    }

    /** Fails at the first example after a checkpoint, twice in all. */
    private static final class FailsTwice implements MapFunction<ExampleMessage, ExampleMessage>, CheckpointListener {
        private static final long serialVersionUID = 1L;
        static final AtomicInteger FAILURES = new AtomicInteger();

        private transient boolean checkpointed;

        @Override
        public ExampleMessage map(ExampleMessage message) {
            if (checkpointed && FAILURES.getAndUpdate(failures -> Math.min(2, failures + 1)) < 2) {
                throw new IllegalStateException("the failure that this test wants");
            }
            return message;
        }

        @Override
        public void notifyCheckpointComplete(long checkpointId) {
            checkpointed = true;
        }
    }

    @Test
    void filesAgreeWithOneAnother() throws IOException {
        assertThat(first.imbalances()).isEmpty();
        List<String> predictions = Files.readAllLines(first.out().resolve("predictions.csv"));
        assertThat(predictions.get(0))
                .isEqualTo("impression_id,user_id,event_time,decided_time,task,label,weight,prediction,served");
        List<String[]> rows =
                predictions.stream().skip(1).map(row -> row.split(",", -1)).toList();
        JsonNode click = first.summary().path("tasks").path("click");
        assertThat(rows).allSatisfy(row -> assertThat(row).hasSize(9));
        assertThat(rows.stream().filter(row -> row[4].equals("click")).count())
                .isEqualTo(click.path("count").asLong());
        assertThat(rows.stream()
                        .filter(row -> row[4].equals("click") && row[5].equals("1"))
                        .count())
                .isEqualTo(click.path("positives").asLong());
        assertThat(first.summary()
                        .path("events")
                        .path("impressions")
                        .path("accepted")
                        .asLong())
                .isEqualTo(click.path("count").asLong());

        List<SnapshotVersion> versions = new SnapshotDirectory(first.out().resolve("snapshots")).versions();
        assertThat(first.summary().path("snapshots").asInt()).isEqualTo(versions.size());
        SnapshotVersion last = versions.get(versions.size() - 1);
        assertThat(first.summary().path("last_snapshot").path("version").asText())
                .isEqualTo(last.toString());
        assertThat(first.summary().path("last_snapshot").path("sha256").asText())
                .isEqualTo(SnapshotDirectory.read(first.out().resolve("snapshots/" + last))
                        .manifest()
                        .sha256());
        // Served by the snapshot of the impression's hour, so by none before the first.
        long firstSnapshot = versions.get(0).eventTimeMillis();
        assertThat(rows)
                .allSatisfy(row -> assertThat(row[8].isEmpty()).isEqualTo(Long.parseLong(row[2]) < firstSnapshot));
        assertThat(rows.stream().mapToLong(row -> Long.parseLong(row[3]))).isSorted();
    }

    @Test
    void aSquaredTaskHasNoMetricsOfClasses() throws IOException {
        JsonNode watch = first.summary().path("tasks").path("watch");
        assertThat(watch.path("auc").isNull()).isTrue();
        assertThat(watch.path("positives").isNull()).isTrue();
        assertThat(watch.path("mse").isNumber()).isTrue();
        assertThat(watch.path("mean_label").isNumber()).isTrue();
        assertThat(watch.path("served_mse").isNumber()).isTrue();
    }

    /** By path below the folder: SHA-256 of every file. */
    private static Map<String, String> checksums(Path out) throws IOException {
        Map<String, String> checksums = new TreeMap<>();
        try (Stream<Path> files = Files.walk(out)) {
            for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
                checksums.put(out.relativize(file).toString(), Checksums.sha256(Files.readAllBytes(file)));
            }
        }
        return checksums;
    }
}

package freshet.jobs.job;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.jobs.Collected;
import freshet.jobs.FailOnce;
import freshet.jobs.ViewerEvents;
import freshet.jobs.config.FreshetConfig;
import freshet.jobs.join.JoinReference;
import freshet.jobs.metric.LedgerPart;
import freshet.jobs.source.EventSources;
import freshet.jobs.source.EventStream;
import freshet.jobs.type.FreshetTypes;
import freshet.serde.event.DeadLetter;
import freshet.serde.event.DeadLetter.Reason;
import freshet.serde.event.Impression;
import freshet.serde.example.ExampleMessage;
import freshet.serde.example.Frontier;
import freshet.serde.example.LabeledExample;
import freshet.serde.wire.EventJson;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The graph from files to examples, on a cluster in this process, with RocksDB and checkpoints. */
class ExamplesFromFilesTest {
    @RegisterExtension
    static final MiniClusterExtension CLUSTER = new MiniClusterExtension(new MiniClusterResourceConfiguration.Builder()
            .setNumberTaskManagers(1)
            .setNumberSlotsPerTaskManager(2)
            .build());

    private static final FreshetConfig CONFIG = ViewerEvents.config();

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({"1, 5", "2, 5", "2, 6"})
    void anyParallelismAndAnyArrivalWithinTheDisorderGiveTheSameExamples(int parallelism, long arrivalSeed)
            throws Exception {
        ViewerEvents viewers = new ViewerEvents(41, 30, 2000);
        viewers.write(folder, arrivalSeed);

        Run run = run(parallelism);

        JoinReference reference = new JoinReference(CONFIG, viewers.events());
        assertThat(run.examples).isEqualTo(reference.examples()).isNotEmpty();
        assertThat(run.ledger.join()).isEqualTo(reference.ledger());
        assertThat(run.ledger.imbalances()).isEmpty();
        assertThat(run.ends).isEqualTo(parallelism);
    }

    @Test
    void poisonIsSetAsideAndTheLedgerAddsUp() throws Exception {
        ViewerEvents viewers = new ViewerEvents(42, 5, 100);
        viewers.write(folder, 1);
        Files.writeString(
                folder.resolve("impressions.jsonl"), "\n{\"impression_id\":\"x\"}\nnoise\n", StandardOpenOption.APPEND);
        Files.write(folder.resolve("feedback.jsonl"), new byte[] {1, 2, (byte) 0xFF}, StandardOpenOption.APPEND);

        Run run = run(1);

        assertThat(run.deadLetters)
                .extracting(DeadLetter::topic, DeadLetter::reason)
                .containsExactlyInAnyOrder(
                        org.assertj.core.groups.Tuple.tuple("impressions.jsonl", Reason.EMPTY),
                        org.assertj.core.groups.Tuple.tuple("impressions.jsonl", Reason.MISSING_ID),
                        org.assertj.core.groups.Tuple.tuple("impressions.jsonl", Reason.UNDECODABLE),
                        org.assertj.core.groups.Tuple.tuple("feedback.jsonl", Reason.UNDECODABLE));
        assertThat(run.examples).isEqualTo(new JoinReference(CONFIG, viewers.events()).examples());
        assertThat(run.ledger.imbalances()).isEmpty();
        assertThat(run.ledger.sources().deadCount(EventStream.IMPRESSIONS, Reason.UNDECODABLE))
                .isEqualTo(1);
    }

    @Test
    void aClockAYearAheadChangesNothingButTheDeadLetters() throws Exception {
        ViewerEvents viewers = new ViewerEvents(44, 30, 1000);
        viewers.write(folder, 3);
        Path file = folder.resolve("impressions.jsonl");
        List<String> lines = new ArrayList<>(Files.readAllLines(file));
        for (int place : new int[] {0, lines.size() / 2, lines.size()}) {
            lines.add(
                    place,
                    EventJson.toJson(
                            Impression.builder("ahead-" + place, "u1", "v", ViewerEvents.START + 365L * 24 * 3_600_000)
                                    .build()));
        }
        Files.write(file, lines);

        Run run = run(2);

        assertThat(run.deadLetters)
                .hasSize(3)
                .allSatisfy(letter -> assertThat(letter.reason()).isEqualTo(Reason.FUTURE));
        JoinReference reference = new JoinReference(CONFIG, viewers.events());
        assertThat(run.examples).isEqualTo(reference.examples());
        assertThat(run.ledger.join()).isEqualTo(reference.ledger());
        assertThat(run.ledger.imbalances()).isEmpty();
    }

    @Test
    void aFailureInTheMiddleChangesNeitherExamplesNorLedger() throws Exception {
        ViewerEvents viewers = new ViewerEvents(43, 30, 5_000);
        viewers.write(folder, 7);
        Files.writeString(folder.resolve("impressions.jsonl"), "noise\n", StandardOpenOption.APPEND);
        FailOnce<ExampleMessage> failure = new FailOnce<>(100);

        Run run = run(2, Optional.of(failure));

        assertThat(failure.hasFailed()).isTrue();
        JoinReference reference = new JoinReference(CONFIG, viewers.events());
        assertThat(run.examples.stream().distinct().toList()).isEqualTo(reference.examples());
        assertThat(run.ledger.join()).isEqualTo(reference.ledger());
        assertThat(run.ledger.imbalances()).isEmpty();
        assertThat(run.ledger.sources().deadCount(EventStream.IMPRESSIONS, Reason.UNDECODABLE))
                .isEqualTo(1);
    }

    private Run run(int parallelism) throws Exception {
        return run(parallelism, Optional.empty());
    }

    private Run run(int parallelism, Optional<FailOnce<ExampleMessage>> failure) throws Exception {
        Configuration settings = new Configuration();
        settings.setString("execution.checkpointing.interval", "50ms");
        settings.setString("restart-strategy.type", "fixed-delay");
        settings.setString("restart-strategy.fixed-delay.delay", "10ms");
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment(settings);
        env.setParallelism(parallelism);
        JobSettings.apply(env);
        ExamplesGraph graph =
                ExamplesGraph.build(CONFIG, EventSources.files(env, CONFIG, folder), EventSources.Until.CURRENT_END);
        DataStream<ExampleMessage> examples = failure.isEmpty()
                ? graph.examples()
                : graph.examples()
                        .map(failure.get())
                        .returns(FreshetTypes.EXAMPLE_MESSAGE)
                        .uid("failure");
        return Run.of(env, graph, examples);
    }

    /** What one run yielded. */
    private record Run(List<LabeledExample> examples, int ends, List<DeadLetter> deadLetters, JobLedger ledger) {

        static Run of(StreamExecutionEnvironment env, ExamplesGraph graph, DataStream<ExampleMessage> examplesOut)
                throws Exception {
            Collected<ExampleMessage> messages = new Collected<>(examplesOut, "examples");
            Collected<DeadLetter> deadLetters = new Collected<>(graph.deadLetters(), "dead-letters");
            Collected<LedgerPart> parts = new Collected<>(graph.ledger(), "ledger");
            env.execute("files to examples");
            JobLedger ledger = new JobLedger(CONFIG.join().taskNames());
            parts.values().forEach(ledger::accept);
            List<LabeledExample> examples = new ArrayList<>();
            int ends = 0;
            for (ExampleMessage message : messages.values()) {
                if (message instanceof LabeledExample example) {
                    examples.add(example);
                } else if (((Frontier) message).throughMillis() == Frontier.END) {
                    ends++;
                }
            }
            examples.sort(LabeledExample.ORDER);
            return new Run(examples, ends, deadLetters.values(), ledger);
        }
    }
}

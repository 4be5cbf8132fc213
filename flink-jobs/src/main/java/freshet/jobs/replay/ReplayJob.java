package freshet.jobs.replay;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import freshet.jobs.config.FreshetConfig;
import freshet.jobs.job.ExamplesGraph;
import freshet.jobs.job.ExamplesJob;
import freshet.jobs.job.JobSettings;
import freshet.jobs.job.TrainGraph;
import freshet.jobs.job.TrainJob;
import freshet.jobs.local.EmbeddedKafka;
import freshet.jobs.local.Machine;
import freshet.jobs.metric.LedgerPart;
import freshet.jobs.publish.PublishPlan;
import freshet.jobs.sink.SetAsideRecord;
import freshet.jobs.source.EventSources;
import freshet.jobs.source.EventSources.Until;
import freshet.jobs.source.ReplayToKafka;
import freshet.jobs.train.TrainRecord;
import freshet.jobs.warm.WarmStart;
import freshet.serde.snapshot.SnapshotDirectory;
import freshet.serde.snapshot.SnapshotVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * The operators of both jobs in one bounded graph: files, join, trainer, files. Runs in this process, with RocksDB and
 * checkpoints as on a cluster, and blocks until everything has been learnt and written.
 */
public final class ReplayJob {
    private static final Duration CHECKPOINT_INTERVAL = Duration.ofSeconds(10);
    private static final MemorySize MANAGED_MEMORY = MemorySize.ofMebiBytes(256);

    /** More than one, so that the order has to be restored as in production. */
    private static final int TOPIC_PARTITIONS = 2;

    private static final Map<String, String> TOPIC_SETTINGS =
            Map.of("max.message.bytes", String.valueOf(ReplayToKafka.MAX_REQUEST_BYTES));

    /** Over Kafka, the trainer's job has a publisher of its own. */
    private static final String PUBLISH_ID = "replay-publish";

    private ReplayJob() {}

    /**
     * Replays events from files to files.
     *
     * @throws Exception when files cannot be read or written, or the job fails for good
     */
    public static ReplayResult run(ReplayOptions options) throws Exception {
        return inWorkFolder(options, work -> {
            StreamExecutionEnvironment env = environment(options, work);
            build(env, options);
            env.execute("Freshet replay: " + options.config().name());
        });
    }

    /**
     * Replays events as a deployment does, with a broker of its own between the steps: the files into topics, the examples
     * job to its end, the train job to its end. The outputs are those of {@link #run}, to the byte, as long as no event is
     * further behind than the configuration allows.
     *
     * @throws Exception when files cannot be read or written, the broker does not start, or a job fails for good
     */
    public static ReplayResult runOverKafka(ReplayOptions options) throws Exception {
        return inWorkFolder(options, work -> {
            try (EmbeddedKafka kafka = EmbeddedKafka.start(work.resolve("kafka"))) {
                FreshetConfig config =
                        options.config().forReplay().withJsonEvents().withBootstrapServers(kafka.bootstrapServers());
                for (String topic : config.topics().all()) {
                    kafka.createTopic(topic, TOPIC_PARTITIONS, TOPIC_SETTINGS);
                }
                ReplayToKafka.send(options.events(), config);

                StreamExecutionEnvironment examplesEnv = environment(options, work);
                ExamplesGraph examples = ExamplesJob.build(examplesEnv, config, Until.CURRENT_END);
                writeLedger(examples.ledger(), options);
                writeSetAside(examples, options);
                examplesEnv.execute(ExamplesJob.name(config));

                StreamExecutionEnvironment trainEnv = environment(options, work);
                TrainJob.Streams train = TrainJob.build(trainEnv, config, Until.CURRENT_END, warmFolder(options));
                writeTrained(train.trained(), options);
                writeLedger(train.ledger(), options);
                trainEnv.execute(TrainJob.name(config));
            }
        });
    }

    /** What is done between clearing the outputs and completing them. */
    private interface Work {
        void in(Path folder) throws Exception;
    }

    private static ReplayResult inWorkFolder(ReplayOptions options, Work work) throws Exception {
        clear(options.out());
        Path folder = Files.createTempDirectory("freshet-replay");
        try {
            work.in(folder);
        } finally {
            Machine.removeFolder(folder);
        }
        return complete(options.out());
    }

    private static StreamExecutionEnvironment environment(ReplayOptions options, Path work) {
        return StreamExecutionEnvironment.createLocalEnvironment(options.parallelism(), settings(work));
    }

    private static Configuration settings(Path work) {
        Configuration settings = new Configuration();
        settings.set(CheckpointingOptions.CHECKPOINT_STORAGE, "filesystem");
        settings.set(
                CheckpointingOptions.CHECKPOINTS_DIRECTORY,
                work.resolve("checkpoints").toUri().toString());
        settings.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, CHECKPOINT_INTERVAL);
        settings.set(TaskManagerOptions.MANAGED_MEMORY_SIZE, MANAGED_MEMORY);
        return settings;
    }

    /** Builds the graph of {@link #run} into an environment of the caller's; {@link #complete} what its execution wrote. */
    public static void build(StreamExecutionEnvironment env, ReplayOptions options) {
        FreshetConfig config = options.config().forReplay();
        JobSettings.apply(env);
        ExamplesGraph examples =
                ExamplesGraph.build(config, EventSources.files(env, config, options.events()), Until.CURRENT_END);
        writeTrained(TrainGraph.build(config, examples.examples(), warmFolder(options)), options);
        writeLedger(examples.ledger(), options);
        writeSetAside(examples, options);
    }

    /** The folder of events, where it also says what a new model should know. */
    private static Optional<String> warmFolder(ReplayOptions options) {
        return WarmStart.isIn(options.events())
                ? Optional.of(options.events().toUri().toString())
                : Optional.empty();
    }

    /** Writes what the trainer puts out. */
    static void writeTrained(DataStream<TrainRecord> trained, ReplayOptions options) {
        DataStream<TrainRecord> published = TrainGraph.publish(
                trained, PublishPlan.unfenced(options.config().forReplay()), PUBLISH_ID);
        published
                .sinkTo(new ReplayOutputSink(options.out(), options.config()))
                .name("Write outputs")
                .uid("replay-files")
                .setDescription("Writes examples, predictions, metrics and snapshots")
                .setParallelism(1);
    }

    /** Writes the ledger when the input has ended; of a job that is only the trainer, its part into the one that is there. */
    public static void writeLedger(DataStream<LedgerPart> ledger, ReplayOptions options) {
        ledger.sinkTo(new LedgerFileSink(options.out(), options.config()))
                .name("Write ledger")
                .uid("replay-ledger")
                .setDescription("Adds up where every record has ended")
                .setParallelism(1);
    }

    /** Writes what became no example, in no order until {@link #complete}. */
    static void writeSetAside(ExamplesGraph graph, ReplayOptions options) {
        DataStream<SetAsideRecord> deadLetters = graph.deadLetters()
                .map(letter -> SetAsideRecord.deadLetter(letter, SetAsideFiles.DEAD_LETTERS))
                .returns(SetAsideRecord.TYPE)
                .name("Dead letters to lines")
                .uid("replay-dead-letters");
        DataStream<SetAsideRecord> late = graph.late()
                .map(event -> SetAsideRecord.late(event, SetAsideFiles.LATE))
                .returns(SetAsideRecord.TYPE)
                .name("Late events to lines")
                .uid("replay-late");
        DataStream<SetAsideRecord> orphans = graph.orphans()
                .map(event -> SetAsideRecord.orphan(event, SetAsideFiles.ORPHANS))
                .returns(SetAsideRecord.TYPE)
                .name("Orphans to lines")
                .uid("replay-orphans");
        deadLetters
                .union(late, orphans)
                .sinkTo(new SetAsideFileSink(options.out()))
                .name("Write set aside")
                .uid("replay-set-aside")
                .setDescription("Writes " + String.join(", ", SetAsideFiles.NAMES))
                .setParallelism(1);
    }

    /** Removes the outputs of an earlier replay, and nothing else. */
    private static void clear(Path out) throws IOException {
        for (String name : List.of(
                ReplayOutput.EXAMPLES,
                ReplayOutput.PREDICTIONS,
                ReplayOutput.METRICS,
                ReplayOutput.SUMMARY,
                LedgerFileSink.LEDGER)) {
            Files.deleteIfExists(out.resolve(name));
        }
        for (String name : SetAsideFiles.NAMES) {
            Files.deleteIfExists(out.resolve(name));
            Files.deleteIfExists(SetAsideFiles.unordered(out, name));
        }
        SnapshotDirectory snapshots = new SnapshotDirectory(out.resolve(ReplayOutput.SNAPSHOTS));
        for (SnapshotVersion version : snapshots.versions()) {
            Machine.removeFolder(snapshots.path(version));
        }
    }

    /**
     * Adds to the summary how well the impressions of a span were predicted, exactly.
     *
     * @param fromMillis event time of the first impressions that count
     * @param toMillis event time of the first ones after them that do not
     */
    public static ReplayResult scoreWindow(ReplayResult result, FreshetConfig config, long fromMillis, long toMillis)
            throws IOException {
        ObjectNode summary = (ObjectNode) result.summary();
        ObjectNode window = summary.putObject("window");
        window.put("from", fromMillis).put("to", toMillis);
        window.set(
                "tasks",
                WindowScores.read(
                        result.out().resolve(ReplayOutput.PREDICTIONS),
                        config.model().tasks(),
                        fromMillis,
                        toMillis));
        JsonFile.write(result.out().resolve(ReplayOutput.SUMMARY), summary);
        return new ReplayResult(result.out(), summary, result.imbalances());
    }

    /**
     * Completes what different tasks wrote: puts the set-aside files in their order, and the summary says what the ledger says
     * of the events, and how many were set aside. The files must hold as many records as the ledger counts.
     */
    public static ReplayResult complete(Path out) throws IOException {
        JsonNode ledger = JsonFile.read(out.resolve(LedgerFileSink.LEDGER));
        Path summaryFile = out.resolve(ReplayOutput.SUMMARY);
        ObjectNode summary = (ObjectNode) JsonFile.read(summaryFile);
        summary.set("events", ReplayEvents.of(ledger));
        ObjectNode setAside = SetAsideFiles.complete(out);
        summary.set("set_aside", setAside);
        JsonFile.write(summaryFile, summary);
        List<String> imbalances = new ArrayList<>();
        ledger.path("imbalances").forEach(imbalance -> imbalances.add(imbalance.asText()));
        imbalances.addAll(ReplayEvents.imbalances(setAside, ledger));
        return new ReplayResult(out, summary, imbalances);
    }
}

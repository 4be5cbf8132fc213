package freshet.jobs.replay;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import freshet.jobs.config.FreshetConfig;
import freshet.jobs.job.ExamplesGraph;
import freshet.jobs.job.JobSettings;
import freshet.jobs.job.TrainGraph;
import freshet.jobs.local.Machine;
import freshet.jobs.metric.LedgerPart;
import freshet.jobs.source.EventSources;
import freshet.jobs.train.TrainRecord;
import freshet.serde.snapshot.SnapshotDirectory;
import freshet.serde.snapshot.SnapshotVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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

    private ReplayJob() {}

    /**
     * Replays events.
     *
     * @throws Exception when files cannot be read or written, or the job fails for good
     */
    public static ReplayResult run(ReplayOptions options) throws Exception {
        clear(options.out());
        Path work = Files.createTempDirectory("freshet-replay");
        try {
            StreamExecutionEnvironment env =
                    StreamExecutionEnvironment.createLocalEnvironment(options.parallelism(), settings(work));
            build(env, options);
            env.execute("freshet replay of " + options.config().name());
        } finally {
            Machine.removeFolder(work);
        }
        return finish(options.out());
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

    /** Builds the graph into an environment. */
    static void build(StreamExecutionEnvironment env, ReplayOptions options) {
        FreshetConfig config = options.config();
        JobSettings.apply(env);
        ExamplesGraph examples = ExamplesGraph.build(config, EventSources.files(env, config, options.events()));
        write(TrainGraph.build(config, examples.examples()), examples.ledger(), options);
    }

    /** Puts the files behind what they are made of. */
    static void write(DataStream<TrainRecord> trained, DataStream<LedgerPart> ledger, ReplayOptions options) {
        trained.sinkTo(new ReplayOutputSink(options.out(), options.config()))
                .name("Write outputs")
                .uid("replay-files")
                .setParallelism(1);
        ledger.sinkTo(new LedgerFileSink(options.out(), options.config()))
                .name("Write ledger")
                .uid("replay-ledger")
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
        SnapshotDirectory snapshots = new SnapshotDirectory(out.resolve(ReplayOutput.SNAPSHOTS));
        for (SnapshotVersion version : snapshots.versions()) {
            Machine.removeFolder(snapshots.path(version));
        }
    }

    /** Completes the summary with what the ledger says of the events; the two were written by different tasks. */
    static ReplayResult finish(Path out) throws IOException {
        JsonNode ledger = JsonFile.read(out.resolve(LedgerFileSink.LEDGER));
        Path summaryFile = out.resolve(ReplayOutput.SUMMARY);
        ObjectNode summary = (ObjectNode) JsonFile.read(summaryFile);
        summary.set("events", ReplayEvents.of(ledger));
        JsonFile.write(summaryFile, summary);
        List<String> imbalances = new ArrayList<>();
        ledger.path("imbalances").forEach(imbalance -> imbalances.add(imbalance.asText()));
        return new ReplayResult(out, summary, imbalances);
    }
}

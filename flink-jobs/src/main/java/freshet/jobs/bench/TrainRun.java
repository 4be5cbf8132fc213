package freshet.jobs.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import freshet.jobs.config.FreshetConfig;
import freshet.jobs.job.JobSettings;
import freshet.jobs.job.TrainGraph;
import freshet.jobs.local.Machine;
import freshet.jobs.type.FreshetTypes;
import freshet.model.spec.ModelSpec;
import freshet.serde.example.ExampleMessage;
import freshet.serde.example.FeatureSchema;
import freshet.serde.example.Frontier;
import freshet.serde.example.LabeledExample;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.connector.datagen.source.GeneratorFunction;
import org.apache.flink.runtime.jobgraph.JobGraph;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.jspecify.annotations.Nullable;

/**
 * The learner's benchmark through Flink: {@link StandardModel} in the operator of the train job, with everything that it does
 * there: examples arrive serialised and out of order, are put in order, scored, measured and learnt; rows go to RocksDB, with
 * an incremental checkpoint every ten seconds. In a JVM of its own, whose only line says how fast it was.
 */
public final class TrainRun {
    static final int BATCH = 256;

    private static final Duration CHECKPOINTS = Duration.ofSeconds(10);
    private static final int EXAMPLES = 16_384;
    private static final int WARM_UP = 300_000;
    /** Messages between two promises, which is also how far examples are out of order: the last of each block is a promise. */
    private static final int BLOCK = 512;
    /** Has no factor in common with the examples of a block. */
    private static final int STRIDE = 200;

    private static final long START_MILLIS = 1_700_000_000_000L;
    private static final long HORIZON_MILLIS = 60_000;

    /**
     * What was measured.
     *
     * @param examplesPerSecond by the clock, while two tasks work: one makes examples, one learns
     * @param examplesPerCpuSecond of the whole process
     * @param checkpoints completed in the run
     * @param longestSyncPauseMillis for which a checkpoint stopped the trainer
     */
    public record Result(
            double examplesPerSecond, double examplesPerCpuSecond, long checkpoints, double longestSyncPauseMillis) {}

    private TrainRun() {}

    /** Starts the JVM and waits for its line. */
    public static Result inItsOwnJvm(double seconds) throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("freshet-bench");
        try {
            // So many that a machine twice as fast as any we know is measured for as long as was asked.
            long measured = (long) (seconds * 50_000);
            String line = MeasuredJvm.run(TrainRun.class, Long.toString(measured), folder.toString());
            return new ObjectMapper().readValue(line, Result.class);
        } finally {
            Machine.removeFolder(folder);
        }
    }

    /**
     * @param args how many examples to measure, a folder for state
     */
    public static void main(String[] args) throws Exception {
        long warmUp = StandardModel.everyIdCount() + WARM_UP;
        long messages = messages(warmUp + Long.parseLong(args[0]));
        Configuration settings = JoinRun.settings(JoinVariant.Backend.ROCKSDB, CHECKPOINTS, Path.of(args[1]));
        JobGraph job = graph(settings, new Made(messages(warmUp), messages), messages, config());
        try (MiniCluster cluster = JoinRun.cluster(settings)) {
            cluster.start();
            cluster.executeJobBlocking(job);
            System.out.println(new ObjectMapper().writeValueAsString(result(cluster, job, Long.parseLong(args[0]))));
        }
        System.exit(0); // threads of Flink and RocksDB may still be closing
    }

    /** The operators of the train job behind a source that makes their messages here. */
    static JobGraph graph(
            Configuration settings, GeneratorFunction<Long, ExampleMessage> made, long messages, FreshetConfig config) {
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment(settings);
        env.setParallelism(1);
        JobSettings.apply(env);
        DataStream<ExampleMessage> examples = env.fromSource(
                        new DataGeneratorSource<>(made, messages, FreshetTypes.EXAMPLE_MESSAGE),
                        WatermarkStrategy.noWatermarks(),
                        "Examples made here",
                        FreshetTypes.EXAMPLE_MESSAGE)
                .uid("made");
        TrainGraph.build(config, examples, Optional.empty())
                .sinkTo(new DiscardingSink<>())
                .uid("drop");
        return env.getStreamGraph().getJobGraph();
    }

    /** A promise of the one writer of the one partition. */
    static Frontier promise(long throughMillis) {
        return new Frontier(0, 1, 0, JobSettings.KEY_GROUPS - 1, JobSettings.KEY_GROUPS, throughMillis);
    }

    private static Result result(MiniCluster cluster, JobGraph job, long examples) throws Exception {
        Stretch.Mark begin = Stretch.beginning();
        Stretch.Mark end = Stretch.ending();
        SyncPauses pauses = SyncPauses.of(cluster, job);
        return new Result(
                examples / ((end.wallNanos() - begin.wallNanos()) / 1e9),
                examples / ((end.cpuNanos() - begin.cpuNanos()) / 1e9),
                pauses.completed(),
                pauses.longestMillis());
    }

    private static long messages(long examples) {
        return (examples + BLOCK - 2) / (BLOCK - 1) * BLOCK;
    }

    /** The standard model in a configuration: its features are fields, its batches are closed by count alone. */
    private static FreshetConfig config() {
        ModelSpec model = StandardModel.spec(1);
        FeatureSchema schema = model.schema();
        String tasks = model.tasks().stream()
                .map(task -> "{name: " + task.name() + ", label: {kind: " + task.name() + "}, horizon: 1m}")
                .collect(Collectors.joining(", "));
        return FreshetConfig.parse(
                "the standard model",
                "name: bench-train\ntasks: [" + tasks + "]\nfeatures:\n  ids: [" + fields("ids", schema.idNames())
                        + "]\n  numbers: [" + fields("numbers", schema.numberNames())
                        + "]\nsnapshots: {delta_every: 0s}\nmodel: "
                        + model.json().replaceFirst("\\{", "{\"batch\":" + BATCH + ",\"tick\":\"1d\","));
    }

    private static String fields(String map, List<String> names) {
        return names.stream()
                .map(name -> "{name: " + name + ", field: " + map + "." + name + "}")
                .collect(Collectors.joining(", "));
    }

    /** First every id once, then examples as they come; in blocks, shuffled, with a promise at the end of each. */
    private static final class Made implements GeneratorFunction<Long, ExampleMessage> {
        private static final long serialVersionUID = 1L;

        private final long warmUpMessages;
        private final long messages;
        private transient @Nullable List<LabeledExample> examples;

        Made(long warmUpMessages, long messages) {
            this.warmUpMessages = warmUpMessages;
            this.messages = messages;
        }

        @Override
        public ExampleMessage map(Long message) {
            if (message == warmUpMessages) {
                Stretch.begin();
            }
            if (message == messages - 1) {
                Stretch.end();
            }
            long block = message / BLOCK;
            int within = (int) (message % BLOCK);
            long firstExample = block * (BLOCK - 1);
            if (within == BLOCK - 1) {
                boolean last = message == messages - 1;
                long through = last ? Frontier.END : decidedMillis(firstExample + BLOCK - 2);
                return promise(through);
            }
            return example(firstExample + (long) within * STRIDE % (BLOCK - 1));
        }

        private LabeledExample example(long index) {
            LabeledExample like;
            if (index < StandardModel.everyIdCount()) {
                like = StandardModel.everyId((int) index, (int) index + 1).get(0);
            } else {
                if (examples == null) {
                    examples = StandardModel.examples(1, EXAMPLES);
                }
                like = examples.get((int) (index % EXAMPLES));
            }
            return new LabeledExample(
                    "i" + index,
                    like.userId(),
                    like.videoId(),
                    decidedMillis(index) - HORIZON_MILLIS,
                    decidedMillis(index),
                    like.features(),
                    like.labels());
        }

        /** A thousand examples a second of event time. */
        private static long decidedMillis(long index) {
            return START_MILLIS + index;
        }
    }
}

package freshet.jobs.bench;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import freshet.jobs.config.FreshetConfig;
import freshet.jobs.local.Machine;
import freshet.serde.example.ExampleMessage;
import freshet.serde.example.FeatureValues;
import freshet.serde.example.Frontier;
import freshet.serde.example.LabeledExample;
import freshet.serde.example.TaskLabel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.LongUnaryOperator;
import java.util.stream.Collectors;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.WebOptions;
import org.apache.flink.connector.datagen.source.GeneratorFunction;
import org.apache.flink.core.execution.CheckpointType;
import org.apache.flink.runtime.checkpoint.CompletedCheckpointStats;
import org.apache.flink.runtime.jobgraph.JobGraph;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.jspecify.annotations.Nullable;

/**
 * What a checkpoint of the train job costs as a table grows: one table of rows of width 16 with their optimizer state, of which a
 * million stay in memory, in RocksDB. At each size every row was learnt from; then {@value #TOUCHED} rows all over the table are, and a
 * checkpoint is taken, three times. In a JVM of its own, whose only line says what was measured.
 */
public final class TableGrowth {
    /** Rows that change between two checkpoints. */
    public static final int TOUCHED = 100_000;

    private static final int DIM = 16;
    private static final int CACHED_ROWS = 1_000_000;
    private static final int IDS_PER_EXAMPLE = 50;
    private static final int EXAMPLES_PER_PROMISE = 512;
    private static final int ROUNDS = 3;
    /** None but those that are asked for. */
    private static final Duration CHECKPOINTS = Duration.ofDays(1);

    private static final long START_MILLIS = 1_700_000_000_000L;

    /**
     * One size.
     *
     * @param rows in the table
     * @param bytesPerRow of all files of the checkpoint after the fill
     * @param fillPauseMillis for which that checkpoint stopped the trainer, with a million rows changed
     * @param pauseMillis for which one after {@link #TOUCHED} rows did: the median
     * @param bytes that one of those wrote: the median
     */
    public record Size(long rows, double bytesPerRow, long fillPauseMillis, long pauseMillis, long bytes) {}

    private record Checkpoint(long pauseMillis, long writtenBytes, long stateBytes) {}

    /** What the source is to hand on next. Static, since Flink makes copies of the function that asks; the process runs one job. */
    private static final BlockingQueue<ExampleMessage> FEED = new ArrayBlockingQueue<>(4 * EXAMPLES_PER_PROMISE);

    private final MiniCluster cluster;
    private final JobID job;
    private long examples;

    private TableGrowth(MiniCluster cluster, JobID job) {
        this.cluster = cluster;
        this.job = job;
    }

    /**
     * Starts the JVM and waits for its line.
     *
     * @param rows sizes, ascending
     */
    public static List<Size> inItsOwnJvm(List<Long> rows) throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("freshet-bench");
        try {
            String sizes = rows.stream().map(String::valueOf).collect(Collectors.joining(","));
            String line = MeasuredJvm.run(TableGrowth.class, sizes, folder.toString());
            return new ObjectMapper().readValue(line, new TypeReference<>() {});
        } finally {
            Machine.removeFolder(folder);
        }
    }

    /**
     * @param args the sizes, with commas; a folder for state
     */
    public static void main(String[] args) throws Exception {
        Configuration settings = JoinRun.settings(JoinVariant.Backend.ROCKSDB, CHECKPOINTS, Path.of(args[1]));
        settings.set(WebOptions.CHECKPOINTS_HISTORY_SIZE, 1 + ROUNDS);
        JobGraph graph = TrainRun.graph(settings, new Fed(), Long.MAX_VALUE, config());
        List<Size> sizes = new ArrayList<>();
        try (MiniCluster cluster = JoinRun.cluster(settings)) {
            cluster.start();
            cluster.submitJob(graph).get();
            TableGrowth growth = new TableGrowth(cluster, graph.getJobID());
            long from = 0;
            for (String rows : args[0].split(",")) {
                sizes.add(growth.measure(from, Long.parseLong(rows)));
                from = Long.parseLong(rows);
            }
            cluster.cancelJob(graph.getJobID()).get();
        }
        System.out.println(new ObjectMapper().writeValueAsString(sizes));
        System.exit(0); // threads of Flink and RocksDB may still be closing
    }

    private static FreshetConfig config() {
        return FreshetConfig.parse("a table that grows", """
            name: bench-table
            tasks:
              - {name: click, label: {kind: click}, horizon: 1m, loss: logistic}
            features:
              ids:
                - {name: id, field: ids.id}
            model:
              embeddings:
                - {feature: id, dim: %d}
              bottom: [8]
              tower: [4]
              batch: 256
              tick: 1d
            train: {cached_rows: %d}
            snapshots: {delta_every: 0s}
            """.formatted(DIM, CACHED_ROWS));
    }

    private Size measure(long from, long rows) throws Exception {
        learn(rows - from, place -> from + place);
        Checkpoint filled = checkpoint();
        List<Checkpoint> rounds = new ArrayList<>();
        for (int round = 0; round < ROUNDS; round++) {
            int shift = round;
            long touched = Math.min(TOUCHED, rows);
            learn(touched, place -> (place * (rows / touched) + shift) % rows);
            rounds.add(checkpoint());
        }
        return new Size(
                rows,
                (double) filled.stateBytes / rows,
                filled.pauseMillis,
                median(rounds.stream().map(Checkpoint::pauseMillis).toList()),
                median(rounds.stream().map(Checkpoint::writtenBytes).toList()));
    }

    private static long median(List<Long> values) {
        return values.stream().sorted(Comparator.naturalOrder()).toList().get(values.size() / 2);
    }

    /** Has examples with these ids learnt. */
    private void learn(long count, LongUnaryOperator id) throws InterruptedException {
        for (long first = 0; first < count; first += IDS_PER_EXAMPLE) {
            String[] ids = new String[(int) Math.min(IDS_PER_EXAMPLE, count - first)];
            for (int i = 0; i < ids.length; i++) {
                ids[i] = Long.toString(id.applyAsLong(first + i));
            }
            FEED.put(example(ids));
            if (++examples % EXAMPLES_PER_PROMISE == 0) {
                promise();
            }
        }
        promise();
    }

    /** A thousand examples a second of event time. */
    private LabeledExample example(String[] ids) {
        long decidedMillis = START_MILLIS + examples;
        float label = examples % 3 == 0 ? 1 : 0;
        FeatureValues features = new FeatureValues(new String[][] {ids}, new float[0]);
        return new LabeledExample(
                "i" + examples,
                "u",
                "v",
                decidedMillis,
                decidedMillis,
                features,
                List.of(new TaskLabel("click", label, 1)));
    }

    private void promise() throws InterruptedException {
        FEED.put(TrainRun.promise(START_MILLIS + examples - 1));
    }

    /** Takes one when all that was fed has gone out of the source: its barrier goes behind that, and waits until it is learnt. */
    private Checkpoint checkpoint() throws Exception {
        while (!FEED.isEmpty()) {
            Thread.sleep(1);
        }
        long id = cluster.triggerCheckpoint(job, CheckpointType.CONFIGURED).get();
        CompletedCheckpointStats taken = (CompletedCheckpointStats) cluster.getExecutionGraph(job)
                .get()
                .getCheckpointStatsSnapshot()
                .getHistory()
                .getCheckpointById(id);
        return new Checkpoint(SyncPauses.longestMillis(taken), taken.getCheckpointedSize(), taken.getStateSize());
    }

    /** Hands on what is fed; while there is nothing, the last promise once more, so that barriers can pass. */
    private static final class Fed implements GeneratorFunction<Long, ExampleMessage> {
        private static final long serialVersionUID = 1L;
        private static final long PATIENCE_MILLIS = 1;

        private transient @Nullable Frontier last;

        @Override
        public ExampleMessage map(Long message) throws InterruptedException {
            ExampleMessage next = FEED.poll(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
            if (next == null) {
                return last == null ? TrainRun.promise(START_MILLIS - 1) : last;
            }
            if (next instanceof Frontier promise) {
                last = promise;
            }
            return next;
        }
    }
}

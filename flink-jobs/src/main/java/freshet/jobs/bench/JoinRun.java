package freshet.jobs.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.time.Duration;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.JobManagerOptions;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.runtime.jobgraph.JobGraph;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * One variant of the join's benchmark, from start to end, in this process: the entry of the JVMs that {@link JoinBench}
 * starts. Prints a {@link JoinMeasurement} as one line of JSON.
 */
public final class JoinRun {
    /** Events until rows expire: horizon and disorder at 1,300 a second, and something to spare. */
    private static final long EVENTS_UNTIL_STEADY = 850_000;

    private static final double MOST_WARM_UP = 0.45;
    private static final double EVENTS_PER_IMPRESSION = 1.3;

    private static final Duration NO_CHECKPOINTS = Duration.ofDays(1);
    private static final MemorySize MANAGED_MEMORY = MemorySize.ofMebiBytes(512);

    private JoinRun() {}

    /**
     * @param args the variant's label, the number of viewers, about how many impressions, seconds between checkpoints, a
     *     folder for state
     */
    public static void main(String[] args) throws Exception {
        JoinMeasurement measured = run(
                JoinVariant.labelled(args[0]),
                Integer.parseInt(args[1]),
                Long.parseLong(args[2]),
                Duration.ofSeconds(Long.parseLong(args[3])),
                Path.of(args[4]));
        System.out.println(new ObjectMapper().writeValueAsString(measured));
        System.exit(0); // threads of Flink and RocksDB may still be closing
    }

    static JoinMeasurement run(JoinVariant variant, int viewers, long impressions, Duration checkpoints, Path folder)
            throws Exception {
        long events = (long) (impressions * EVENTS_PER_IMPRESSION);
        long warmUpEvents = Math.min(EVENTS_UNTIL_STEADY, (long) (events * MOST_WARM_UP));
        Configuration settings = settings(variant.backend(), checkpoints, folder);
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment(settings);
        env.setParallelism(1);
        JoinGraph.build(env, variant, new JoinGraph.Made(viewers, events, warmUpEvents));
        JobGraph job = env.getStreamGraph().getJobGraph();
        try (MiniCluster cluster = cluster(settings)) {
            cluster.start();
            cluster.executeJobBlocking(job);
            return measurement(variant, viewers, impressions, events - warmUpEvents, SyncPauses.of(cluster, job));
        }
    }

    /** A cluster of one slot, to be started. */
    static MiniCluster cluster(Configuration settings) {
        return new MiniCluster(new MiniClusterConfiguration.Builder()
                .setConfiguration(settings)
                .setNumTaskManagers(1)
                .setNumSlotsPerTaskManager(1)
                .build());
    }

    /** On the heap without checkpoints, on RocksDB with. */
    static Configuration settings(JoinVariant.Backend backend, Duration checkpoints, Path folder) {
        boolean onRocksDb = backend == JoinVariant.Backend.ROCKSDB;
        Configuration settings = new Configuration();
        settings.set(JobManagerOptions.ADDRESS, "127.0.0.1");
        settings.set(RestOptions.BIND_ADDRESS, "127.0.0.1");
        settings.set(RestOptions.ADDRESS, "127.0.0.1");
        settings.set(RestOptions.BIND_PORT, "0");
        settings.set(TaskManagerOptions.MANAGED_MEMORY_SIZE, MANAGED_MEMORY);
        settings.set(CoreOptions.TMP_DIRS, folder.resolve("tmp").toString());
        settings.set(RestartStrategyOptions.RESTART_STRATEGY, "none");
        settings.set(PipelineOptions.OBJECT_REUSE, true);
        settings.set(StateBackendOptions.STATE_BACKEND, onRocksDb ? "rocksdb" : "hashmap");
        settings.set(CheckpointingOptions.INCREMENTAL_CHECKPOINTS, true);
        settings.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, onRocksDb ? checkpoints : NO_CHECKPOINTS);
        settings.set(CheckpointingOptions.CHECKPOINT_STORAGE, "filesystem");
        settings.set(
                CheckpointingOptions.CHECKPOINTS_DIRECTORY,
                folder.resolve("checkpoints").toUri().toString());
        settings.setString("metrics.reporter.bench.factory.class", Gauges.class.getName());
        return settings;
    }

    private static JoinMeasurement measurement(
            JoinVariant variant, int viewers, long impressions, long events, SyncPauses pauses) {
        Stretch.Mark begin = Stretch.beginning();
        Stretch.Mark end = Stretch.ending();
        return new JoinMeasurement(
                variant.label(),
                viewers,
                impressions,
                events,
                (end.cpuNanos() - begin.cpuNanos()) / 1e9,
                (end.wallNanos() - begin.wallNanos()) / 1e9,
                (end.reads() - begin.reads()) / events,
                (end.writes() - begin.writes()) / events,
                end.storedUsers() == 0 ? 0 : end.storedBytes() / end.storedUsers(),
                pauses.completed(),
                pauses.meanMillis(),
                pauses.longestMillis());
    }
}

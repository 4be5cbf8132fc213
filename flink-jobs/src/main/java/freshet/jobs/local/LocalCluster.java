package freshet.jobs.local;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.JobManagerOptions;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.MetricOptions;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A Flink session cluster in this process, with its dashboard: one TaskManager, RocksDB, incremental checkpoints to a
 * folder. Jobs come in over its REST interface, exactly as they would from another machine, and the dashboard outlives a
 * job that fails. Safe on any thread.
 */
public final class LocalCluster implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LocalCluster.class);
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(20);

    private final MiniCluster cluster;
    private final URI dashboard;
    private final AtomicBoolean closed = new AtomicBoolean();

    private LocalCluster(MiniCluster cluster, URI dashboard) {
        this.cluster = cluster;
        this.dashboard = dashboard;
    }

    /**
     * Starts a cluster.
     *
     * @param folder for checkpoints and working files; made where it is missing
     * @param slots how many parallel pipelines fit
     * @param port of the dashboard; 0 for any free one
     * @throws CannotStartException in words for people
     */
    public static LocalCluster start(Path folder, int slots, int port) {
        if (port != 0) {
            Machine.requireFree(port, "the Flink dashboard", "--port");
        }
        MiniCluster cluster = new MiniCluster(new MiniClusterConfiguration.Builder()
                .setConfiguration(configuration(folder, port))
                .setNumTaskManagers(1)
                .setNumSlotsPerTaskManager(slots)
                .build());
        try {
            cluster.start();
            return new LocalCluster(cluster, cluster.getRestAddress().get());
        } catch (Exception e) {
            cluster.closeAsync();
            throw new CannotStartException("the Flink cluster does not start: " + e, e);
        }
    }

    private static Configuration configuration(Path folder, int port) {
        Configuration configuration = new Configuration();
        configuration.set(RestOptions.ADDRESS, "127.0.0.1");
        configuration.set(RestOptions.BIND_ADDRESS, "127.0.0.1");
        configuration.set(RestOptions.PORT, port);
        configuration.set(RestOptions.BIND_PORT, String.valueOf(port));
        configuration.set(JobManagerOptions.ADDRESS, "127.0.0.1");
        configuration.set(TaskManagerOptions.MANAGED_MEMORY_SIZE, MemorySize.ofMebiBytes(256));
        configuration.set(StateBackendOptions.STATE_BACKEND, "rocksdb");
        configuration.set(CheckpointingOptions.INCREMENTAL_CHECKPOINTS, true);
        configuration.set(CheckpointingOptions.CHECKPOINT_STORAGE, "filesystem");
        configuration.set(
                CheckpointingOptions.CHECKPOINTS_DIRECTORY,
                folder.resolve("checkpoints").toUri().toString());
        configuration.set(RestartStrategyOptions.RESTART_STRATEGY, "exponential-delay");
        // People watch the dashboard while things move; its own default is ten seconds.
        configuration.set(MetricOptions.METRIC_FETCHER_UPDATE_INTERVAL, Duration.ofSeconds(2));
        configuration.set(CoreOptions.TMP_DIRS, folder.resolve("tmp").toString());
        return configuration;
    }

    /** The dashboard's address, such as {@code http://127.0.0.1:8081}; also the REST interface. */
    public URI dashboard() {
        return dashboard;
    }

    /**
     * A fresh environment whose jobs run on this cluster.
     *
     * @param settings of this job alone, such as the checkpoint interval
     */
    public StreamExecutionEnvironment environment(Configuration settings) {
        return StreamExecutionEnvironment.createRemoteEnvironment(dashboard.getHost(), dashboard.getPort(), settings);
    }

    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        try {
            cluster.closeAsync().get(CLOSE_PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            LOG.warn("closing the Flink cluster: {}", e.toString());
        }
    }
}

package freshet.jobs.job;

import freshet.jobs.seal.SealedStorageFactory;
import java.time.Duration;
import java.util.List;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExternalizedCheckpointRetention;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.core.execution.CheckpointingMode;
import org.apache.flink.state.rocksdb.RocksDBConfigurableOptions;
import org.apache.flink.state.rocksdb.RocksDBOptions;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.rocksdb.CompactionStyle;
import org.rocksdb.CompressionType;

/**
 * What our jobs set of Flink's configuration: what their promises stand on, always; and what they recommend, where the
 * caller's environment says nothing. A session cluster's own file is not seen here, and of what is in both, the job's counts; {@code
 * freshet run} puts what the cluster says into the environment.
 */
public final class JobSettings {

    /** Fixed for ever: the max parallelism of a job with state can never change, and frontiers speak in key groups. */
    public static final int KEY_GROUPS = 128;

    private static final Duration CHECKPOINT_INTERVAL = Duration.ofSeconds(30);

    /** Flink's own storage in files, whose sealed form we take. */
    private static final String FILES = "filesystem";

    private JobSettings() {}

    /** Puts the settings into an environment, before a graph is built in it. */
    public static void apply(StreamExecutionEnvironment env) {
        Configuration settings = recommended(env.getConfiguration());
        // Nothing by Kryo, which neither checks versions nor refuses a change of a class.
        settings.set(PipelineOptions.GENERIC_TYPES, false);
        settings.set(PipelineOptions.AUTO_GENERATE_UIDS, false);
        settings.set(PipelineOptions.MAX_PARALLELISM, KEY_GROUPS);
        settings.set(PipelineOptions.OBJECT_REUSE, true); // all values are immutable
        settings.set(CheckpointingOptions.CHECKPOINTING_CONSISTENCY_MODE, CheckpointingMode.EXACTLY_ONCE);
        // An unaligned checkpoint restores records in flight after newer watermarks: they would be late.
        settings.set(CheckpointingOptions.ENABLE_UNALIGNED, false);
        env.configure(settings);
    }

    /**
     * As {@link #apply}, and for RocksDB what suits the join: values of a kilobyte, each written whole for most checkpoints and
     * read seldom. Measured by {@code freshet bench join}: compactions by level and compression cost more than all else that
     * RocksDB does; a bloom filter answers for users who are new; merging seldom is {@link JoinRocksDb}'s.
     */
    public static void applyToJoin(StreamExecutionEnvironment env) {
        apply(env);
        ReadableConfig given = env.getConfiguration();
        Configuration settings = new Configuration();
        if (given.getOptional(RocksDBConfigurableOptions.COMPACTION_STYLE).isEmpty()) {
            settings.set(RocksDBConfigurableOptions.COMPACTION_STYLE, CompactionStyle.UNIVERSAL);
        }
        if (given.getOptional(RocksDBConfigurableOptions.COMPRESSION_PER_LEVEL).isEmpty()) {
            settings.set(RocksDBConfigurableOptions.COMPRESSION_PER_LEVEL, List.of(CompressionType.NO_COMPRESSION));
        }
        if (given.getOptional(RocksDBConfigurableOptions.USE_BLOOM_FILTER).isEmpty()) {
            settings.set(RocksDBConfigurableOptions.USE_BLOOM_FILTER, true);
        }
        if (given.getOptional(RocksDBOptions.OPTIONS_FACTORY).isEmpty()) {
            settings.set(RocksDBOptions.OPTIONS_FACTORY, JoinRocksDb.class.getName());
        }
        env.configure(settings);
    }

    private static Configuration recommended(ReadableConfig given) {
        Configuration settings = new Configuration();
        if (given.getOptional(StateBackendOptions.STATE_BACKEND).isEmpty()) {
            settings.set(StateBackendOptions.STATE_BACKEND, "rocksdb");
        }
        if (given.getOptional(CheckpointingOptions.INCREMENTAL_CHECKPOINTS).isEmpty()) {
            settings.set(CheckpointingOptions.INCREMENTAL_CHECKPOINTS, true);
        }
        if (given.getOptional(CheckpointingOptions.CHECKPOINT_STORAGE)
                .orElse(FILES)
                .equals(FILES)) {
            settings.set(CheckpointingOptions.CHECKPOINT_STORAGE, SealedStorageFactory.class.getName());
        }
        if (given.getOptional(CheckpointingOptions.CHECKPOINTING_INTERVAL).isEmpty()) {
            settings.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, CHECKPOINT_INTERVAL);
        }
        if (given.getOptional(CheckpointingOptions.EXTERNALIZED_CHECKPOINT_RETENTION)
                .isEmpty()) {
            // A model that took weeks to learn must not be deleted because somebody cancelled the job.
            settings.set(
                    CheckpointingOptions.EXTERNALIZED_CHECKPOINT_RETENTION,
                    ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION);
        }
        if (given.getOptional(TaskManagerOptions.BUFFER_DEBLOAT_ENABLED).isEmpty()) {
            settings.set(TaskManagerOptions.BUFFER_DEBLOAT_ENABLED, true);
        }
        if (given.getOptional(RestartStrategyOptions.RESTART_STRATEGY).isEmpty()) {
            settings.set(RestartStrategyOptions.RESTART_STRATEGY, "exponential-delay");
        }
        return settings;
    }
}

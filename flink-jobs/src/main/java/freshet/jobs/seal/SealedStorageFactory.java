package freshet.jobs.seal;

import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.runtime.state.CheckpointStorage;
import org.apache.flink.runtime.state.CheckpointStorageFactory;
import org.apache.flink.runtime.state.storage.FileSystemCheckpointStorage;
import org.apache.flink.runtime.state.storage.JobManagerCheckpointStorage;

/**
 * Flink's {@code filesystem}, sealed; its {@code jobmanager} where there is no folder for checkpoints. For {@code
 * execution.checkpointing.storage}, as {@link freshet.jobs.job.JobSettings} sets it. Any other storage that is configured is left alone.
 */
public final class SealedStorageFactory implements CheckpointStorageFactory<CheckpointStorage> {

    @Override
    public CheckpointStorage createFromConfig(ReadableConfig config, ClassLoader classLoader) {
        if (config.getOptional(CheckpointingOptions.CHECKPOINTS_DIRECTORY).isEmpty()) {
            return JobManagerCheckpointStorage.createFromConfig(config, classLoader);
        }
        return new SealedStorage(
                FileSystemCheckpointStorage.createFromConfig(config, classLoader),
                config.get(CheckpointingOptions.CREATE_CHECKPOINT_SUB_DIR));
    }
}

package freshet.jobs.train;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.warm.WarmStart;
import freshet.model.snapshot.SnapshotWriter;
import java.io.Serializable;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a trainer needs to be made anew wherever Flink puts it.
 *
 * @param configJson the configuration, as {@link FreshetConfig#json}
 * @param warmFolder where the files of a {@link WarmStart} lie; null for a model that starts from nothing
 */
public record TrainPlan(String configJson, @Nullable String warmFolder) implements Serializable {

    public static TrainPlan of(FreshetConfig config, Optional<String> warmFolder) {
        return new TrainPlan(config.json(), warmFolder.orElse(null));
    }

    /** What a new model learns first. */
    Optional<WarmStart> warmStart() {
        return Optional.ofNullable(warmFolder).map(folder -> new WarmStart(folder, FreshetConfig.fromJson(configJson)));
    }

    TrainCore newCore() {
        FreshetConfig config = FreshetConfig.fromJson(configJson);
        return new TrainCore(
                config.model(),
                new SnapshotWriter(config.name(), config.featuresJson()),
                config.snapshotEvery().toMillis(),
                config.join().longestHorizonMillis());
    }
}

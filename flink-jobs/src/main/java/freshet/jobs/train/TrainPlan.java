package freshet.jobs.train;

import freshet.jobs.config.FreshetConfig;
import freshet.model.snapshot.SnapshotWriter;
import java.io.Serializable;

/**
 * What a trainer needs to be made anew wherever Flink puts it.
 *
 * @param configJson the configuration, as {@link FreshetConfig#json}
 */
public record TrainPlan(String configJson) implements Serializable {

    public static TrainPlan of(FreshetConfig config) {
        return new TrainPlan(config.json());
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

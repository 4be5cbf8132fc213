package freshet.jobs.train;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.guard.TrainGuard;
import freshet.jobs.warm.WarmStart;
import freshet.model.eval.MetricsSpec;
import java.io.Serializable;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a trainer needs to be made anew wherever Flink puts it.
 *
 * @param configJson the configuration, as {@link FreshetConfig#json}
 * @param shelf where the snapshots are that it can be told to go back to
 * @param warmFolder where the files of a {@link WarmStart} lie; null for a model that starts from nothing
 */
public record TrainPlan(
        String configJson, SnapshotShelf shelf, @Nullable String warmFolder) implements Serializable {

    public static TrainPlan of(FreshetConfig config, Optional<String> warmFolder) {
        return new TrainPlan(config.json(), SnapshotShelf.EMPTY, warmFolder.orElse(null));
    }

    /** The same with snapshots to go back to. */
    public TrainPlan with(SnapshotShelf snapshots) {
        return new TrainPlan(configJson, snapshots, warmFolder);
    }

    /** What a new model learns first. */
    Optional<WarmStart> warmStart() {
        return Optional.ofNullable(warmFolder).map(folder -> new WarmStart(folder, FreshetConfig.fromJson(configJson)));
    }

    /** How many tables of rows the model has. */
    int tables() {
        return FreshetConfig.fromJson(configJson).model().tables().size();
    }

    /** Whether the model's rows need not all be in memory. */
    boolean boundsRowsInMemory() {
        return FreshetConfig.fromJson(configJson).cachedRows() > 0;
    }

    MetricsSpec metrics() {
        return FreshetConfig.fromJson(configJson).metrics();
    }

    TrainCore newCore(TrainStorage storage) {
        FreshetConfig config = FreshetConfig.fromJson(configJson);
        return new TrainCore(
                config.model(),
                config.snapshots(),
                config.join().longestHorizonMillis(),
                storage,
                config.cachedRows(),
                guard(config),
                shelf,
                config.metrics());
    }

    private static TrainGuard guard(FreshetConfig config) {
        Map<String, Long> horizons = new HashMap<>();
        config.join().tasks().forEach(task -> horizons.put(task.name(), task.horizonMillis()));
        return new TrainGuard(config.guard(), config.model(), horizons);
    }
}

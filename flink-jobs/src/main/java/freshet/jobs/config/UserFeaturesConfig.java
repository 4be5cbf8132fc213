package freshet.jobs.config;

import freshet.serde.config.ConfigNode;
import java.time.Duration;

/**
 * The block {@code user_features}: what the examples job writes for servers.
 *
 * @param isWritten whether it does
 * @param every event time between two records of a viewer whose history goes on changing; a checkpoint writes them too
 */
public record UserFeaturesConfig(boolean isWritten, Duration every) {
    private static final Duration DEFAULT_EVERY = Duration.ofSeconds(10);

    static UserFeaturesConfig read(ConfigNode node) {
        Duration every = node.duration("every", DEFAULT_EVERY);
        if (every.toMillis() < 1) {
            node.problem("every", "found '" + every + "', expected at least 1ms");
            every = DEFAULT_EVERY;
        }
        return new UserFeaturesConfig(node.flag("written", true), every);
    }
}

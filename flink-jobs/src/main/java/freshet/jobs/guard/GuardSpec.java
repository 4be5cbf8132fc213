package freshet.jobs.guard;

import freshet.serde.config.ConfigNode;
import java.time.Duration;
import java.util.List;

/**
 * The block {@code guard}: when a trainer stops learning, and when it goes on.
 *
 * @param enabled whether there is a guard at all
 * @param window event time over which examples are judged
 * @param healthyWindows windows in a row that must be good before learning goes on
 * @param baselineHalfLife event time after which what was seen counts half in "as it used to be"
 * @param rateFloor a rate (of positives, of a feature's presence) is dead below this share of what it used to be
 * @param lossRatio a loss is bad above this multiple of what it used to be
 * @param refusedShare more examples than this share that are not finite are too many
 * @param gradientFactor a gradient is too long above this multiple of what they used to be
 * @param ignoredInputs dense features that may vanish
 */
public record GuardSpec(
        boolean enabled,
        Duration window,
        int healthyWindows,
        Duration baselineHalfLife,
        double rateFloor,
        double lossRatio,
        double refusedShare,
        double gradientFactor,
        List<String> ignoredInputs) {

    public GuardSpec {
        ignoredInputs = List.copyOf(ignoredInputs);
    }

    /** Reads the block; mistakes are noted in the node. */
    public static GuardSpec read(ConfigNode guard) {
        Duration window = guard.duration("window", Duration.ofMinutes(10));
        if (window.toMillis() < 1_000) {
            guard.problem("window", "found " + window + ", expected 1s or more");
            window = Duration.ofMinutes(10);
        }
        Duration halfLife = guard.duration("baseline_half_life", Duration.ofHours(6));
        if (halfLife.compareTo(window) < 0) {
            guard.problem("baseline_half_life", "found " + halfLife + ", expected at least the window, " + window);
        }
        return new GuardSpec(
                guard.flag("enabled", true),
                window,
                guard.integer("healthy_windows", 2, 1, 1_000),
                halfLife,
                guard.number("rate_floor", 0.2, 0, 0.9),
                guard.number("loss_ratio", 1.3, 1.01, 1_000),
                guard.number("refused_share", 0.05, 0, 1),
                guard.number("gradient_factor", 50, 2, 1e9),
                guard.strings("ignored_inputs"));
    }
}

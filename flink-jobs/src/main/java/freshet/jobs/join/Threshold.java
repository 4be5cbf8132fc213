package freshet.jobs.join;

import freshet.serde.config.ConfigNode;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * From which number on a label is 1: one for all videos, or one for each range of their length, as an effective view asks more
 * of a long video than of a short one (iQiyi's ranking of short videos). Immutable.
 *
 * @param steps by length, the shortest first; the last is for every longer video
 */
public record Threshold(List<Step> steps) {
    private static final String BY_DURATION = "at_least_by_duration";
    private static final double LEAST = 1e-9;
    private static final double MOST = 1e15;

    /**
     * The threshold of one range of lengths.
     *
     * @param shorterThanMillis videos of the range are shorter than this; {@link Long#MAX_VALUE} for the last
     * @param atLeast positive
     */
    public record Step(long shorterThanMillis, double atLeast) {}

    public Threshold {
        steps = List.copyOf(steps);
    }

    /** The same for all videos. */
    public static Threshold of(double atLeast) {
        return new Threshold(List.of(new Step(Long.MAX_VALUE, atLeast)));
    }

    /** Reads {@code at_least} or {@code at_least_by_duration} of a label; empty where neither stands. */
    static Optional<Threshold> read(ConfigNode label) {
        List<ConfigNode> ranges = label.children(BY_DURATION);
        if (!ranges.isEmpty()) {
            if (label.has("at_least")) {
                label.problem("at_least", "found beside " + BY_DURATION + ", expected one of the two");
            }
            return Optional.of(new Threshold(steps(ranges)));
        }
        return label.has("at_least") ? Optional.of(of(label.number("at_least", 1, LEAST, MOST))) : Optional.empty();
    }

    private static List<Step> steps(List<ConfigNode> ranges) {
        List<Step> steps = new ArrayList<>();
        long before = 0;
        for (int i = 0; i < ranges.size(); i++) {
            ConfigNode range = ranges.get(i);
            boolean last = i == ranges.size() - 1;
            if (last == range.has("shorter_than")) {
                range.problem(
                        "shorter_than",
                        last
                                ? "found in the last range, expected none: it is for every longer video"
                                : "found none, expected the length at which the range ends");
            }
            long end = last
                    ? Long.MAX_VALUE
                    : range.duration("shorter_than", Duration.ZERO).toMillis();
            if (end <= before && range.has("shorter_than")) {
                range.problem("shorter_than", "found " + end + " ms, expected more than in the range before");
            }
            before = end;
            steps.add(new Step(end, range.number("at_least", 1, LEAST, MOST)));
        }
        return steps;
    }

    /** Whether it needs to know how long the video is. */
    boolean dependsOnDuration() {
        return steps.size() > 1;
    }

    /** The number for a video of this length. */
    double forDuration(long videoDurationMillis) {
        for (Step step : steps) {
            if (videoDurationMillis < step.shorterThanMillis) {
                return step.atLeast;
            }
        }
        return steps.get(steps.size() - 1).atLeast;
    }

    /** In words, equal for equal thresholds: for the shape of saved state. */
    @Override
    public String toString() {
        return steps.stream()
                .map(step -> new BigDecimal(step.atLeast).toPlainString()
                        + (step.shorterThanMillis == Long.MAX_VALUE ? "" : " below " + step.shorterThanMillis + " ms"))
                .collect(Collectors.joining(", "));
    }
}

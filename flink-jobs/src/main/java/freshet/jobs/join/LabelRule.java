package freshet.jobs.join;

import freshet.features.spec.Transform;
import freshet.serde.config.ConfigNode;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/**
 * How feedback becomes a label. The values of one kind of feedback are folded into one number, in event order; the number is
 * divided by a unit or by the video's duration; then either compared with a threshold (label 0 or 1) or transformed.
 *
 * @param kind the kind of feedback that counts
 * @param aggregate how values are folded
 * @param atLeast the threshold of a label of 0 or 1; absent for a label that is a number, and for {@code any}
 *     then means "any positive value"
 * @param divisor what the folded number is divided by
 * @param transform the shape of a label that is a number
 */
public record LabelRule(
        String kind, Aggregate aggregate, Optional<Threshold> atLeast, Divisor divisor, Transform transform) {

    /** How the values of an impression's feedback are folded; without any feedback every fold is 0. */
    public enum Aggregate {
        /** Whether there was a value that is large enough. */
        ANY,
        /** The sum of the values; a negative one counts as 0. */
        SUM,
        /** The largest value, at least 0. */
        MAX,
        /** The value of the last feedback in event order. */
        LAST,
        /** How many had a positive value. */
        COUNT
    }

    /** What a folded number is divided by. */
    public enum Divisor {
        ONE,
        /** Milliseconds become seconds. */
        SECOND,
        /** Milliseconds become shares of the video's length; there is no label where that is unknown. */
        VIDEO_DURATION
    }

    /** Words of the configuration for {@link Divisor#SECOND} and {@link Divisor#ONE}. */
    private enum Unit {
        MILLISECONDS,
        SECONDS
    }

    private enum Ratio {
        VIDEO_DURATION
    }

    public LabelRule {
        Objects.requireNonNull(kind, "kind");
        Objects.requireNonNull(aggregate, "aggregate");
        Objects.requireNonNull(divisor, "divisor");
        Objects.requireNonNull(transform, "transform");
    }

    /** Reads the {@code label} block of a task; mistakes are noted in the node. */
    static LabelRule read(ConfigNode label) {
        String kind = label.string("kind");
        Aggregate aggregate = label.oneOf("aggregate", Aggregate.class, Aggregate.ANY);
        Optional<Threshold> atLeast = Threshold.read(label);
        Divisor divisor = Divisor.ONE;
        if (label.has("unit") && label.oneOf("unit", Unit.class, Unit.MILLISECONDS) == Unit.SECONDS) {
            divisor = Divisor.SECOND;
        }
        if (label.has("ratio_of")) {
            label.oneOf("ratio_of", Ratio.class, Ratio.VIDEO_DURATION);
            divisor = Divisor.VIDEO_DURATION;
            if (label.has("unit")) {
                label.problem("unit", "found beside ratio_of, expected one of the two; a ratio has no unit");
            }
        }
        Transform transform = label.oneOf("transform", Transform.class, Transform.X);
        LabelRule rule = new LabelRule(kind, aggregate, atLeast, divisor, transform);
        if (rule.isBinary() && transform != Transform.X) {
            label.problem("transform", "found on a label that is 0 or 1, expected none; remove it or at_least");
        }
        if (divisor != Divisor.ONE
                && (aggregate == Aggregate.COUNT || (aggregate == Aggregate.ANY && atLeast.isEmpty()))) {
            label.problem(
                    "aggregate",
                    "found '" + (aggregate == Aggregate.COUNT ? "count" : "any")
                            + "' with a unit or ratio, expected sum, max, last, or any with at_least");
        }
        return rule;
    }

    /** Whether labels are 0 or 1, and nothing between. */
    public boolean isBinary() {
        return atLeast.isPresent() || aggregate == Aggregate.ANY;
    }

    /** Whether it is 0 or 1, and a 1 stays one whatever follows. */
    boolean canBecomePositiveForGood() {
        return isBinary() && aggregate != Aggregate.LAST;
    }

    /** The fold of one more value. */
    double fold(double folded, double value) {
        return switch (aggregate) {
            case ANY, MAX -> Math.max(folded, value);
            case SUM -> folded + Math.max(0, value);
            case LAST -> value;
            case COUNT -> folded + (value > 0 ? 1 : 0);
        };
    }

    /** Whether there can be a label at all: a ratio, and a threshold by duration, need one. */
    boolean isDefinedFor(long videoDurationMillis) {
        boolean needed = divisor == Divisor.VIDEO_DURATION
                || atLeast.isPresent() && atLeast.get().dependsOnDuration();
        return !needed || videoDurationMillis > 0;
    }

    /** The label of a folded number. Call only where {@link #isDefinedFor}. */
    float label(double folded, long videoDurationMillis) {
        if (!isBinary()) {
            return transform.apply(divided(folded, videoDurationMillis));
        }
        return isReached(folded, videoDurationMillis) ? 1f : 0f;
    }

    /** Whether no further feedback can change the label: only a threshold that is passed for good is final early. */
    boolean isFinal(double folded, long videoDurationMillis) {
        return canBecomePositiveForGood() && isReached(folded, videoDurationMillis);
    }

    private boolean isReached(double folded, long videoDurationMillis) {
        return atLeast.isPresent()
                ? divided(folded, videoDurationMillis) >= atLeast.get().forDuration(videoDurationMillis)
                : folded > 0;
    }

    private double divided(double folded, long videoDurationMillis) {
        return switch (divisor) {
            case ONE -> folded;
            case SECOND -> folded / Duration.ofSeconds(1).toMillis();
            case VIDEO_DURATION -> folded / videoDurationMillis;
        };
    }
}

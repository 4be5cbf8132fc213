package freshet.jobs.join;

import freshet.serde.config.ConfigNode;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How one task gets its label, and when. Feedback counts while {@code 0 <= feedback time - impression time <= horizon}.
 *
 * @param name the task's name
 * @param label how feedback becomes the label
 * @param horizon how long after the impression the label is open; positive
 * @param decide when the label is handed out
 * @param given the task it is conditional on: where that one's label is not positive, or masked, this one's is masked;
 *     null for a task without condition
 * @param late what becomes of feedback after the horizon
 * @param negatives which negatives are handed out
 */
public record TaskRule(
        String name,
        LabelRule label,
        Duration horizon,
        Decide decide,
        @Nullable String given,
        LateRule late,
        NegativeSampling negatives) {
    private static final Duration LONGEST = Duration.ofDays(90);

    /** When a label is decided. */
    public enum Decide {
        /** As soon as it can no longer change, at the latest when the horizon ends. */
        EARLY,
        /** When the horizon ends. */
        AT_HORIZON
    }

    /** Where late feedback is dropped and every negative handed out. */
    public TaskRule(String name, LabelRule label, Duration horizon, Decide decide, @Nullable String given) {
        this(name, label, horizon, decide, given, LateRule.DROP, NegativeSampling.ALL);
    }

    public TaskRule {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(label, "label");
        Objects.requireNonNull(decide, "decide");
        if (horizon.toMillis() <= 0) {
            throw new IllegalArgumentException(
                    "task " + name + ": found a horizon of " + horizon + ", expected more than 0");
        }
    }

    public long horizonMillis() {
        return horizon.toMillis();
    }

    /** How long after the impression feedback may still have a part: until then its features are kept. */
    public long openMillis() {
        return horizonMillis() + correctionMillis();
    }

    /** How long after the horizon a negative may be taken back; 0 for never. */
    long correctionMillis() {
        return late.mode() == LateRule.Mode.CORRECT ? late.window().toMillis() : 0;
    }

    /** The same task without the condition. */
    TaskRule unconditional() {
        return new TaskRule(name, label, horizon, decide, null, late, negatives);
    }

    /** Reads the part of a task's block that concerns labels; mistakes are noted in the node. */
    public static TaskRule read(ConfigNode task) {
        String name = task.string("name");
        if (!task.has("label")) {
            task.problem("label", "missing; expected a kind of feedback and how it becomes a label");
        }
        LabelRule label = LabelRule.read(task.child("label"));
        if (!label.isBinary() && "logistic".equals(task.string("loss", null))) {
            task.problem(
                    "loss",
                    "found 'logistic' for a label that is a number, expected squared, huber, weighted_logistic,"
                            + " unbiased_weighted_logistic, or a label with at_least");
        }
        Duration horizon = task.duration("horizon", Duration.ofMinutes(10));
        if (!task.has("horizon")) {
            task.problem("horizon", "missing; expected how long the label is open, such as 10m");
        } else if (horizon.isZero() || horizon.compareTo(LONGEST) > 0) {
            task.problem("horizon", "found " + horizon + ", expected more than 0 and at most 90d");
            horizon = LONGEST;
        }
        Decide decide = task.oneOf("decide", Decide.class, Decide.EARLY);
        LateRule late = LateRule.read(task, label);
        if (late.mode() == LateRule.Mode.WAIT) {
            // To wait for the window's end with what is negative, and not with what is positive, is a longer horizon.
            horizon = horizon.plus(late.window());
            decide = Decide.EARLY;
        }
        return new TaskRule(
                name, label, horizon, decide, task.string("given", null), late, NegativeSampling.read(task, label));
    }
}

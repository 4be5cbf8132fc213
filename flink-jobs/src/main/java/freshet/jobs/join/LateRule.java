package freshet.jobs.join;

import freshet.serde.config.ConfigNode;
import java.time.Duration;

/**
 * What becomes of feedback that would have made a label positive, had it come within the horizon.
 *
 * @param mode what is done
 * @param window how long after the horizon; zero for {@link Mode#DROP}
 */
public record LateRule(Mode mode, Duration window) {

    /** Late feedback changes nothing. */
    public static final LateRule DROP = new LateRule(Mode.DROP, Duration.ZERO);

    private static final Duration LONGEST = Duration.ofDays(90);

    /** What is done with it. */
    public enum Mode {
        /** It is counted, and is part of the history. */
        DROP,
        /**
         * The negative that was handed out is taken back: another example says that the label is positive, and with what
         * weight the negative was trained, for the trainer to undo it.
         */
        CORRECT,
        /** Nothing negative is handed out before the window has ended; positives are as soon as they are known. */
        WAIT
    }

    public LateRule {
        if ((mode == Mode.DROP) != window.isZero()) {
            throw new IllegalArgumentException("late feedback: found mode " + mode + " with a window of " + window
                    + ", expected a window for correct and wait, and none for drop");
        }
    }

    /** Reads {@code late} and {@code correction_window} of a task; mistakes are noted in the node. */
    static LateRule read(ConfigNode task, LabelRule label) {
        Mode mode = task.oneOf("late", Mode.class, Mode.DROP);
        if (mode == Mode.DROP) {
            if (task.has("correction_window")) {
                task.duration("correction_window", Duration.ZERO);
                task.problem("correction_window", "found beside late: drop, expected late: correct or late: wait");
            }
            return DROP;
        }
        if (!label.canBecomePositiveForGood()) {
            task.problem(
                    "late",
                    "found '" + (mode == Mode.CORRECT ? "correct" : "wait")
                            + "' for a label that is a number or the last value, expected drop: only a label of 0 or 1"
                            + " that stays 1 can be corrected or waited for");
        }
        Duration window = task.duration("correction_window", Duration.ofHours(1));
        if (window.isZero() || window.compareTo(LONGEST) > 0) {
            task.problem("correction_window", "found " + window + ", expected more than 0 and at most 90d");
            return DROP;
        }
        return new LateRule(mode, window);
    }
}

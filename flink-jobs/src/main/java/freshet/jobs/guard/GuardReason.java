package freshet.jobs.guard;

import java.util.Locale;

/** Why a trainer stops learning. A closed set, because each is a metric. */
public enum GuardReason {
    /** Too many examples, losses or gradients are not finite, or a weight is not. */
    NOT_FINITE,
    /** Gradients are far longer than they used to be. */
    GRADIENT_NORM,
    /** A task's positives have all but stopped: more likely a feed that died than viewers who changed. */
    LABEL_RATE,
    /** A task is predicted far worse than it was, and than its mean label alone would do: labels are wrong. */
    LOSS,
    /** A dense feature that was always there is missing. */
    INPUT;

    /** The name in metrics: lower case with underscores. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}

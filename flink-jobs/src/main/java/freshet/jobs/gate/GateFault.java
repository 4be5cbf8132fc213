package freshet.jobs.gate;

import java.util.Locale;

/** Why a snapshot is quarantined. A closed set, because each is a metric. */
public enum GateFault {
    /** The gate was given keys, and it is not signed with one of them. */
    UNTRUSTED,
    /** It is no model, or computes something else here than it did in the trainer. */
    BAD_MODEL,
    /** It reads other features, or has other tasks, than the one that serves: servers have to change with it. */
    OTHER_FEATURES,
    /** A task is predicted worse than by its mean label. */
    WORSE_THAN_MEAN,
    /** A task's log loss is too far above that of the one that serves. */
    LOG_LOSS,
    /** A task's predictions are too high or too low. */
    CALIBRATION,
    /** A task's AUC is too far below that of the one that serves. */
    AUC;

    /** The name in metrics: lower case with underscores. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}

package freshet.jobs.gate;

import freshet.serde.config.ConfigNode;

/**
 * The block {@code gate}: when a snapshot is good enough to serve. Metrics are those of its manifest: progressive, over the interval that
 * it ends.
 *
 * @param lossRatio its normalised entropy may be this multiple of that of the one that serves
 * @param aucDrop its AUC may be this much lower, besides three standard errors
 * @param calibrationLow predictions over labels: not below this
 * @param calibrationHigh nor above this
 * @param leastPositives with fewer positive labels a task is not judged
 * @param goodInRow after a bad one, so many good ones in a row before one is promoted
 */
public record GateSpec(
        double lossRatio,
        double aucDrop,
        double calibrationLow,
        double calibrationHigh,
        int leastPositives,
        int goodInRow) {

    /** Reads the block; mistakes are noted in the node. */
    public static GateSpec read(ConfigNode gate) {
        return new GateSpec(
                gate.number("loss_ratio", 1.15, 1, 100),
                gate.number("auc_drop", 0.05, 0, 1),
                gate.number("calibration_low", 0.5, 0, 1),
                gate.number("calibration_high", 2, 1, 1_000),
                gate.integer("least_positives", 200, 1, Integer.MAX_VALUE),
                gate.integer("good_in_row", 2, 1, 1_000));
    }
}

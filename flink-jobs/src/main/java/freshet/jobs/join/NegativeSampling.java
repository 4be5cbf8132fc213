package freshet.jobs.join;

import freshet.features.binary.IdFingerprint;
import freshet.serde.config.ConfigNode;

/**
 * Which negatives of a task are handed out. Drawn from the ids alone, so that the same ones are kept whenever and wherever the
 * events are joined.
 *
 * @param keep the share that is kept, above 0 and at most 1
 * @param undo who undoes it: the label's weight, or the trainer by an offset to the log-odds
 */
public record NegativeSampling(double keep, Undo undo) {
    /** Every negative is handed out. */
    public static final NegativeSampling ALL = new NegativeSampling(1, Undo.WEIGHT);

    private static final double SMALLEST = 1e-6;

    /** How the model comes to predict the rates of the whole. */
    public enum Undo {
        /** A negative that is kept stands for all of its kind: its weight is one over the share. */
        WEIGHT,
        /**
         * Weights stay 1; the trainer adds the log of one over the share to the logit while it learns, so that without it, as
         * servers use it, the prediction is that of the whole (He et al. 2014, section 6.3).
         */
        LOG_ODDS
    }

    public NegativeSampling {
        if (!(keep > 0) || keep > 1) {
            throw new IllegalArgumentException(
                    "down-sampling of negatives: found a share of " + keep + ", expected above 0 and at most 1");
        }
    }

    /** Reads {@code negatives} of a task; mistakes are noted in the node. */
    static NegativeSampling read(ConfigNode task, LabelRule label) {
        if (!task.has("negatives")) {
            return ALL;
        }
        ConfigNode negatives = task.child("negatives");
        if (!label.isBinary()) {
            task.problem("negatives", "found for a label that is a number, expected a label with at_least, or none");
        }
        return new NegativeSampling(
                negatives.number("keep", 1, SMALLEST, 1), negatives.oneOf("undo", Undo.class, Undo.WEIGHT));
    }

    /** Whether every negative is handed out. */
    boolean keepsAll() {
        return keep == 1;
    }

    /** Whether this negative is handed out. */
    boolean keeps(String task, String userId, String impressionId) {
        if (keepsAll()) {
            return true;
        }
        long drawn = IdFingerprint.of(task + '\n' + userId + '\n' + impressionId) >>> 11;
        return drawn * 0x1p-53 < keep;
    }

    /** The weight of a negative that is handed out. */
    float weight() {
        return undo == Undo.WEIGHT ? (float) (1 / keep) : 1f;
    }
}

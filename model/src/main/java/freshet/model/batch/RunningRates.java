package freshet.model.batch;

import freshet.model.math.StableMath;
import freshet.model.spec.LossKind;
import freshet.model.spec.ModelSpec;
import freshet.model.spec.TaskSpec;

/**
 * The arithmetic of running label rates. A row is {@code [tasks][2]}: how many labels were counted (sum of their weights) and
 * their weighted sum. Immutable; safe on any thread.
 */
public final class RunningRates {
    /**
     * A row that has counted this much is halved, which leaves its rates as they are: old labels fade, and floats stay exact
     * enough to count on.
     */
    private static final float HALVE_AT = 65536;

    /** Half a positive and half a negative that the global rate starts with, so that its log-odds exist. */
    private static final float GLOBAL_PRIOR = 0.5f;

    /** Smaller differences are rounding noise, which the square root would blow up. */
    private static final float NOISE = 1e-5f;

    private static final float MAX_LOG_ODDS = 8;

    /** A conditional rate above this is noise of small counts. */
    private static final float MAX_CONDITIONAL = 0.99f;

    private static final float TINY = 1e-6f;

    /** Bring inputs to the size of an embedding's, or their first steps are too large for the network. */
    private static final float HALF = 0.5f;

    private static final float QUARTER = 0.25f;

    private final int tasks;
    private final LossKind[] kinds;
    /** By task: the task it is a product with, or -1. */
    private final int[] productWith;

    private final float smoothing;

    public RunningRates(ModelSpec spec) {
        tasks = spec.taskCount();
        kinds = spec.tasks().stream().map(TaskSpec::loss).toArray(LossKind[]::new);
        productWith = spec.tasks().stream()
                .map(TaskSpec::productWith)
                .mapToInt(name -> name == null ? -1 : spec.taskIndex(name))
                .toArray();
        smoothing = spec.rates().smoothing();
    }

    /**
     * What the logit of a task would be if nothing but the labels so far were known: their log-odds, the log of their mean
     * where the prediction is e^logit, their mean where it is the logit. For a product, the log-odds of the conditional
     * probability.
     */
    public float globalLogit(float[] global, int task) {
        int with = productWith[task];
        if (with >= 0) {
            float conditional = Math.min(globalMean(global, task) / globalMean(global, with), MAX_CONDITIONAL);
            return logRatio(conditional, 1 - conditional);
        }
        return logOfRate(global, task);
    }

    private float logOfRate(float[] global, int task) {
        float count = global[2 * task];
        float sum = global[2 * task + 1];
        if (kinds[task].isProbability()) {
            return logRatio(sum + GLOBAL_PRIOR, count - sum + GLOBAL_PRIOR);
        }
        return kinds[task].isOdds()
                ? logRatio(sum + GLOBAL_PRIOR, count + GLOBAL_PRIOR)
                : sum / (count + 2 * GLOBAL_PRIOR);
    }

    private float globalMean(float[] global, int task) {
        float count = global[2 * task];
        float sum = global[2 * task + 1];
        if (kinds[task].isProbability()) {
            return (sum + GLOBAL_PRIOR) / (count + 2 * GLOBAL_PRIOR);
        }
        return kinds[task].isOdds() ? (sum + GLOBAL_PRIOR) / (count + GLOBAL_PRIOR) : sum / (count + 2 * GLOBAL_PRIOR);
    }

    /**
     * row [tasks, 2], global [tasks, 2] -> inputs [tasks, 3] and one for the count; see {@code RatesSpec}.
     */
    public void inputs(float[] rows, int offset, float[] global, float[] into, int intoOffset) {
        float most = 0;
        for (int task = 0; task < tasks; task++) {
            float count = rows[offset + 2 * task];
            float sum = rows[offset + 2 * task + 1];
            most = Math.max(most, count);
            float x = difference(task, count, sum, global);
            float size = Math.abs(x);
            if (!(size > NOISE)) {
                x = 0;
                size = 0;
            }
            int at = intoOffset + 3 * task;
            into[at] = HALF * x;
            into[at + 1] = HALF * Math.copySign((float) Math.sqrt(size), x);
            into[at + 2] = QUARTER * x * size;
        }
        into[intoOffset + 3 * tasks] = QUARTER * StableMath.log1p(most);
    }

    private float difference(int task, float count, float sum, float[] global) {
        float mean = globalMean(global, task);
        if (kinds[task].isOdds()) {
            float logMean = logRatio(sum + smoothing * mean, count + smoothing);
            return Math.max(-MAX_LOG_ODDS, Math.min(MAX_LOG_ODDS, logMean - logOfRate(global, task)));
        }
        if (!kinds[task].isProbability()) {
            return (sum + smoothing * mean) / (count + smoothing) - mean;
        }
        float logOdds = logRatio(sum + smoothing * mean, count - sum + smoothing * (1 - mean));
        float x = logOdds - logOfRate(global, task);
        return Math.max(-MAX_LOG_ODDS, Math.min(MAX_LOG_ODDS, x));
    }

    private static float logRatio(float positives, float negatives) {
        return StableMath.logRatio(Math.max(positives, TINY), Math.max(negatives, TINY));
    }

    /** Counts one label. */
    static void count(float[] rows, int offset, int task, float label, float weight) {
        int at = offset + 2 * task;
        rows[at] += weight;
        rows[at + 1] += weight * label;
        if (rows[at] >= HALVE_AT) {
            rows[at] *= 0.5f;
            rows[at + 1] *= 0.5f;
        }
    }
}

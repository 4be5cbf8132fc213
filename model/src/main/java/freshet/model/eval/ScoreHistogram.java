package freshet.model.eval;

import freshet.model.math.StableMath;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * Weights of positive and negative labels by predicted logit, from which the area under the ROC curve follows. The logit axis
 * from -16 to 16 is cut into 65536 equal buckets; predictions in one bucket count as ties, half right. With predictions spread
 * over a logit or more the area is within 1e-4 of the exact one.
 *
 * <p>Not thread-safe.
 */
final class ScoreHistogram {
    private static final int BUCKETS = 65536;
    private static final float MAX_LOGIT = 16;
    private static final float BUCKETS_PER_LOGIT = BUCKETS / (2 * MAX_LOGIT);

    private final double[] positives = new double[BUCKETS];
    private final double[] negatives = new double[BUCKETS];

    /**
     * Counts one prediction.
     *
     * @param probability in [0, 1]
     * @param label in [0, 1]; a label between counts in part for both sides
     */
    void add(float probability, float label, float weight) {
        int bucket = bucket(probability);
        positives[bucket] += (double) weight * label;
        negatives[bucket] += (double) weight * (1 - label);
    }

    private static int bucket(float probability) {
        if (!(probability > 0)) {
            return 0;
        }
        if (!(probability < 1)) {
            return BUCKETS - 1;
        }
        float logit = StableMath.logRatio(probability, 1 - probability);
        int bucket = (int) ((logit + MAX_LOGIT) * BUCKETS_PER_LOGIT);
        return Math.max(0, Math.min(BUCKETS - 1, bucket));
    }

    /** The probability that a positive is predicted higher than a negative, ties half; NaN without one of each. */
    double areaUnderCurve() {
        double below = 0;
        double right = 0;
        double allPositives = 0;
        for (int bucket = 0; bucket < BUCKETS; bucket++) {
            right += positives[bucket] * (below + 0.5 * negatives[bucket]);
            below += negatives[bucket];
            allPositives += positives[bucket];
        }
        return right / (allPositives * below);
    }

    void clear() {
        java.util.Arrays.fill(positives, 0);
        java.util.Arrays.fill(negatives, 0);
    }

    /** Writes the buckets that hold something: their number, then for each the step to it, positives and negatives. */
    void save(DataOutput out) throws IOException {
        int filled = 0;
        for (int bucket = 0; bucket < BUCKETS; bucket++) {
            filled += isFilled(bucket) ? 1 : 0;
        }
        Numbers.writeCount(out, filled);
        int last = 0;
        for (int bucket = 0; bucket < BUCKETS; bucket++) {
            if (isFilled(bucket)) {
                Numbers.writeCount(out, bucket - last);
                Numbers.write(out, positives[bucket]);
                Numbers.write(out, negatives[bucket]);
                last = bucket;
            }
        }
    }

    private boolean isFilled(int bucket) {
        return positives[bucket] != 0 || negatives[bucket] != 0;
    }

    void restore(DataInput in) throws IOException {
        clear();
        long filled = Numbers.readCount(in);
        int bucket = 0;
        for (long i = 0; i < filled; i++) {
            bucket = Math.toIntExact(bucket + Numbers.readCount(in));
            if (bucket < 0 || bucket >= BUCKETS) {
                throw new IOException(
                        "restoring a histogram: found bucket " + bucket + ", expected one below " + BUCKETS);
            }
            positives[bucket] = Numbers.read(in);
            negatives[bucket] = Numbers.read(in);
        }
    }
}

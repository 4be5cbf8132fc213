package freshet.model.eval;

import freshet.model.math.StableMath;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Arrays;

/**
 * Weights of positive and negative labels by predicted logit, from which the area under the ROC curve follows. The logit axis
 * from -16 to 16 is cut into equal buckets, {@link #FINE} or {@link #COARSE} many; predictions in one bucket count as ties, half right. With predictions spread
 * over a logit or more the area is within 1e-4 of the exact one.
 *
 * <p>Not thread-safe.
 */
final class ScoreHistogram {
    /** A megabyte. */
    static final int FINE = 65536;

    /** A sixteenth of it, for what is measured many times over. */
    static final int COARSE = 4096;

    private static final float MAX_LOGIT = 16;

    private final int buckets;
    private final float bucketsPerLogit;
    private final double[] positives;
    private final double[] negatives;
    /** The first and the last bucket that may hold something: most predictions of a model lie near one another. */
    private int first;

    private int last;
    /** Sums of squared weights. */
    private double squaredPositives;

    private double squaredNegatives;

    ScoreHistogram(int buckets) {
        this.buckets = buckets;
        bucketsPerLogit = buckets / (2 * MAX_LOGIT);
        positives = new double[buckets];
        negatives = new double[buckets];
        first = buckets;
        last = -1;
    }

    /**
     * Counts one prediction.
     *
     * @param probability in [0, 1]
     * @param label in [0, 1]; a label between counts in part for both sides
     */
    void add(float probability, float label, float weight) {
        int bucket = bucket(probability);
        double positive = (double) weight * label;
        double negative = (double) weight * (1 - label);
        first = Math.min(first, bucket);
        last = Math.max(last, bucket);
        positives[bucket] += positive;
        negatives[bucket] += negative;
        squaredPositives += positive * positive;
        squaredNegatives += negative * negative;
    }

    private int bucket(float probability) {
        if (!(probability > 0)) {
            return 0;
        }
        if (!(probability < 1)) {
            return buckets - 1;
        }
        float logit = StableMath.logRatio(probability, 1 - probability);
        int bucket = (int) ((logit + MAX_LOGIT) * bucketsPerLogit);
        return Math.max(0, Math.min(buckets - 1, bucket));
    }

    /** The probability that a positive is predicted higher than a negative, ties half; NaN without one of each. */
    double areaUnderCurve() {
        double below = 0;
        double right = 0;
        double allPositives = 0;
        for (int bucket = first; bucket <= last; bucket++) {
            right += positives[bucket] * (below + 0.5 * negatives[bucket]);
            below += negatives[bucket];
            allPositives += positives[bucket];
        }
        return right / (allPositives * below);
    }

    /**
     * The standard error of {@link #areaUnderCurve} (DeLong, DeLong, Clarke-Pearson 1988): from the spread, over positives, of
     * the share of negatives below each, and over negatives likewise; as many of both as their weights are worth. NaN without
     * one of each.
     */
    double standardError() {
        double area = areaUnderCurve();
        double allPositives = Arrays.stream(positives).sum();
        double allNegatives = Arrays.stream(negatives).sum();
        double below = 0;
        double above = allPositives;
        double ofPositives = 0;
        double ofNegatives = 0;
        for (int bucket = first; bucket <= last; bucket++) {
            above -= positives[bucket];
            double share = (below + 0.5 * negatives[bucket]) / allNegatives - area;
            ofPositives += positives[bucket] * share * share;
            double shareAbove = (above + 0.5 * positives[bucket]) / allPositives - area;
            ofNegatives += negatives[bucket] * shareAbove * shareAbove;
            below += negatives[bucket];
        }
        double squared = ofPositives * squaredPositives / (allPositives * allPositives * allPositives)
                + ofNegatives * squaredNegatives / (allNegatives * allNegatives * allNegatives);
        return Math.sqrt(squared);
    }

    void clear() {
        squaredPositives = 0;
        squaredNegatives = 0;
        if (first <= last) {
            Arrays.fill(positives, first, last + 1, 0);
            Arrays.fill(negatives, first, last + 1, 0);
        }
        first = buckets;
        last = -1;
    }

    /** Writes the buckets that hold something: their number, then for each the step to it, positives and negatives. */
    void save(DataOutput out) throws IOException {
        Numbers.write(out, squaredPositives);
        Numbers.write(out, squaredNegatives);
        int filled = 0;
        for (int bucket = first; bucket <= last; bucket++) {
            filled += isFilled(bucket) ? 1 : 0;
        }
        Numbers.writeCount(out, filled);
        int written = 0;
        for (int bucket = first; bucket <= last; bucket++) {
            if (isFilled(bucket)) {
                Numbers.writeCount(out, bucket - written);
                Numbers.write(out, positives[bucket]);
                Numbers.write(out, negatives[bucket]);
                written = bucket;
            }
        }
    }

    private boolean isFilled(int bucket) {
        return positives[bucket] != 0 || negatives[bucket] != 0;
    }

    void restore(DataInput in) throws IOException {
        clear();
        squaredPositives = Numbers.read(in);
        squaredNegatives = Numbers.read(in);
        long filled = Numbers.readCount(in);
        int bucket = 0;
        for (long i = 0; i < filled; i++) {
            bucket = Math.toIntExact(bucket + Numbers.readCount(in));
            if (bucket < 0 || bucket >= buckets) {
                throw new IOException(
                        "restoring a histogram: found bucket " + bucket + ", expected one below " + buckets);
            }
            first = Math.min(first, bucket);
            last = bucket;
            positives[bucket] = Numbers.read(in);
            negatives[bucket] = Numbers.read(in);
        }
    }
}

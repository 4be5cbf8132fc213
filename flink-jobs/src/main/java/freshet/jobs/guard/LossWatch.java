package freshet.jobs.guard;

import freshet.model.math.StableMath;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Locale;

/**
 * Whether a task is predicted far worse than before. The mean loss of a window is bad if, less five of its standard errors, it is
 * above {@code ratio} times both the decayed baseline and the loss of who knows only the window's own mean label. The second keeps a
 * mere change of the label rate from raising an alarm: that costs a good model little more than its mean.
 *
 * <p>A model that has learnt some wrong labels before they were noticed predicts the right ones worse than before, and only learning
 * mends that. So what is bad while the learning is stopped is remembered, and half way back from there to the limit is good enough
 * until the limit itself has been met. Not thread-safe.
 */
final class LossWatch {
    private static final double STANDARD_ERRORS = 5;
    private static final long LEAST_LABELS = 64;
    private static final double LEAST_BASELINE = 1_000;

    private final boolean probability;
    private final double ratio;
    private final LabelSums window = new LabelSums();
    private double baselineCount;
    private double baselineLosses;
    /** A mean loss that is good enough though it is above the limit; 0 where nothing was bad. */
    private double tolerated;

    LossWatch(boolean probability, double ratio) {
        this.probability = probability;
        this.ratio = ratio;
    }

    void add(LabelSums sums) {
        window.add(sums);
    }

    Health health() {
        if (baselineCount < LEAST_BASELINE || window.count < LEAST_LABELS) {
            return Health.UNKNOWN;
        }
        double mean = mean();
        double variance = Math.max(0, window.squaredLosses / window.count - mean * mean);
        double surely = mean - STANDARD_ERRORS * Math.sqrt(variance / window.count);
        return surely > Math.max(limit(), tolerated) ? Health.BAD : Health.GOOD;
    }

    private double mean() {
        return window.losses / window.count;
    }

    private double limit() {
        return ratio * Math.max(baselineLosses / baselineCount, lossOfMean());
    }

    /** This window was bad while nothing was learnt: the model it was bad for will be the one that goes on. */
    void tolerateHalf() {
        tolerated = Math.max(tolerated, (mean() + limit()) / 2);
        window.clear();
    }

    /** What knowing only the window's mean label would cost: its entropy, or its variance. */
    private double lossOfMean() {
        double mean = window.labels / window.count;
        return probability
                ? StableMath.crossEntropy(mean, mean, LabelSums.SURE)
                : Math.max(0, window.squaredLabels / window.count - mean * mean);
    }

    /** Whether the baseline says enough to judge by. */
    boolean isJudged() {
        return baselineCount >= LEAST_BASELINE;
    }

    /** Takes the window into the baseline and begins a new one. */
    void learnWindow(double decay) {
        boolean mended = tolerated == 0 || window.count >= LEAST_LABELS && mean() <= limit();
        if (mended) {
            tolerated = 0;
            baselineCount = baselineCount * decay + window.count;
            baselineLosses = baselineLosses * decay + window.losses;
        }
        window.clear();
    }

    void clearWindow() {
        window.clear();
    }

    void forget() {
        window.clear();
        baselineCount = 0;
        baselineLosses = 0;
        tolerated = 0;
    }

    String words() {
        return "found a mean loss of " + thousandths(mean()) + " over " + window.count
                + " labels; it was " + thousandths(baselineLosses / baselineCount) + ", and the mean label alone gives "
                + thousandths(lossOfMean());
    }

    private static String thousandths(double value) {
        return String.format(Locale.ROOT, "%.3f", value);
    }

    void save(DataOutput out) throws IOException {
        window.save(out);
        out.writeDouble(baselineCount);
        out.writeDouble(baselineLosses);
        out.writeDouble(tolerated);
    }

    void restore(DataInput in) throws IOException {
        window.restore(in);
        baselineCount = in.readDouble();
        baselineLosses = in.readDouble();
        tolerated = in.readDouble();
    }
}

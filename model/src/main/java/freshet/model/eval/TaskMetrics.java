package freshet.model.eval;

import freshet.model.math.StableMath;
import freshet.model.spec.LossKind;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.SortedMap;
import java.util.TreeMap;

/** What one task's predictions were worth over one span. Sums are in doubles, in the order of recording. Not thread-safe. */
final class TaskMetrics {
    /** A prediction is taken as this far from 0 and 1 at least, so that a wrong certainty costs much but not everything. */
    private static final double SURE = 1e-12;

    /** Two-sided 95 % of a normal distribution. */
    private static final double NORMAL_95 = 1.959963984540054;

    private final LossKind kind;
    private final boolean intervals;
    private final ScoreHistogram histogram;
    private long count;
    private long positives;
    private double weights;
    private double labels;
    private double predictions;
    private double losses;

    // Sums of squared weights, times what they are named for.
    private double squares;
    private double squaresLoss;
    private double squaresLossSquared;
    private double squaresPredictionSquared;
    private double squaresPredictionLabel;
    private double squaresLabelSquared;

    /** @param buckets of the histogram behind the AUC */
    TaskMetrics(LossKind kind, boolean intervals, int buckets) {
        this.kind = kind;
        this.intervals = intervals;
        histogram = new ScoreHistogram(kind.isProbability() ? buckets : 0);
    }

    void record(float prediction, float label, float weight) {
        count++;
        weights += weight;
        labels += (double) weight * label;
        predictions += (double) weight * prediction;
        double loss = loss(prediction, label);
        losses += weight * loss;
        double square = (double) weight * weight;
        squares += square;
        squaresLoss += square * loss;
        squaresLossSquared += square * loss * loss;
        squaresPredictionSquared += square * prediction * prediction;
        squaresPredictionLabel += square * prediction * label;
        squaresLabelSquared += square * label * label;
        if (kind.isProbability()) {
            positives += label >= 0.5f ? 1 : 0;
            histogram.add(prediction, label, weight);
        }
    }

    /** Cross entropy, or squared difference. */
    private double loss(float prediction, float label) {
        if (kind.isProbability()) {
            return StableMath.crossEntropy(prediction, label, SURE);
        }
        double difference = (double) prediction - label;
        return difference * difference;
    }

    /** The metrics that are defined, by name; see {@link ProgressiveValidation}. */
    SortedMap<String, Double> values() {
        SortedMap<String, Double> values = new TreeMap<>();
        values.put("count", (double) count);
        if (!kind.isProbability()) {
            putFinite(values, "mse", losses / weights);
            putFinite(values, "mean_label", labels / weights);
            putFinite(values, "mean_prediction", predictions / weights);
        } else {
            double mean = labels / weights;
            values.put("positives", (double) positives);
            putFinite(values, "auc", histogram.areaUnderCurve());
            putFinite(values, "log_loss", losses / weights);
            if (mean > 0 && mean < 1) {
                putFinite(values, "ne", losses / weights / StableMath.crossEntropy(mean, mean, SURE));
            }
        }
        putFinite(values, "calibration", predictions / labels);
        if (intervals) {
            putIntervals(values);
        }
        return values;
    }

    /**
     * Effective sample size (Kish 1965) and half-widths of 95 % intervals, for labels that are independent given what was
     * predicted; those of one viewer are not quite, so the truth is wider.
     */
    private void putIntervals(SortedMap<String, Double> values) {
        putFinite(values, "ess", weights * weights / squares);
        double mean = losses / weights;
        double lossVariance = squaresLossSquared - 2 * mean * squaresLoss + mean * mean * squares;
        String ofLoss = kind.isProbability() ? "log_loss_ci" : "mse_ci";
        putFinite(values, ofLoss, NORMAL_95 * Math.sqrt(Math.max(0, lossVariance)) / weights);
        // A ratio of sums: its error is that of the sum of prediction - ratio * label, over the sum of labels.
        double ratio = predictions / labels;
        double ratioVariance =
                squaresPredictionSquared - 2 * ratio * squaresPredictionLabel + ratio * ratio * squaresLabelSquared;
        putFinite(values, "calibration_ci", NORMAL_95 * Math.sqrt(Math.max(0, ratioVariance)) / Math.abs(labels));
        if (kind.isProbability()) {
            putFinite(values, "auc_ci", NORMAL_95 * histogram.standardError());
        }
    }

    private static void putFinite(SortedMap<String, Double> values, String name, double value) {
        if (Double.isFinite(value)) {
            values.put(name, value);
        }
    }

    void clear() {
        count = 0;
        positives = 0;
        weights = 0;
        labels = 0;
        predictions = 0;
        losses = 0;
        squares = 0;
        squaresLoss = 0;
        squaresLossSquared = 0;
        squaresPredictionSquared = 0;
        squaresPredictionLabel = 0;
        squaresLabelSquared = 0;
        histogram.clear();
    }

    void save(DataOutput out) throws IOException {
        Numbers.writeCount(out, count);
        Numbers.writeCount(out, positives);
        Numbers.write(out, weights);
        Numbers.write(out, labels);
        Numbers.write(out, predictions);
        Numbers.write(out, losses);
        Numbers.write(out, squares);
        Numbers.write(out, squaresLoss);
        Numbers.write(out, squaresLossSquared);
        Numbers.write(out, squaresPredictionSquared);
        Numbers.write(out, squaresPredictionLabel);
        Numbers.write(out, squaresLabelSquared);
        histogram.save(out);
    }

    void restore(DataInput in) throws IOException {
        count = Numbers.readCount(in);
        positives = Numbers.readCount(in);
        weights = Numbers.read(in);
        labels = Numbers.read(in);
        predictions = Numbers.read(in);
        losses = Numbers.read(in);
        squares = Numbers.read(in);
        squaresLoss = Numbers.read(in);
        squaresLossSquared = Numbers.read(in);
        squaresPredictionSquared = Numbers.read(in);
        squaresPredictionLabel = Numbers.read(in);
        squaresLabelSquared = Numbers.read(in);
        histogram.restore(in);
    }
}

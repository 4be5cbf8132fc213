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

    private final LossKind kind;
    private final ScoreHistogram histogram = new ScoreHistogram();
    private long count;
    private long positives;
    private double weights;
    private double labels;
    private double predictions;
    /** Cross entropy, or squared difference. */
    private double losses;

    TaskMetrics(LossKind kind) {
        this.kind = kind;
    }

    void record(float prediction, float label, float weight) {
        count++;
        weights += weight;
        labels += (double) weight * label;
        predictions += (double) weight * prediction;
        if (!kind.isProbability()) {
            double difference = (double) prediction - label;
            losses += weight * difference * difference;
            return;
        }
        positives += label >= 0.5f ? 1 : 0;
        losses += weight * crossEntropy(prediction, label);
        histogram.add(prediction, label, weight);
    }

    private static double crossEntropy(double prediction, double label) {
        double p = Math.max(SURE, Math.min(1 - SURE, prediction));
        return -(label * StableMath.log(p) + (1 - label) * StableMath.log(1 - p));
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
                putFinite(values, "ne", losses / weights / crossEntropy(mean, mean));
            }
        }
        putFinite(values, "calibration", predictions / labels);
        return values;
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
        histogram.clear();
    }

    void save(DataOutput out) throws IOException {
        Numbers.writeCount(out, count);
        Numbers.writeCount(out, positives);
        Numbers.write(out, weights);
        Numbers.write(out, labels);
        Numbers.write(out, predictions);
        Numbers.write(out, losses);
        histogram.save(out);
    }

    void restore(DataInput in) throws IOException {
        count = Numbers.readCount(in);
        positives = Numbers.readCount(in);
        weights = Numbers.read(in);
        labels = Numbers.read(in);
        predictions = Numbers.read(in);
        losses = Numbers.read(in);
        histogram.restore(in);
    }
}

package freshet.jobs.guard;

import freshet.model.math.StableMath;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/** Sums over labels of one task and what was predicted of them; each label counts once, whatever its weight. Not thread-safe. */
final class LabelSums {
    static final double SURE = 1e-7;

    long count;
    long positives;
    double labels;
    double squaredLabels;
    double losses;
    double squaredLosses;

    void add(boolean probability, float prediction, float label) {
        double difference = (double) prediction - label;
        double loss = probability ? StableMath.crossEntropy(prediction, label, SURE) : difference * difference;
        count++;
        positives += (probability ? label >= 0.5f : label != 0) ? 1 : 0;
        labels += label;
        squaredLabels += (double) label * label;
        losses += loss;
        squaredLosses += loss * loss;
    }

    void add(LabelSums other) {
        count += other.count;
        positives += other.positives;
        labels += other.labels;
        squaredLabels += other.squaredLabels;
        losses += other.losses;
        squaredLosses += other.squaredLosses;
    }

    void clear() {
        count = 0;
        positives = 0;
        labels = 0;
        squaredLabels = 0;
        losses = 0;
        squaredLosses = 0;
    }

    void save(DataOutput out) throws IOException {
        out.writeLong(count);
        out.writeLong(positives);
        out.writeDouble(labels);
        out.writeDouble(squaredLabels);
        out.writeDouble(losses);
        out.writeDouble(squaredLosses);
    }

    void restore(DataInput in) throws IOException {
        count = in.readLong();
        positives = in.readLong();
        labels = in.readDouble();
        squaredLabels = in.readDouble();
        losses = in.readDouble();
        squaredLosses = in.readDouble();
    }
}

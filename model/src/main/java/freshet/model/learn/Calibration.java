package freshet.model.learn;

import freshet.model.math.StableMath;
import freshet.model.spec.ModelSpec;
import freshet.model.spec.TaskSpec;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.List;

/**
 * Platt scaling (Platt 1999) kept up online: the prediction of a calibrated task is the logistic function of slope times its logit plus
 * offset. Both are fitted to labels against the logits of the model before it learnt them, which is what a server's
 * predictions are; a model's logits of examples it has learnt are too sure.
 *
 * <p>Per task it minimises the cross entropy over past labels, an older one counting less (half as much after
 * {@link #HALF_LIFE_LABELS} others), plus a pull towards slope 1 and offset 0 that outweighs few labels. Each batch is one
 * Newton step, with the decayed sum of second derivatives: recursive least squares for the logistic loss. The slope stays
 * positive, so the order of candidates, and AUC, is that of the logits.
 *
 * <p>Down-sampled negatives are undone once, the way the task says: by the labels' weights, or by comparing labels with the logit
 * plus the task's offset, which predictions are without. A correction takes back the negative that it corrects.
 *
 * <p>Has no part in what the model learns. State is {@code double[tasks, 5]}: slope, offset, and the decayed sums of w p (1 - p)
 * times z², z and 1. One thread.
 */
final class Calibration {
    static final double HALF_LIFE_LABELS = 200_000;

    /** Weight of the pull towards the identity: four times as many labels of probability one half have the same. */
    private static final double PRIOR = 1000;

    private static final double LEAST_SLOPE = 0.25;
    private static final double MOST_SLOPE = 4;
    private static final double MOST_OFFSET = 4;

    /** Beyond it a logit says no more: its probability is 0 or 1 in a float. */
    private static final double MOST_LOGIT = 30;

    private static final int NUMBERS = 5;
    private static final double DECAY = StrictMath.pow(0.5, 1 / HALF_LIFE_LABELS);

    private final List<TaskSpec> tasks;
    private final double[] state;
    /** See {@link #values}. */
    private final float[] values;

    Calibration(ModelSpec spec) {
        tasks = spec.tasks();
        boolean any = spec.isCalibrated();
        state = new double[any ? tasks.size() * NUMBERS : 0];
        values = new float[any ? tasks.size() * 2 : 0];
        if (any) {
            for (int task = 0; task < tasks.size(); task++) {
                state[task * NUMBERS] = 1;
            }
            publish();
        }
    }

    /**
     * Learns from a batch; arrays are {@code [batch, tasks]}.
     *
     * @param logits of scoring, not calibrated, from before the batch was learnt
     * @param undone see {@code TaskLabel.undone}
     */
    void learn(float[] logits, float[] labels, float[] weights, float[] undone, int batch) {
        for (int task = 0; task < tasks.size(); task++) {
            if (tasks.get(task).calibrated()) {
                learn(task, logits, labels, weights, undone, batch);
            }
        }
        publish();
    }

    private void learn(int task, float[] logits, float[] labels, float[] weights, float[] undone, int batch) {
        int at = task * NUMBERS;
        double slope = state[at];
        double offset = state[at + 1];
        double slopeGradient = 0;
        double offsetGradient = 0;
        double zz = 0;
        double z1 = 0;
        double one = 0;
        int count = 0;
        for (int row = 0; row < batch; row++) {
            int i = row * tasks.size() + task;
            if (weights[i] > 0) {
                double z = Math.max(-MOST_LOGIT, Math.min(MOST_LOGIT, logits[i]));
                double p = StableMath.sigmoid(
                        (float) (slope * z + offset + tasks.get(task).logOddsOffset()));
                double error = weights[i] * (p - labels[i]) - undone[i] * p;
                slopeGradient += error * z;
                offsetGradient += error;
                double curvature = Math.max(0, weights[i] - undone[i]) * p * (1 - p);
                zz += curvature * z * z;
                z1 += curvature * z;
                one += curvature;
                count++;
            }
        }
        if (count == 0 || !Double.isFinite(slopeGradient) || !Double.isFinite(offsetGradient)) {
            return;
        }
        double kept = StableMath.power(DECAY, count);
        state[at + 2] = kept * state[at + 2] + zz;
        state[at + 3] = kept * state[at + 3] + z1;
        state[at + 4] = kept * state[at + 4] + one;
        // The past pulls to where it is best together with the prior; as it fades, the prior is left.
        slopeGradient += (1 - kept) * PRIOR * (slope - 1);
        offsetGradient += (1 - kept) * PRIOR * offset;
        double a = state[at + 2] + PRIOR;
        double b = state[at + 3];
        double d = state[at + 4] + PRIOR;
        double determinant = a * d - b * b;
        state[at] = within(slope - (d * slopeGradient - b * offsetGradient) / determinant, LEAST_SLOPE, MOST_SLOPE);
        state[at + 1] =
                within(offset - (a * offsetGradient - b * slopeGradient) / determinant, -MOST_OFFSET, MOST_OFFSET);
    }

    private static double within(double value, double least, double most) {
        return Math.max(least, Math.min(most, value));
    }

    /** Slope and offset of each task, {@code float[tasks * 2]}, as predictions use them; changes in place. Empty where no task is calibrated. */
    float[] values() {
        return values;
    }

    private void publish() {
        for (int task = 0; task < values.length / 2; task++) {
            values[2 * task] = (float) state[task * NUMBERS];
            values[2 * task + 1] = (float) state[task * NUMBERS + 1];
        }
    }

    /** Takes over slopes and offsets of an earlier time. How much is known of them stays. */
    void rollBack(float[] earlier) {
        for (int task = 0; task < earlier.length / 2; task++) {
            state[task * NUMBERS] = earlier[2 * task];
            state[task * NUMBERS + 1] = earlier[2 * task + 1];
        }
        publish();
    }

    void save(DataOutput out) throws IOException {
        for (double number : state) {
            out.writeDouble(number);
        }
    }

    void restore(DataInput in) throws IOException {
        for (int i = 0; i < state.length; i++) {
            state[i] = in.readDouble();
        }
        publish();
    }
}

package freshet.model.loss;

import freshet.model.spec.ModelSpec;
import freshet.model.spec.TaskSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The loss of a mini-batch: the sum over tasks of the task's weight times the mean, over the examples that carry its label,
 * of label weight times loss. A label weight of 0 is a mask; a task that no example carries adds nothing.
 *
 * <p>A correction is a positive label that takes back a negative one trained before: its loss is that of the positive, less
 * that of the negative with the weight it had. For a logistic task the gradient of the two is that of a positive with the
 * importance weight {@code 1 + u p / (1 - p)}: the fake-negative weighting of Ktena et al. 2019 (section 3.3), where only what
 * was waited for too short was taken for negative. Summed with the negative it undoes, what is left is one positive.
 *
 * <p>Where negatives were left out and the log-odds are to make up for it, labels are compared with the logit plus the task's
 * offset; the prediction is without it (He et al. 2014, section 6.3).
 *
 * <p>Immutable; safe on any thread.
 */
public final class TaskLoss {
    private final int tasks;
    private final PointLoss[] losses;
    /** By task; null for a task that is no product. */
    private final @Nullable ProductLoss[] products;

    private final float[] taskWeights;
    private final float[] offsets;

    public TaskLoss(ModelSpec spec) {
        tasks = spec.taskCount();
        losses = spec.tasks().stream().map(PointLoss::of).toArray(PointLoss[]::new);
        products = new ProductLoss[tasks];
        taskWeights = new float[tasks];
        offsets = new float[tasks];
        for (int task = 0; task < tasks; task++) {
            taskWeights[task] = spec.tasks().get(task).weight();
            offsets[task] = spec.tasks().get(task).logOddsOffset();
            List<Integer> factors = factors(spec, task);
            if (factors.size() > 1) {
                products[task] = new ProductLoss(
                        factors.stream().mapToInt(Integer::intValue).toArray());
            }
        }
    }

    /** The tasks whose logistic functions make up a prediction, the task itself last. */
    private static List<Integer> factors(ModelSpec spec, int task) {
        List<Integer> factors = new ArrayList<>();
        TaskSpec of = spec.tasks().get(task);
        String productWith = of.productWith();
        if (productWith != null) {
            factors.addAll(factors(spec, spec.taskIndex(productWith)));
        }
        factors.add(task);
        return factors;
    }

    /** One row of logits [tasks] from {@code row} on -> the predictions behind them, in the same places of another array. */
    public void predict(float[] logits, int row, float[] predictions) {
        for (int task = 0; task < tasks; task++) {
            ProductLoss product = products[task];
            predictions[row + task] =
                    product == null ? losses[task].prediction(logits[row + task]) : product.prediction(logits, row);
        }
    }

    /**
     * logits, labels, weights, undone [batch, tasks] -> the gradient of the loss with respect to the logits, [batch, tasks].
     *
     * @param factors {@code [tasks]}: multiplies each task's loss
     * @param taskLosses receives {@code [tasks]}: each task's loss, times its weight but not its factor; 0 if none carries it
     * @return the loss
     */
    public double gradient(
            float[] logits,
            float[] labels,
            float[] weights,
            float[] undone,
            int batch,
            float[] factors,
            double[] taskLosses,
            float[] dLogits) {
        Arrays.fill(dLogits, 0, batch * tasks, 0f);
        double loss = 0;
        for (int task = 0; task < tasks; task++) {
            int carried = carried(task, weights, batch);
            float meanShare = carried == 0 ? 0 : taskWeights[task] / carried;
            double sum = addTask(task, logits, labels, weights, undone, batch, factors[task] * meanShare, dLogits);
            taskLosses[task] = meanShare * sum;
            loss += factors[task] * meanShare * sum;
        }
        return loss;
    }

    /** Number of examples that carry a task's label. */
    public int carried(int task, float[] weights, int batch) {
        int carried = 0;
        for (int i = 0; i < batch; i++) {
            carried += weights[i * tasks + task] > 0 ? 1 : 0;
        }
        return carried;
    }

    /** Adds one task's gradient times {@code scale}; returns the sum of its losses times label weights. */
    private double addTask(
            int task,
            float[] logits,
            float[] labels,
            float[] weights,
            float[] undone,
            int batch,
            float scale,
            float[] dLogits) {
        double sum = 0;
        for (int i = 0; i < batch; i++) {
            int at = i * tasks + task;
            if (weights[at] > 0) {
                sum += addLabel(task, logits, i * tasks, labels[at], weights[at], scale, dLogits);
                if (undone[at] > 0) {
                    sum += addLabel(task, logits, i * tasks, 0, -undone[at], scale, dLogits);
                }
            }
        }
        return sum;
    }

    /** Adds the gradient of one label in the row that begins at {@code row}; returns its loss times its weight. */
    private double addLabel(
            int task, float[] logits, int row, float label, float weight, float scale, float[] dLogits) {
        ProductLoss product = products[task];
        if (product != null) {
            product.addSlopes(logits, row, label, scale * weight, dLogits);
            return weight * product.value(logits, row, label);
        }
        float logit = logits[row + task] + offsets[task];
        dLogits[row + task] += scale * weight * losses[task].slope(logit, label);
        return weight * losses[task].value(logit, label);
    }
}

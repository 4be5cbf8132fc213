package freshet.model.loss;

import freshet.model.math.StableMath;
import freshet.model.spec.LossKind;
import freshet.model.spec.ModelSpec;
import freshet.model.spec.TaskSpec;

/**
 * The loss of a mini-batch: the sum over tasks of the task's weight times the mean, over the examples that carry its label,
 * of label weight times loss. A label weight of 0 is a mask; a task that no example carries adds nothing.
 *
 * <p>Immutable; safe on any thread.
 */
public final class TaskLoss {
    private final int tasks;
    private final LossKind[] kinds;
    private final float[] taskWeights;

    public TaskLoss(ModelSpec spec) {
        tasks = spec.taskCount();
        kinds = spec.tasks().stream().map(TaskSpec::loss).toArray(LossKind[]::new);
        taskWeights = new float[tasks];
        for (int task = 0; task < tasks; task++) {
            taskWeights[task] = spec.tasks().get(task).weight();
        }
    }

    /** The prediction behind a logit: a probability, or the expected label of a squared task. */
    public float prediction(int task, float logit) {
        return kinds[task] == LossKind.LOGISTIC ? StableMath.sigmoid(logit) : logit;
    }

    /**
     * logits, labels, weights [batch, tasks] -> the gradient of the loss with respect to the logits, [batch, tasks].
     *
     * @return the loss
     */
    public double gradient(float[] logits, float[] labels, float[] weights, int batch, float[] dLogits) {
        double loss = 0;
        for (int task = 0; task < tasks; task++) {
            int carried = 0;
            for (int i = 0; i < batch; i++) {
                carried += weights[i * tasks + task] > 0 ? 1 : 0;
            }
            double sum = 0;
            float share = carried == 0 ? 0 : taskWeights[task] / carried;
            for (int i = 0; i < batch; i++) {
                int at = i * tasks + task;
                if (weights[at] > 0) {
                    sum += weights[at] * value(task, logits[at], labels[at]);
                    dLogits[at] = share * weights[at] * (prediction(task, logits[at]) - labels[at]);
                } else {
                    dLogits[at] = 0;
                }
            }
            loss += share * sum;
        }
        return loss;
    }

    /** The loss of one logit: cross entropy, or half the squared difference. */
    private double value(int task, float logit, float label) {
        if (kinds[task] == LossKind.LOGISTIC) {
            return StableMath.softplus(logit) - (double) label * logit;
        }
        double difference = (double) logit - label;
        return 0.5 * difference * difference;
    }
}

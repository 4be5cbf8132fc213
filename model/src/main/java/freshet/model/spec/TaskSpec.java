package freshet.model.spec;

import freshet.serde.config.ConfigNode;
import freshet.serde.example.TaskLabel;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One thing that is predicted, as the model sees it. Its label's rule and horizon belong to the join, which reads the same
 * node. A task that an example does not list is masked there: it has no part in the loss, which is a mean over the examples
 * that do list it.
 *
 * @param name as in {@code TaskLabel.task}
 * @param loss how logit and label are compared
 * @param weight factor of the task's mean loss in the sum over tasks; positive
 * @param learningRateFactor multiplies the learning rate of every parameter that belongs to this task alone: gate, tower,
 *     and its column of the wide and shallow rows; positive
 * @param huberDelta where a Huber loss becomes linear; positive
 * @param productWith an earlier logistic task: what is predicted, learnt and served is then that one's prediction times the
 *     logistic function of this one's logit, over all examples (ESMM, Ma et al. 2018). This task's own logit is that of the
 *     conditional probability, and has no loss of its own. Null for none
 * @param reads earlier tasks whose heads this one's tower reads beside its input
 * @param readGradient whether this task's gradient flows back through the heads it reads
 * @param logOddsOffset what is added to the logit while learning, because so many negatives were left out: the log of one over
 *     the share that was kept; 0 where all were, or where the labels' weights undo it
 * @param calibrated whether what is predicted is the logistic function of slope times the logit plus offset, with the two fitted
 *     online to labels that have become known: {@code calibration: platt}
 * @param json the node it was read from, as one line of JSON: {@link #read} gives an equal spec from it
 */
public record TaskSpec(
        String name,
        LossKind loss,
        float weight,
        float learningRateFactor,
        float huberDelta,
        @Nullable String productWith,
        List<String> reads,
        ReadGradient readGradient,
        float logOddsOffset,
        boolean calibrated,
        String json) {

    /** How predictions are brought into line with what happens. */
    private enum CalibrationKind {
        NONE,
        PLATT
    }

    /** Who undoes the down-sampling of negatives. The join reads the same words. */
    private enum Undo {
        WEIGHT,
        LOG_ODDS
    }

    /** What becomes of the gradient of a head that another task's tower reads. */
    public enum ReadGradient {
        /** The head is an input like any other: the task that is read does not learn for the one that reads. */
        STOP,
        /** Both learn. */
        FLOW
    }

    public TaskSpec {
        reads = List.copyOf(reads);
    }

    /** Reads one element of {@code tasks:}; mistakes are noted on the node. */
    public static TaskSpec read(ConfigNode task) {
        LossKind loss = task.oneOf("loss", LossKind.class, LossKind.LOGISTIC);
        if (task.has("huber_delta") && loss != LossKind.HUBER) {
            task.problem("huber_delta", "found a value, expected it with loss huber only");
        }
        String productWith = task.string("product_with", null);
        if (productWith != null && !loss.isProbability()) {
            task.problem("product_with", "found '" + productWith + "', expected it with loss logistic only");
        }
        if (productWith != null && task.has("given")) {
            task.problem(
                    "product_with",
                    "found it beside 'given', expected one of the two: given masks the impressions where the condition"
                            + " does not hold, the product learns on all of them");
        }
        return new TaskSpec(
                task.string("name"),
                loss,
                (float) task.number("weight", 1, 1e-6, 1e6),
                (float) task.number("learning_rate_factor", 1, 1e-6, 1e6),
                (float) task.number("huber_delta", 1, 1e-6, 1e6),
                productWith,
                task.strings("reads"),
                task.oneOf("read_gradient", ReadGradient.class, ReadGradient.STOP),
                logOddsOffset(task, loss),
                calibrated(task, loss),
                task.json().toString());
    }

    /** For how much a label counts in metrics: as many as it stands for, where negatives are down-sampled. */
    public float weightInMetrics(TaskLabel label) {
        return logOddsOffset == 0 ? label.weight() : label.weight() / label.rate();
    }

    private static boolean calibrated(ConfigNode task, LossKind loss) {
        boolean platt = task.oneOf("calibration", CalibrationKind.class, CalibrationKind.NONE) == CalibrationKind.PLATT;
        if (platt && (!loss.isProbability() || task.has("product_with"))) {
            task.problem(
                    "calibration",
                    "found 'platt' where a prediction is not the logistic function of one logit, expected none");
        }
        return platt;
    }

    private static float logOddsOffset(ConfigNode task, LossKind loss) {
        if (!task.has("negatives")) {
            return 0;
        }
        ConfigNode negatives = task.child("negatives");
        if (negatives.oneOf("undo", Undo.class, Undo.WEIGHT) == Undo.WEIGHT) {
            return 0;
        }
        if (!loss.isProbability() || task.has("product_with")) {
            negatives.problem(
                    "undo",
                    "found 'log_odds' where a prediction is not the logistic function of one logit, expected weight");
        }
        return (float) -StrictMath.log(negatives.number("keep", 1, 1e-6, 1));
    }
}

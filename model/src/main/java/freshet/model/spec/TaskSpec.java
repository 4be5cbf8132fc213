package freshet.model.spec;

import freshet.serde.config.ConfigNode;

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
 * @param json the node it was read from, as one line of JSON: {@link #read} gives an equal spec from it
 */
public record TaskSpec(String name, LossKind loss, float weight, float learningRateFactor, String json) {

    /** Reads one element of {@code tasks:}; mistakes are noted on the node. */
    public static TaskSpec read(ConfigNode task) {
        return new TaskSpec(
                task.string("name"),
                task.oneOf("loss", LossKind.class, LossKind.LOGISTIC),
                (float) task.number("weight", 1, 1e-6, 1e6),
                (float) task.number("learning_rate_factor", 1, 1e-6, 1e6),
                task.json().toString());
    }
}

package freshet.model.spec;

/** How a task's logit is compared with its label. */
public enum LossKind {
    /** Label in [0, 1]; the prediction is the logistic function of the logit; the loss is the cross entropy. */
    LOGISTIC,
    /** Any finite label; the prediction is the logit itself; the loss is half the squared difference. */
    SQUARED
}

package freshet.model.spec;

/** How a task's logit is compared with its label, and what is predicted. */
public enum LossKind {
    /** Label in [0, 1]; the prediction is the logistic function of the logit; the loss is the cross entropy. */
    LOGISTIC,
    /**
     * Label: watch time, 0 for an impression that was not watched. Logistic regression in which a watched impression counts
     * as its watch time and an unwatched one as 1 (Covington et al. 2016, section 4.2). The prediction is the odds e^logit:
     * the time watched for each impression that was not, E[T] / (1 - p) where a share p is watched.
     */
    WEIGHTED_LOGISTIC,
    /** The same with every impression, watched or not, also as a negative of weight 1: the odds are E[T] without excess. */
    UNBIASED_WEIGHTED_LOGISTIC,
    /** Any finite label; the prediction is the logit itself; the loss is half the squared difference. */
    SQUARED,
    /** As squared up to a difference of {@code huber_delta}, beyond it linear (Huber 1964). */
    HUBER;

    /** Whether labels lie in [0, 1] and the prediction is the probability of 1. */
    public boolean isProbability() {
        return this == LOGISTIC;
    }

    /** Whether the prediction is e^logit, an expected time. */
    public boolean isOdds() {
        return this == WEIGHTED_LOGISTIC || this == UNBIASED_WEIGHTED_LOGISTIC;
    }
}

package freshet.serde.example;

/**
 * One decided label.
 *
 * @param task the task's name
 * @param label 0 or 1 for a logistic task, any finite value for a squared one
 * @param weight importance of this label in the loss, positive; 1 unless sampling says otherwise
 * @param rate the probability with which a label like this one was handed out, above 0 and at most 1. Below 1 where negatives
 *     are down-sampled; whether {@code weight} undoes that, or the trainer has to, is a matter of the task's configuration.
 * @param undone for a correction: the weight of the negative label of the same impression and task that was handed out before
 *     and is taken back by this positive one; else 0
 */
public record TaskLabel(String task, float label, float weight, float rate, float undone) {

    /** A label that is neither sampled nor a correction. */
    public TaskLabel(String task, float label, float weight) {
        this(task, label, weight, 1f, 0f);
    }

    /** Whether an earlier label of the same impression and task was wrong, and this one says what is right. */
    public boolean isCorrection() {
        return undone > 0;
    }
}

package freshet.serde.example;

/**
 * One decided label.
 *
 * @param task the task's name
 * @param label 0 or 1 for a logistic task, any finite value for a squared one
 * @param weight importance of this label in the loss, positive; 1 unless sampling or a correction says otherwise
 */
public record TaskLabel(String task, float label, float weight) {}

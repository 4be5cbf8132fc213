package freshet.serde.control;

/**
 * What became of a {@link TrainerCommand}.
 *
 * @param id of the command
 * @param outcome whether it was carried out
 * @param atMillis event time at which it was: every example decided before this, and none after it, had been dealt with
 * @param detail in words
 */
public record TrainerAnswer(String id, Outcome outcome, long atMillis, String detail) {

    /** What became of it. */
    public enum Outcome {
        /** Carried out. */
        DONE,
        /** Not carried out: the trainer is as it was before. */
        REFUSED
    }
}

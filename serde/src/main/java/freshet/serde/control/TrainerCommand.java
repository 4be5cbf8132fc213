package freshet.serde.control;

import freshet.serde.snapshot.SnapshotVersion;

/**
 * What somebody wants of a trainer.
 *
 * @param id a trainer carries out one command of an id, once; 1 to 64 characters
 * @param atMillis event time before which it is not carried out; {@link #AS_SOON_AS_POSSIBLE} where it does not matter
 * @param action what is to be done
 * @param by who wants it, for people
 * @param reason why, for people
 */
public record TrainerCommand(String id, long atMillis, Action action, String by, String reason) {

    /** At the first boundary of a tick that has not been passed. */
    public static final long AS_SOON_AS_POSSIBLE = 0;

    private static final int MAX_ID = 64;

    /** What is to be done. */
    public sealed interface Action {}

    /** Learning goes on, and what comes is taken as right. */
    public record Resume() implements Action {}

    /**
     * The model becomes that of a snapshot, and learning goes on from there.
     *
     * @param version of the snapshot
     * @param sha256 of its content, as its manifest has it: nothing else under that version will do
     * @param offset where in partition 0 of the snapshots topic its first record is; earlier ones need not be read
     */
    public record RollBack(SnapshotVersion version, String sha256, long offset) implements Action {}

    public TrainerCommand {
        if (id.isEmpty() || id.length() > MAX_ID) {
            throw new IllegalArgumentException(
                    "command of a trainer: found an id of " + id.length() + " characters, expected 1 to " + MAX_ID);
        }
        if (atMillis < 0) {
            throw new IllegalArgumentException(
                    "command of a trainer: found the event time " + atMillis + " ms, expected 0 or later");
        }
    }
}

package freshet.jobs.simulation;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A Flink job: threads, and checkpoints to which it goes back when it is killed.
 *
 * @param <S> what a checkpoint holds
 */
abstract class Job<S> implements Actor {
    private @Nullable S pending;
    private @Nullable S completed;

    /** All of the job as of now; what went to its producers before is in the topics then. */
    protected abstract S save();

    /** Kills what runs and begins at a checkpoint, or anew. */
    protected abstract void restart(@Nullable S from);

    /** The barrier has passed: what is to be kept has been written, and nobody has been told that all of it was. */
    final String checkpoint() {
        pending = save();
        return "checkpoint";
    }

    /** All tasks have written theirs. */
    final Optional<String> complete() {
        if (pending == null) {
            return Optional.empty();
        }
        completed = pending;
        pending = null;
        return Optional.of("checkpoint completes");
    }

    /** Some task has not. */
    final Optional<String> abort() {
        boolean had = pending != null;
        pending = null;
        return had ? Optional.of("checkpoint aborted") : Optional.empty();
    }

    final String crash() {
        pending = null;
        restart(completed);
        return "killed, goes on from " + (completed == null ? "nothing" : "its checkpoint");
    }

    @Nullable
    S completed() {
        return completed;
    }

    /** Goes on from another job's checkpoint, as a job of its own. */
    void goOnFrom(@Nullable S checkpoint) {
        completed = checkpoint;
        restart(checkpoint);
    }
}

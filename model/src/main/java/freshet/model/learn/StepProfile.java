package freshet.model.learn;

import java.util.Arrays;
import java.util.function.LongSupplier;

/**
 * Where the time of learning goes, added up over steps. For metrics and benchmarks: nothing that is learnt depends on it. Belongs
 * to the learner's thread.
 */
public final class StepProfile {

    /** A part of a step. */
    public enum Phase {
        /** From examples to the network's input: hashing ids, finding rows, pooling. */
        GATHER,
        /** The network forward, predictions, loss. */
        FORWARD,
        /** The network backward. */
        BACKWARD,
        /** Gradients of rows, and their update. */
        SCATTER,
        /** Update of the dense parameters. */
        ADAM
    }

    private final LongSupplier clockNanos;
    private final long[] nanos = new long[Phase.values().length];
    private int current = -1;
    private long since;

    /** @param clockNanos what time it is, in nanoseconds from any moment */
    public StepProfile(LongSupplier clockNanos) {
        this.clockNanos = clockNanos;
    }

    /** What comes now belongs to this phase, until the next call or {@link #leave}. */
    void enter(Phase phase) {
        leave();
        current = phase.ordinal();
    }

    /** What comes now belongs to no phase. */
    void leave() {
        long now = clockNanos.getAsLong();
        if (current >= 0) {
            nanos[current] += now - since;
        }
        since = now;
        current = -1;
    }

    /** Nanoseconds spent in a phase since the last {@link #reset}. */
    public long nanos(Phase phase) {
        return nanos[phase.ordinal()];
    }

    /** Starts anew. */
    public void reset() {
        Arrays.fill(nanos, 0);
    }
}

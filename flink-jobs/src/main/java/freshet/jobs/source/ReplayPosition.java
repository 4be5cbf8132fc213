package freshet.jobs.source;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How far a replay has come: per {@link EventStream}, by ordinal, what has been read. Immutable; callers leave the array
 * alone.
 *
 * @param lines {@code long[stream]}: lines read
 * @param clocks per stream, what time they have come to
 */
record ReplayPosition(long[] lines, List<Clock> clocks) {

    /**
     * State of a {@link PartitionClock}.
     *
     * @param nowMillis its time
     * @param held what it had not judged
     */
    record Clock(long nowMillis, List<Held> held) {
        private static final Clock START = new Clock(PartitionClock.UNKNOWN, List.of());
    }

    /** What a clock looks at of an event. */
    record Held(long timeMillis, String userId) {}

    ReplayPosition {
        clocks = List.copyOf(clocks);
    }

    static ReplayPosition start() {
        int streams = EventStream.values().length;
        return new ReplayPosition(new long[streams], Collections.nCopies(streams, Clock.START));
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ReplayPosition that && Arrays.equals(lines, that.lines) && clocks.equals(that.clocks);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(lines) + clocks.hashCode();
    }
}

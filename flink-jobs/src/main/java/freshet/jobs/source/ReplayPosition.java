package freshet.jobs.source;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * How far a replay has come: per {@link EventStream}, by ordinal, what has been read. Immutable; callers leave the arrays
 * alone.
 *
 * @param lines {@code long[stream]}: lines read
 * @param newestMillis {@code long[stream]}: the newest event time among them; {@link Long#MIN_VALUE} before the first event
 */
record ReplayPosition(long[] lines, long[] newestMillis) {

    static ReplayPosition start() {
        int streams = EventStream.values().length;
        long[] newestMillis = new long[streams];
        Arrays.fill(newestMillis, Long.MIN_VALUE);
        return new ReplayPosition(new long[streams], newestMillis);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ReplayPosition that
                && Arrays.equals(lines, that.lines)
                && Arrays.equals(newestMillis, that.newestMillis);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(lines) + Arrays.hashCode(newestMillis);
    }
}

package freshet.jobs.source;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What time it is in one partition, and which of its records have a clock that runs ahead.
 *
 * <p>A record further ahead of the partition's time than {@code maxFuture} is held: either its clock is wrong, or the stream
 * really has moved on, as after a night without events. What follows tells:
 *
 * <ul>
 *   <li>records near the partition's time say that nothing has moved. As soon as they are as many as the viewers of the held
 *       ones, the held ones are ahead;
 *   <li>{@value #VIEWERS} viewers ahead, or {@value #MOST_HELD} records, say that the stream has moved on: time jumps to the
 *       earliest of the held, and each is judged anew.
 * </ul>
 *
 * <p>Before there is a time at all, the first {@value #FIRST_RECORDS} records are held and judged in the same way. A function
 * of the partition's records in their order, and of {@link #passed} where that is called: never of a wall clock. Not
 * thread-safe.
 *
 * @param <T> what is judged
 */
final class PartitionClock<T> {
    /** The time of a partition of which nothing is known. */
    static final long UNKNOWN = Long.MIN_VALUE;

    /** A wrong clock is one viewer's; this many in a row by chance are rarer than any stream is long. */
    static final int VIEWERS = 5;

    /** Records that count for {@link #VIEWERS}, where a partition has not so many viewers. */
    static final int MOST_HELD = 50;

    /** Records to know the time from at the start: the earliest of three. */
    static final int FIRST_RECORDS = 3;

    /** Takes the judgements, each record once. */
    interface Verdicts<T> {
        void inTime(T record);

        /**
         * A record whose clock runs ahead.
         *
         * @param timeMillis its event time
         * @param nowMillis what time it is
         */
        void ahead(T record, long timeMillis, long nowMillis);
    }

    private record Held<T>(long timeMillis, String userId, T record) {}

    private final long maxFutureMillis;
    private long nowMillis = UNKNOWN;
    private List<Held<T>> held = new ArrayList<>();
    /** Records near the partition's time since the oldest of the held came. */
    private int near;

    /**
     * @param maxFutureMillis how far ahead of the partition's time a record may be
     */
    PartitionClock(long maxFutureMillis) {
        this.maxFutureMillis = maxFutureMillis;
    }

    /** The newest event time that is believed; {@link #UNKNOWN} at first. Never goes down. */
    long nowMillis() {
        return nowMillis;
    }

    /** How many records wait for their judgement. */
    int held() {
        return held.size();
    }

    /** Those that wait for their judgement, in the order in which they came. */
    List<T> heldRecords() {
        return held.stream().map(Held::record).toList();
    }

    /** Judges the next record of the partition, at once or later. */
    void accept(long timeMillis, String userId, T record, Verdicts<T> verdicts) {
        if (isNear(timeMillis)) {
            nowMillis = Math.max(nowMillis, timeMillis);
            verdicts.inTime(record);
            if (!held.isEmpty()) {
                near++;
                releaseNear(verdicts);
                if (near >= viewersHeld()) {
                    setAside(verdicts);
                }
            }
            return;
        }
        held.add(new Held<>(timeMillis, userId, record));
        while (hasMovedOn()) {
            moveOn(verdicts);
        }
    }

    /** Takes over what time another clock of the partition, or the stream as a whole, has reached. */
    void passed(long timeMillis, Verdicts<T> verdicts) {
        if (timeMillis > nowMillis) {
            nowMillis = timeMillis;
            releaseNear(verdicts);
        }
    }

    /** Judges all that is held: nothing follows. What would be believed with one more record is. */
    void end(Verdicts<T> verdicts) {
        while (held.size() >= FIRST_RECORDS || (nowMillis == UNKNOWN && !held.isEmpty())) {
            moveOn(verdicts);
        }
        setAside(verdicts);
    }

    private boolean isNear(long timeMillis) {
        return nowMillis != UNKNOWN && timeMillis - nowMillis <= maxFutureMillis;
    }

    private boolean hasMovedOn() {
        return nowMillis == UNKNOWN
                ? held.size() >= FIRST_RECORDS
                : held.size() >= MOST_HELD || (held.size() >= VIEWERS && viewersHeld() >= VIEWERS);
    }

    private int viewersHeld() {
        Set<String> viewers = new HashSet<>();
        held.forEach(one -> viewers.add(one.userId));
        return viewers.size();
    }

    private void moveOn(Verdicts<T> verdicts) {
        nowMillis = held.stream().mapToLong(Held::timeMillis).min().orElse(nowMillis);
        near = 0;
        releaseNear(verdicts);
    }

    /** Lets go of those that time has come near to, and again while that moves it. */
    private void releaseNear(Verdicts<T> verdicts) {
        long before;
        do {
            before = nowMillis;
            List<Held<T>> still = new ArrayList<>();
            for (Held<T> one : held) {
                if (isNear(one.timeMillis)) {
                    nowMillis = Math.max(nowMillis, one.timeMillis);
                    verdicts.inTime(one.record);
                } else {
                    still.add(one);
                }
            }
            held = still;
        } while (nowMillis > before && !held.isEmpty());
        if (held.isEmpty()) {
            near = 0;
        }
    }

    private void setAside(Verdicts<T> verdicts) {
        held.forEach(one -> verdicts.ahead(one.record, one.timeMillis, nowMillis));
        held = new ArrayList<>();
        near = 0;
    }
}

package freshet.jobs.join;

/**
 * When the next checkpoint is likely to come, and so which of the users that have changed are worth writing before it: a task
 * stands still while it writes at the barrier, and need not for what is written a moment earlier.
 *
 * <p>Whoever is written and then changes again is written twice. So the last third of the time between two barriers is used, and
 * in it a user is written who has not been touched for longer than the barrier is away: busy users wait, others come in the
 * order in which they fell silent (pre-copy, as when a virtual machine moves: Clark et al., NSDI 2005). Says nothing before the
 * second barrier, and stops soon after one that does not come. By the clock on the wall, which decides when something is written
 * and never what. Not thread-safe.
 */
final class BarrierForecast {
    /** No user is worth it. */
    static final long NOBODY = Long.MAX_VALUE;

    private static final int SHARE_USED = 3;
    private static final int SHARE_WAITED_FOR = 16;
    private static final int SHORTEST_SHARE = 64;

    private boolean isLastKnown;
    private long lastNanos;
    private long intervalNanos;

    /** Takes note of a barrier. */
    void barrier(long nowNanos) {
        intervalNanos = isLastKnown ? nowNanos - lastNanos : 0;
        lastNanos = nowNanos;
        isLastKnown = true;
    }

    /** For how long a user must not have been touched to be worth writing now; {@link #NOBODY} for none. */
    long idleNanos(long nowNanos) {
        long left = lastNanos + intervalNanos - nowNanos;
        boolean isNear = left < intervalNanos / SHARE_USED && left > -intervalNanos / SHARE_WAITED_FOR;
        return isNear ? Math.max(left, intervalNanos / SHORTEST_SHARE) : NOBODY;
    }

    /** Within which time all users should be looked at once. */
    long roundNanos() {
        return intervalNanos / (SHARE_USED * 8L);
    }
}

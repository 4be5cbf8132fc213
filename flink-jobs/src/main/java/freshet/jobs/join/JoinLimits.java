package freshet.jobs.join;

import freshet.serde.config.ConfigNode;

/**
 * What one user may hold, so that one who never stops cannot fill a machine. All but the first are applied in event order,
 * so that the result does not depend on arrival; each has its line in the {@link Ledger}.
 *
 * @param pendingEvents events that wait for the watermark; one more is refused and handed out as late. The only limit that
 *     depends on arrival: set it far above what can happen within the allowed disorder.
 * @param pendingBytes the same in bytes, as they are stored; for users with few events that are large
 * @param openImpressions impressions with open labels; for one more, the oldest loses what is undecided
 * @param rememberedIds ids of impressions, and as many of feedback, by which duplicates are known; the oldest is forgotten
 * @param waitingFeedback feedback that waits for its impression; for one more, the oldest becomes an orphan
 * @param impressionsPerDay how many impressions of one day (UTC) have labels, so that a heavy user does not own the model;
 *     the others are part of the history only
 */
public record JoinLimits(
        int pendingEvents,
        long pendingBytes,
        int openImpressions,
        int rememberedIds,
        int waitingFeedback,
        int impressionsPerDay) {
    private static final long DEFAULT_PENDING_BYTES = 32L << 20;
    /** As many as there are. */
    private static final int NO_CAP = 10_000_000;

    public static final JoinLimits DEFAULT = new JoinLimits(100_000, 5_000, 10_000, 1_000);

    /** Without a cap per day, with the default bytes. */
    public JoinLimits(int pendingEvents, int openImpressions, int rememberedIds, int waitingFeedback) {
        this(pendingEvents, DEFAULT_PENDING_BYTES, openImpressions, rememberedIds, waitingFeedback, NO_CAP);
    }

    public JoinLimits {
        if (pendingEvents < 1 || openImpressions < 1 || waitingFeedback < 1 || rememberedIds < openImpressions) {
            throw new IllegalArgumentException(
                    "join limits: found " + pendingEvents + " pending events, " + openImpressions
                            + " open impressions, " + rememberedIds + " remembered ids and " + waitingFeedback
                            + " waiting feedback; expected at least 1 each and no fewer remembered ids than open impressions");
        }
    }

    /** Reads the optional {@code limits} block beside a configuration's other settings of events. */
    static JoinLimits read(ConfigNode limits) {
        int most = 10_000_000;
        int open = limits.integer("open_impressions", DEFAULT.openImpressions, 1, most);
        int remembered = limits.integer("remembered_ids", Math.max(open, DEFAULT.rememberedIds), 1, most);
        if (remembered < open) {
            limits.problem("remembered_ids", "found " + remembered + ", expected at least open_impressions, " + open);
            remembered = open;
        }
        return new JoinLimits(
                limits.integer("pending_events", DEFAULT.pendingEvents, 1, most),
                limits.integer("pending_bytes", (int) DEFAULT_PENDING_BYTES, 1, 1 << 30),
                open,
                remembered,
                limits.integer("waiting_feedback", DEFAULT.waitingFeedback, 1, most),
                limits.integer("impressions_per_day", NO_CAP, 1, most));
    }
}

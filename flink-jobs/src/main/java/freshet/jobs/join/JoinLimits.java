package freshet.jobs.join;

import freshet.serde.config.ConfigNode;

/**
 * What one user may hold, so that one who never stops cannot fill a machine. All but the first are applied in event order,
 * so that the result does not depend on arrival; each has its line in the {@link Ledger}.
 *
 * @param pendingEvents events that wait for the watermark; one more is refused and handed out as late. The only limit that
 *     depends on arrival: set it far above what can happen within the allowed disorder.
 * @param openImpressions impressions with open labels; for one more, the oldest loses what is undecided
 * @param rememberedIds ids of impressions, and as many of feedback, by which duplicates are known; the oldest is forgotten
 * @param waitingFeedback feedback that waits for its impression; for one more, the oldest becomes an orphan
 */
public record JoinLimits(int pendingEvents, int openImpressions, int rememberedIds, int waitingFeedback) {
    public static final JoinLimits DEFAULT = new JoinLimits(100_000, 5_000, 10_000, 1_000);

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
                open,
                remembered,
                limits.integer("waiting_feedback", DEFAULT.waitingFeedback, 1, most));
    }
}

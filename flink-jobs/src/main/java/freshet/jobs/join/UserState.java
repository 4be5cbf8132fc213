package freshet.jobs.join;

import freshet.features.binary.ByteReader;
import freshet.features.binary.ByteWriter;
import freshet.features.history.UserHistory;
import freshet.serde.event.Feedback;
import java.util.ArrayList;
import java.util.List;

/**
 * All that the join remembers of one user: events that wait for the watermark, impressions with open labels, feedback that
 * waits for its impression, the ids seen lately, and the history. Changed by {@link JoinCore} only. Not thread-safe.
 *
 * <p>Layout, version 2: version byte; varlong number of the {@link StateShape}; signed varlong of the newest event; varlong day
 * and varlong impressions of that day; the user's id; signed varlongs of the moment processed last and of the next due moment;
 * the pending events; the open impressions, with the number of tasks after their own; the waiting feedback; the seen
 * impressions and feedback; the history. Lists have their size in front; each class writes its own part. Version 1 has nothing
 * between its version byte and the user's id.
 */
public final class UserState {
    private static final int VERSION = 2;
    private static final int VERSION_WITHOUT_SHAPE = 1;
    static final long NOTHING_YET = Long.MIN_VALUE;

    /** About what the parts take of the heap: empty lists and tables, feedback that waits. */
    private static final int OVERHEAD_BYTES = 330;

    private static final int WAITING_BYTES = 500;

    /** Empty until the first event. */
    String userId = "";

    /** Number of the {@link StateShape} that {@link #open} is in. */
    int shape;

    /** Event time of the newest event processed; {@link #NOTHING_YET} before the first, and when the user was forgotten. */
    long newestEventMillis = NOTHING_YET;

    /** The day, counted from 1970, of the newest impression, and how many there were on it. */
    long day;

    int impressionsOfDay;

    /** Every event and decision up to this moment has been processed. */
    long processedThroughMillis = NOTHING_YET;

    /** See {@link #nextDueMillis()}. */
    long nextDueMillis = Long.MAX_VALUE;

    /** All later than {@link #processedThroughMillis}. */
    final WaitingEvents pending;

    /** In event order; the newest {@code open.size()} of {@link #seenImpressions}, one for one. */
    final OpenImpressions open;

    /** In event order, which is also the order in which their patience ends. */
    final List<Feedback> waiting;

    final SeenIds seenImpressions;
    final SeenIds seenFeedback;
    UserHistory history;

    /**
     * Per distinct horizon, how many of {@link #open} have passed it. Derived from {@link #processedThroughMillis}; empty after
     * a restart until the core has counted.
     */
    int[] passed = {};

    /** The state of a user of whom nothing is known, with an arena of its own. */
    public UserState() {
        this(ByteArena.forOneUser());
    }

    /** The state of a user of whom nothing is known, in an arena that it shares with others. */
    UserState(ByteArena arena) {
        // Most of these lists are short, or empty for ever.
        this(
                new WaitingEvents(arena),
                new OpenImpressions(arena),
                new ArrayList<>(0),
                new SeenIds(SeenIds.Columns.ID_AND_VIDEO),
                new SeenIds(SeenIds.Columns.ID),
                new UserHistory());
    }

    private UserState(
            WaitingEvents pending,
            OpenImpressions open,
            List<Feedback> waiting,
            SeenIds seenImpressions,
            SeenIds seenFeedback,
            UserHistory history) {
        this.pending = pending;
        this.open = open;
        this.waiting = waiting;
        this.seenImpressions = seenImpressions;
        this.seenFeedback = seenFeedback;
        this.history = history;
    }

    /**
     * The event time at which {@link JoinCore#advance} has something to do next, once the watermark is there: events,
     * labels, orphans, or at last ids to forget; {@link Long#MAX_VALUE} when there is nothing but a history.
     */
    public long nextDueMillis() {
        return nextDueMillis;
    }

    /** The user's history as of the events processed so far. */
    public UserHistory history() {
        return history;
    }

    /** Forgets the user: what follows is as of a new one. Call only when nothing is open and nothing waits. */
    void forget() {
        history = new UserHistory();
        seenImpressions.forgetBefore(Long.MAX_VALUE);
        seenFeedback.forgetBefore(Long.MAX_VALUE);
        newestEventMillis = NOTHING_YET;
        day = 0;
        impressionsOfDay = 0;
    }

    /** Whether, as of a moment, nothing has to be kept of a user who is forgotten after so long. */
    boolean isExpired(long nowMillis, long ttlMillis) {
        return newestEventMillis < nowMillis - ttlMillis && pending.isEmpty() && open.isEmpty() && waiting.isEmpty();
    }

    /** How many events wait for the watermark. */
    public int pendingEvents() {
        return pending.size();
    }

    /** How many events the history has yet to take: those that wait for the watermark, and feedback for its impression. */
    int eventsNotInHistory() {
        return pending.size() + waiting.size();
    }

    /** How many impressions are inside their longest horizon. */
    public int openImpressions() {
        return open.size();
    }

    /** About what this takes of the heap beside the arena: counted in parts, not measured. */
    long heapBytes() {
        return OVERHEAD_BYTES
                + pending.blocks().heapBytes()
                + open.blocks().heapBytes()
                + WAITING_BYTES * (long) waiting.size()
                + seenImpressions.heapBytes()
                + seenFeedback.heapBytes()
                + history.heapBytes();
    }

    /** As {@link UserHistory#prefetch}. */
    long prefetch() {
        return seenImpressions.prefetch()
                + seenFeedback.prefetch()
                + history.prefetch()
                + waiting.size()
                + pending.blocks().prefetch()
                + open.blocks().prefetch();
    }

    /** Moves what lies alone in the arena. */
    void pack() {
        pending.blocks().pack();
        open.blocks().pack();
    }

    /** Gives back what this has in the arena: nothing but the history may be read any more. */
    void release() {
        pending.blocks().release();
        open.blocks().release();
    }

    public byte[] encode() {
        ByteWriter out = new ByteWriter(1024);
        writeTo(out);
        return out.toByteArray();
    }

    void writeTo(ByteWriter out) {
        out.writeByte(VERSION);
        out.writeVarLong(shape);
        out.writeSignedVarLong(newestEventMillis);
        out.writeVarLong(day);
        out.writeVarLong(impressionsOfDay);
        out.writeText(userId);
        out.writeSignedVarLong(processedThroughMillis);
        out.writeSignedVarLong(nextDueMillis);
        pending.writeTo(out);
        open.writeTo(out);
        out.writeVarLong(waiting.size());
        waiting.forEach(feedback -> EventBytes.writeFeedback(out, feedback));
        seenImpressions.writeTo(out);
        seenFeedback.writeTo(out);
        history.writeTo(out);
    }

    /** Throws {@link IllegalStateException} for bytes that are damaged or newer than this release. */
    public static UserState decode(byte[] bytes) {
        ByteReader in = new ByteReader("the state of a user", bytes);
        UserState state = readFrom(in, ByteArena.forOneUser());
        in.end();
        return state;
    }

    static UserState readFrom(ByteReader in, ByteArena arena) {
        boolean hasShape = in.readVersion(VERSION) > VERSION_WITHOUT_SHAPE;
        int shape = hasShape ? (int) in.readVarLong() : 0;
        long newestEventMillis = hasShape ? in.readSignedVarLong() : NOTHING_YET;
        long day = hasShape ? in.readVarLong() : 0;
        int impressionsOfDay = hasShape ? (int) in.readVarLong() : 0;
        String userId = in.readText();
        long processedThroughMillis = in.readSignedVarLong();
        long nextDueMillis = in.readSignedVarLong();
        WaitingEvents pending = WaitingEvents.readFrom(in, userId, arena);
        OpenImpressions open = OpenImpressions.readFrom(in, arena);
        int waitingSize = in.readCount(5);
        List<Feedback> waiting = new ArrayList<>(waitingSize);
        for (int i = 0; i < waitingSize; i++) {
            waiting.add(EventBytes.readFeedback(in, userId));
        }
        UserState state = new UserState(
                pending,
                open,
                waiting,
                SeenIds.readFrom(in, SeenIds.Columns.ID_AND_VIDEO),
                SeenIds.readFrom(in, SeenIds.Columns.ID),
                UserHistory.readFrom(in));
        state.userId = userId;
        state.shape = shape;
        state.newestEventMillis = hasShape ? newestEventMillis : processedThroughMillis;
        state.day = day;
        state.impressionsOfDay = impressionsOfDay;
        state.processedThroughMillis = processedThroughMillis;
        state.nextDueMillis = nextDueMillis;
        return state;
    }
}

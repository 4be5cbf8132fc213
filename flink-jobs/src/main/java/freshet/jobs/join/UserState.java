package freshet.jobs.join;

import freshet.features.binary.ByteReader;
import freshet.features.binary.ByteWriter;
import freshet.features.history.UserHistory;
import freshet.serde.event.Event;
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

    /** About what the parts take of the heap: empty lists and tables, a waiting event, an open impression. */
    private static final int OVERHEAD_BYTES = 330;

    private static final int PENDING_BYTES = 500;
    private static final int OPEN_BYTES = 500;

    /** Empty until the first event. */
    String userId = "";

    /** Number of the {@link StateShape} that {@link #open} is in. */
    int shape;

    /** Event time of the newest event processed; {@link #NOTHING_YET} before the first, and when the user was forgotten. */
    long newestEventMillis = NOTHING_YET;

    /** The day, counted from 1970, of the newest impression, and how many there were on it. */
    long day;

    int impressionsOfDay;

    /** About what {@link #pending} takes in memory. */
    long pendingBytes;

    /** Every event and decision up to this moment has been processed. */
    long processedThroughMillis = NOTHING_YET;

    /** See {@link #nextDueMillis()}. */
    long nextDueMillis = Long.MAX_VALUE;

    /** In {@link EventBytes#TOTAL_ORDER}; all later than {@link #processedThroughMillis}. */
    final List<Event> pending;

    /** In event order; the newest {@code open.size()} of {@link #seenImpressions}, one for one. */
    final List<OpenImpression> open;

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

    /** The state of a user of whom nothing is known. */
    public UserState() {
        // Most of these lists are short, or empty for ever.
        this(
                new ArrayList<>(0),
                new ArrayList<>(0),
                new ArrayList<>(0),
                new SeenIds(SeenIds.Columns.ID_AND_VIDEO),
                new SeenIds(SeenIds.Columns.ID),
                new UserHistory());
    }

    private UserState(
            List<Event> pending,
            List<OpenImpression> open,
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

    /** About what this takes of the heap: counted in parts, not measured. */
    long heapBytes() {
        return OVERHEAD_BYTES
                + PENDING_BYTES * (long) (pending.size() + waiting.size())
                + OPEN_BYTES * (long) open.size()
                + seenImpressions.heapBytes()
                + seenFeedback.heapBytes()
                + history.heapBytes();
    }

    /** As {@link UserHistory#prefetch}. */
    long prefetch() {
        long seen = seenImpressions.prefetch() + seenFeedback.prefetch() + history.prefetch() + waiting.size();
        if (!pending.isEmpty()) {
            seen += pending.get(0).eventTimeMillis();
        }
        if (!open.isEmpty()) {
            seen += open.get(0).prefetch();
        }
        return seen;
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
        out.writeVarLong(pending.size());
        pending.forEach(event -> EventBytes.write(out, event));
        out.writeVarLong(open.size());
        if (!open.isEmpty()) {
            out.writeVarLong(open.get(0).status.length);
        }
        long last = 0;
        for (OpenImpression impression : open) {
            impression.writeTo(out, last);
            last = impression.eventTimeMillis;
        }
        out.writeVarLong(waiting.size());
        waiting.forEach(feedback -> EventBytes.writeFeedback(out, feedback));
        seenImpressions.writeTo(out);
        seenFeedback.writeTo(out);
        history.writeTo(out);
    }

    /** Throws {@link IllegalStateException} for bytes that are damaged or newer than this release. */
    public static UserState decode(byte[] bytes) {
        ByteReader in = new ByteReader("the state of a user", bytes);
        UserState state = readFrom(in);
        in.end();
        return state;
    }

    static UserState readFrom(ByteReader in) {
        boolean hasShape = in.readVersion(VERSION) > VERSION_WITHOUT_SHAPE;
        int shape = hasShape ? (int) in.readVarLong() : 0;
        long newestEventMillis = hasShape ? in.readSignedVarLong() : NOTHING_YET;
        long day = hasShape ? in.readVarLong() : 0;
        int impressionsOfDay = hasShape ? (int) in.readVarLong() : 0;
        String userId = in.readText();
        long processedThroughMillis = in.readSignedVarLong();
        long nextDueMillis = in.readSignedVarLong();
        int pendingSize = in.readCount(5);
        List<Event> pending = new ArrayList<>(pendingSize);
        for (int i = 0; i < pendingSize; i++) {
            pending.add(EventBytes.read(in, userId));
        }
        int openSize = in.readCount(5);
        List<OpenImpression> open = new ArrayList<>(openSize);
        int tasks = openSize == 0 ? 0 : in.readCount(1);
        long last = 0;
        for (int i = 0; i < openSize; i++) {
            OpenImpression impression = OpenImpression.readFrom(in, last, tasks);
            last = impression.eventTimeMillis;
            open.add(impression);
        }
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
        for (Event event : pending) {
            state.pendingBytes += EventBytes.weight(event);
        }
        state.processedThroughMillis = processedThroughMillis;
        state.nextDueMillis = nextDueMillis;
        return state;
    }
}

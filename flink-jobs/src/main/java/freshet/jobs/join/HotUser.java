package freshet.jobs.join;

import freshet.features.binary.ByteReader;
import freshet.features.binary.ByteWriter;

/**
 * A user in memory: the join's state, and when the user is due. Changed by {@link JoinOperator}, {@link HotUsers} and
 * {@link DueUsers} only.
 *
 * <p>Layout, version 2: version byte; the moment at which the user is due and the other at which it stands among the due, as
 * signed varlongs; the bytes of {@link UserState#encode()}. Version 1 belonged to a timer of Flink's that nobody waits for any
 * more; it is refused.
 */
final class HotUser {
    private static final int VERSION = 2;
    private static final int VERSION_WITH_TIMERS = 1;
    /** What a user takes beside its state: this object, its id, its place in the cache. */
    private static final int OVERHEAD_BYTES = 250;

    private static final UserState NOBODY = new UserState();

    final String userId;
    final int keyGroup;
    UserState state;

    /** A whole step of event time at or after what is due next, or {@link DueUsers#NEVER}. */
    long dueMillis = DueUsers.NEVER;

    /** Another moment at which the user stands in {@link DueUsers}, or {@link DueUsers#NEVER}. */
    long alsoDueMillis = DueUsers.NEVER;

    /** Whether there is anything that the store does not know. */
    boolean dirty;

    /** Whether there was anything to do with the user since the cache last looked. */
    boolean touched;

    /** What the cache has counted for this user. */
    long countedBytes;

    /** How many bytes the store holds of this user; 0 for one who was never saved. */
    int storedBytes;

    /** One of whom only the id is known; see {@link #isGone}. */
    static HotUser named(String userId, int keyGroup) {
        return new HotUser(userId, keyGroup, NOBODY);
    }

    HotUser(String userId, int keyGroup, UserState state) {
        this.userId = userId;
        this.keyGroup = keyGroup;
        this.state = state;
    }

    /** About what the user takes of the heap. */
    long heapBytes() {
        return OVERHEAD_BYTES + state.heapBytes();
    }

    /** As {@link HotUsers#prefetch}. */
    long prefetch() {
        return state.prefetch();
    }

    /** Frees the memory of one who is saved: what still points here must ask the cache for the user as it is then. */
    void letGo() {
        state.release();
        state = NOBODY;
    }

    boolean isGone() {
        return state == NOBODY;
    }

    void writeTo(ByteWriter out) {
        out.writeByte(VERSION);
        out.writeSignedVarLong(dueMillis);
        out.writeSignedVarLong(alsoDueMillis);
        state.writeTo(out);
    }

    /** As {@link UserState#isExpired}, of a user in the store. */
    static boolean isExpired(String userId, byte[] bytes, long nowMillis, long ttlMillis) {
        return decode(userId, 0, bytes, ByteArena.forOneUser()).state.isExpired(nowMillis, ttlMillis);
    }

    /** Throws {@link IllegalStateException} for bytes that are damaged, or of another release. */
    static HotUser decode(String userId, int keyGroup, byte[] bytes, ByteArena arena) {
        ByteReader in = new ByteReader("a user", bytes);
        if (in.readVersion(VERSION) == VERSION_WITH_TIMERS) {
            throw new IllegalStateException("restoring a user: found layout " + VERSION_WITH_TIMERS + ", expected "
                    + VERSION + "; the state is of an early release that kept due users otherwise: start without state,"
                    + " from the beginning of the topics");
        }
        long dueMillis = in.readSignedVarLong();
        long alsoDueMillis = in.readSignedVarLong();
        HotUser user = new HotUser(userId, keyGroup, UserState.readFrom(in, arena));
        in.end();
        user.dueMillis = dueMillis;
        user.alsoDueMillis = alsoDueMillis;
        return user;
    }
}

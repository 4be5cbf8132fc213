package freshet.jobs.join;

import java.nio.ByteBuffer;

/**
 * A user in memory: the join's state, and the one timer that the user has. Changed by {@link JoinOperator} and
 * {@link HotUsers} only.
 *
 * <p>Layout, version 1: version byte; the timer in eight bytes, big-endian; the bytes of {@link UserState#encode()}.
 */
final class HotUser {
    /** The timer of a user who has none. */
    static final long NO_TIMER = Long.MAX_VALUE;

    private static final byte VERSION = 1;
    private static final int HEADER_BYTES = 1 + Long.BYTES;

    final String userId;
    final UserState state;
    long timerMillis;

    /** Whether there is anything that the store does not know. */
    boolean dirty;

    HotUser(String userId, UserState state, long timerMillis) {
        this.userId = userId;
        this.state = state;
        this.timerMillis = timerMillis;
    }

    byte[] encode() {
        byte[] encoded = state.encode();
        return ByteBuffer.allocate(HEADER_BYTES + encoded.length)
                .put(VERSION)
                .putLong(timerMillis)
                .put(encoded)
                .array();
    }

    static HotUser decode(String userId, byte[] bytes) {
        if (bytes.length < HEADER_BYTES || bytes[0] != VERSION) {
            throw new IllegalStateException("restoring a user: found " + bytes.length + " bytes of layout "
                    + (bytes.length == 0 ? "none" : bytes[0]) + ", expected layout " + VERSION
                    + "; the state is damaged or of a newer release");
        }
        ByteBuffer in = ByteBuffer.wrap(bytes, 1, bytes.length - 1);
        long timerMillis = in.getLong();
        byte[] state = new byte[in.remaining()];
        in.get(state);
        return new HotUser(userId, UserState.decode(state), timerMillis);
    }
}

package freshet.jobs.join;

import freshet.serde.feature.FeatureChange;
import freshet.serde.feature.FeatureState;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The users whose history has changed since servers were last told. Holds their states, which go on changing until they are
 * sent: of a user who is busy, servers get the last state of each interval and none of those between. Not thread-safe.
 *
 * <p>Nothing of it is in a checkpoint, since before each everything is sent: {@link #flush} must come before the barrier.
 */
final class ChangedUsers {
    /** Leaves room for a record's key and header within the 1 MiB that brokers and producers take unless told otherwise. */
    private static final int MAX_STATE_BYTES = 960 << 10;

    private final long everyMillis;
    private final int capacity;
    private final Consumer<FeatureChange> out;
    /** By user id. A state that has been dropped from the cache and loaded again since is replaced when it changes. */
    private final Map<String, UserState> changed = new LinkedHashMap<>();

    private long interval = Long.MIN_VALUE;
    private long sent;
    private long tooLong;

    /**
     * @param everyMillis event time after which the changes are sent
     * @param capacity for one more user, all are sent at once
     */
    ChangedUsers(long everyMillis, int capacity, Consumer<FeatureChange> out) {
        this.everyMillis = everyMillis;
        this.capacity = capacity;
        this.out = out;
    }

    /** Takes note of a user whose history has changed. */
    void add(UserState user) {
        changed.put(user.userId, user);
        if (changed.size() >= capacity) {
            flush();
        }
    }

    /** Sends that nothing is known of a user any more. */
    void forget(String userId) {
        changed.remove(userId);
        sent++;
        out.accept(FeatureChange.forget(FeatureState.Key.user(userId)));
    }

    /** Sends the changes if event time has entered another interval. */
    void advance(long watermarkMillis) {
        long entered = Math.floorDiv(watermarkMillis, everyMillis);
        if (entered != interval) {
            interval = entered;
            flush();
        }
    }

    /** Sends the changes, one record per user. */
    void flush() {
        changed.values().forEach(this::send);
        changed.clear();
    }

    private void send(UserState user) {
        byte[] history = user.history.encode();
        if (history.length > MAX_STATE_BYTES) {
            // No producer would take it, and the job would fail on it for ever.
            tooLong++;
            return;
        }
        sent++;
        out.accept(FeatureChange.to(
                new FeatureState(FeatureState.Key.user(user.userId), user.processedThroughMillis, history)));
    }

    /** Records sent. */
    long sent() {
        return sent;
    }

    /** Records that were not sent because they would be longer than a broker takes: servers keep the last one. */
    long tooLong() {
        return tooLong;
    }
}

package freshet.jobs.join;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A write-back cache of the users touched last, in front of their store. A user's events come in bursts, and each would
 * otherwise cost a read, a decoding, an encoding and a write; here they cost one of each per burst. Whoever falls out is
 * saved then; all others are saved by {@link #flush}, which a checkpoint must call before the store's own snapshot. Not
 * thread-safe.
 */
final class HotUsers {
    private static final float LOAD_FACTOR = 0.75f;

    private final int capacity;
    private final UserStore store;
    /** Least recently used first. */
    private final LinkedHashMap<String, HotUser> users = new LinkedHashMap<>(64, LOAD_FACTOR, true);

    private long loads;
    private long saves;

    HotUsers(int capacity, UserStore store) {
        this.capacity = capacity;
        this.store = store;
    }

    /** The user, new if nothing is known. Whoever changes it sets {@link HotUser#dirty}. May save another user. */
    HotUser of(String userId) {
        HotUser user = users.get(userId);
        if (user == null) {
            makeRoom();
            user = load(userId);
            users.put(userId, user);
        }
        return user;
    }

    private HotUser load(String userId) {
        loads++;
        byte[] saved = store.load(userId);
        return saved == null ? new HotUser(userId, new UserState(), HotUser.NO_TIMER) : HotUser.decode(userId, saved);
    }

    private void makeRoom() {
        if (users.size() < capacity) {
            return;
        }
        Iterator<Map.Entry<String, HotUser>> leastRecent = users.entrySet().iterator();
        save(leastRecent.next().getValue());
        leastRecent.remove();
    }

    /** Saves every change that the store does not know; the users stay in memory. */
    void flush() {
        users.values().forEach(this::save);
    }

    private void save(HotUser user) {
        if (user.dirty) {
            saves++;
            store.save(user.userId, user.encode());
            user.dirty = false;
        }
    }

    int size() {
        return users.size();
    }

    /** How many times a user was asked of the store. */
    long loads() {
        return loads;
    }

    /** How many times a user was written to the store. */
    long saves() {
        return saves;
    }
}

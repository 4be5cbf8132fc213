package freshet.jobs.join;

import java.util.Iterator;
import java.util.LinkedHashMap;

/**
 * A write-back cache of the users touched last, in front of their store, bounded by what they take of the heap. A user's events
 * come in bursts, and each would otherwise cost a read, a decoding, an encoding and a write; here they cost one of each per
 * burst, and a user who stays costs one writing for each checkpoint. Whoever falls out is saved then; all others are saved by
 * {@link #flush}, which a checkpoint must call before the store's own snapshot. What is in the cache and what is not changes
 * nothing that comes out of the join. Not thread-safe.
 */
final class HotUsers {
    private static final float LOAD_FACTOR = 0.75f;

    private final long capacityBytes;
    private final DueUsers.KeyGroups keyGroups;
    private final UserStore store;
    /** Least recently used first. */
    private final LinkedHashMap<String, HotUser> users = new LinkedHashMap<>(64, LOAD_FACTOR, true);

    private long heapBytes;
    private long loads;
    private long saves;
    private long storedUsers;
    private long storedBytes;

    /**
     * @param capacityBytes what all users in memory may take of the heap, roughly; there is always room for one
     */
    HotUsers(long capacityBytes, DueUsers.KeyGroups keyGroups, UserStore store) {
        this.capacityBytes = capacityBytes;
        this.keyGroups = keyGroups;
        this.store = store;
    }

    /** The user, new if nothing is known. Whoever changes it calls {@link #changed}. */
    HotUser of(String userId) {
        HotUser user = users.get(userId);
        if (user == null) {
            user = load(userId);
            users.put(userId, user);
        }
        return user;
    }

    private HotUser load(String userId) {
        loads++;
        byte[] saved = store.load(userId);
        int keyGroup = keyGroups.of(userId);
        if (saved == null) {
            return new HotUser(userId, keyGroup, new UserState());
        }
        HotUser user = HotUser.decode(userId, keyGroup, saved);
        user.storedBytes = saved.length;
        return user;
    }

    /** Takes note that a user has changed and may take more of the heap than before. May save others, and let them go. */
    void changed(HotUser user) {
        user.dirty = true;
        long bytes = user.heapBytes();
        heapBytes += bytes - user.countedBytes;
        user.countedBytes = bytes;
        if (heapBytes > capacityBytes) {
            makeRoom();
        }
    }

    private void makeRoom() {
        Iterator<HotUser> leastRecent = users.values().iterator();
        while (heapBytes > capacityBytes && users.size() > 1) {
            HotUser user = leastRecent.next();
            save(user);
            heapBytes -= user.countedBytes;
            leastRecent.remove();
        }
    }

    /** Saves every change that the store does not know; the users stay in memory. */
    void flush() {
        users.values().forEach(this::save);
    }

    private void save(HotUser user) {
        if (user.dirty) {
            byte[] bytes = user.encode();
            store.save(user.userId, bytes);
            saves++;
            storedUsers += user.storedBytes == 0 ? 1 : 0;
            storedBytes += bytes.length - user.storedBytes;
            user.storedBytes = bytes.length;
            user.dirty = false;
        }
    }

    int size() {
        return users.size();
    }

    /** About what the users in memory take of the heap. */
    long heapBytes() {
        return heapBytes;
    }

    /** How many times a user was asked of the store. */
    long loads() {
        return loads;
    }

    /** How many times a user was written to the store. */
    long saves() {
        return saves;
    }

    /** How many users were saved that were new since this began. */
    long storedUsers() {
        return storedUsers;
    }

    /** By how many bytes the store has grown since this began. */
    long storedBytes() {
        return storedBytes;
    }
}

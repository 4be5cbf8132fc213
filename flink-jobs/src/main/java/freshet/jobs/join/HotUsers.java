package freshet.jobs.join;

import freshet.features.binary.ByteWriter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A write-back cache of the users touched lately, in front of their store, bounded by what they take of the heap. A user's
 * events come in bursts, and each would otherwise cost a read, a decoding, an encoding and a write; here they cost one of each
 * per burst, and a user who stays costs one writing for each checkpoint. Whoever falls out is saved then; all others are saved
 * by {@link #flush}, which a checkpoint must call before the store's own snapshot. What is in the cache and what is not changes
 * nothing that comes out of the join. Not thread-safe.
 *
 * <p>Who falls out is found by a clock (Corbato 1968): a hand goes round over all users, spares those touched since it last came
 * by, and lets the others go. A list in order of use would be exact, and cost a walk to three other users' places in memory for
 * every event.
 */
final class HotUsers {
    /** How many users are prefetched together: their parts fit the processor's second cache. */
    static final int GROUP = 32;

    private static final int SMALLEST_CHUNK = 1 << 10;
    private static final int FEWEST_CHUNKS = 100;

    private final long capacityBytes;
    private final DueUsers.KeyGroups keyGroups;
    private final UserStore store;
    private final Map<String, HotUser> users = new HashMap<>();
    /** The same users, in no order. */
    private final List<HotUser> clock = new ArrayList<>();

    /** Of what users hold for a while. */
    private final ByteArena arena;

    private final ByteWriter encoded = new ByteWriter(1 << 12);
    /** Of no meaning: without a use, nothing would be read. */
    private long prefetched;

    private int hand;
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
        arena = new ByteArena(
                (int) Math.max(SMALLEST_CHUNK, Math.min(ByteArena.USUAL_CHUNK_BYTES, capacityBytes / FEWEST_CHUNKS)));
    }

    /** The user, new if nothing is known. Whoever changes it calls {@link #changed}. */
    HotUser of(String userId) {
        HotUser user = users.get(userId);
        if (user == null) {
            user = load(userId);
            users.put(userId, user);
            clock.add(user);
        }
        return user;
    }

    /** The same user if it is in memory still, else as it is now. */
    HotUser current(HotUser user) {
        return user.isGone() ? of(user.userId) : user;
    }

    private HotUser load(String userId) {
        loads++;
        byte[] saved = store.load(userId);
        int keyGroup = keyGroups.of(userId);
        if (saved == null) {
            return new HotUser(userId, keyGroup, new UserState(arena));
        }
        HotUser user = HotUser.decode(userId, keyGroup, saved, arena);
        user.storedBytes = saved.length;
        return user;
    }

    /** Takes note that a user has changed, if only by an event that waits. */
    void changed(HotUser user) {
        user.dirty = true;
        user.touched = true;
    }

    /** Takes note that a user may take more of the heap than before. May save others, and let them go. */
    void grown(HotUser user) {
        changed(user);
        long bytes = user.heapBytes();
        heapBytes += bytes - user.countedBytes;
        user.countedBytes = bytes;
        if (heapBytes() > capacityBytes) {
            makeRoom(user);
        }
    }

    private void makeRoom(HotUser keep) {
        while (heapBytes() > capacityBytes && clock.size() > 1) {
            hand = hand < clock.size() ? hand : 0;
            HotUser user = clock.get(hand);
            if (user.touched || user == keep) {
                user.touched = false;
                user.state.pack();
                hand++;
            } else {
                save(user);
                heapBytes -= user.countedBytes;
                users.remove(user.userId);
                user.letGo();
                HotUser last = clock.remove(clock.size() - 1);
                if (last != user) {
                    clock.set(hand, last);
                }
            }
        }
    }

    /** Saves every change that the store does not know; the users stay in memory. */
    void flush() {
        List<HotUser> group = new ArrayList<>(GROUP);
        for (HotUser user : clock) {
            if (user.dirty) {
                group.add(user);
            }
            if (group.size() == GROUP) {
                saveAll(group);
            }
        }
        saveAll(group);
    }

    private void saveAll(List<HotUser> group) {
        prefetch(group);
        group.forEach(this::save);
        group.clear();
    }

    /**
     * Reads a little of every part of some users before the first of them is worked on. Nobody has touched most of it for a
     * while, so it comes from memory, and slowly; the processor waits for all of them at once and not for one part after the
     * other (group prefetching: Chen, Ailamaki, Gibbons, Mowry 2004). Changes nothing.
     */
    void prefetch(List<HotUser> group) {
        long sum = 0;
        for (HotUser user : group) {
            sum += user.prefetch();
        }
        prefetched = sum;
    }

    private void save(HotUser user) {
        if (user.dirty) {
            encoded.clear();
            user.writeTo(encoded);
            byte[] bytes = encoded.toByteArray();
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

    boolean isInMemory(String userId) {
        return users.containsKey(userId);
    }

    /** About what the users in memory take of the heap. */
    long heapBytes() {
        return heapBytes + arena.heapBytes();
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

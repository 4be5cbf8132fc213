package freshet.features.binary;

/**
 * A 64-bit hash that stands for an id in the state of jobs, where only equality matters, so that a table of a thousand ids is one
 * {@code long[]}. FNV-1a over the UTF-16 units, then the finaliser of MurmurHash3 for the high bits. Two different ids
 * among a thousand collide with a probability of about 3e-14. The same on every machine; part of stored state, so it can
 * never change.
 */
public final class IdFingerprint {
    private static final long OFFSET = 0xcbf29ce484222325L;
    private static final long PRIME = 0x100000001b3L;

    private IdFingerprint() {}

    public static long of(String id) {
        long hash = OFFSET;
        for (int i = 0; i < id.length(); i++) {
            hash = (hash ^ id.charAt(i)) * PRIME;
        }
        hash = (hash ^ (hash >>> 33)) * 0xff51afd7ed558ccdL;
        hash = (hash ^ (hash >>> 33)) * 0xc4ceb9fe1a85ec53L;
        return hash ^ (hash >>> 33);
    }
}

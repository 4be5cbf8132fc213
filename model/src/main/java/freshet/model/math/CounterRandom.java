package freshet.model.math;

import freshet.serde.example.IdHash;

/**
 * Random numbers without state: each is a pure function of a seed and of what it is for, so that initial values and dropout
 * do not depend on the order in which they are asked for (after Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2,
 * 3"; the mixing is SplitMix64's, Steele et al. 2014).
 */
public final class CounterRandom {
    private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;
    private static final float TWO_TO_MINUS_24 = 0x1p-24f;

    private CounterRandom() {}

    /** Spreads every bit of the argument over all bits of the result; a bijection. */
    public static long mix(long value) {
        return IdHash.mix(value);
    }

    /** The key of a stream of random numbers, derived from another key and a name or number. */
    public static long key(long parent, long child) {
        return mix(parent + GOLDEN_GAMMA * (child + 1) ^ Long.rotateLeft(child, 32));
    }

    /** The {@code index}-th number of a stream: uniform in [0, 1), a multiple of 2^-24, so exact as a float. */
    public static float uniform(long key, long index) {
        return (mix(key + GOLDEN_GAMMA * (index + 1)) >>> 40) * TWO_TO_MINUS_24;
    }
}

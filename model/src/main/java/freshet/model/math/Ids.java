package freshet.model.math;

import freshet.serde.example.IdHash;

/** The 64-bit numbers behind textual ids ({@link IdHash}), and those behind pairs of them. */
public final class Ids {
    /** What stands in a cross for a feature without an id. */
    public static final long MISSING = hash("");

    private Ids() {}

    /** The id of a text. Unpaired surrogates count as '?', as {@code String.getBytes} has it. */
    public static long hash(String text) {
        return IdHash.of(text);
    }

    /** The id of an ordered pair of ids; longer crosses are pairs of pairs, from the left. */
    public static long cross(long first, long second) {
        return CounterRandom.mix(Long.rotateLeft(first, 23) * 3 + second);
    }
}

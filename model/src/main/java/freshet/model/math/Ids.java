package freshet.model.math;

/**
 * The 64-bit numbers behind textual ids. Any other program can compute them: FNV-1a (64 bit) over the UTF-8 bytes, then
 * the mixing of {@link CounterRandom#mix}, because FNV alone leaves its low bits close together for short texts.
 */
public final class Ids {
    private static final long FNV_OFFSET = 0xCBF29CE484222325L;
    private static final long FNV_PRIME = 0x100000001B3L;

    /** What stands in a cross for a feature without an id. */
    public static final long MISSING = hash("");

    private Ids() {}

    /** The id of a text. Unpaired surrogates count as '?', as {@code String.getBytes} has it. */
    public static long hash(String text) {
        long hash = FNV_OFFSET;
        int length = text.length();
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            if (c < 0x80) {
                hash = (hash ^ c) * FNV_PRIME;
            } else if (c < 0x800) {
                hash = (hash ^ (0xC0 | c >> 6)) * FNV_PRIME;
                hash = (hash ^ (0x80 | c & 0x3F)) * FNV_PRIME;
            } else if (!Character.isSurrogate(c)) {
                hash = (hash ^ (0xE0 | c >> 12)) * FNV_PRIME;
                hash = (hash ^ (0x80 | c >> 6 & 0x3F)) * FNV_PRIME;
                hash = (hash ^ (0x80 | c & 0x3F)) * FNV_PRIME;
            } else if (Character.isHighSurrogate(c) && i + 1 < length && Character.isLowSurrogate(text.charAt(i + 1))) {
                int point = Character.toCodePoint(c, text.charAt(++i));
                hash = (hash ^ (0xF0 | point >> 18)) * FNV_PRIME;
                hash = (hash ^ (0x80 | point >> 12 & 0x3F)) * FNV_PRIME;
                hash = (hash ^ (0x80 | point >> 6 & 0x3F)) * FNV_PRIME;
                hash = (hash ^ (0x80 | point & 0x3F)) * FNV_PRIME;
            } else {
                hash = (hash ^ '?') * FNV_PRIME;
            }
        }
        return CounterRandom.mix(hash);
    }

    /** The id of an ordered pair of ids; longer crosses are pairs of pairs, from the left. */
    public static long cross(long first, long second) {
        return CounterRandom.mix(Long.rotateLeft(first, 23) * 3 + second);
    }
}

package freshet.serde.example;

/**
 * The 64-bit numbers by which models know textual ids. Any other program can compute them: FNV-1a (64 bit) over the UTF-8
 * bytes, then the mixing of SplitMix64 (Steele et al. 2014), because FNV alone leaves its low bits close together for short
 * texts. Part of the snapshot format, so it can never change.
 */
public final class IdHash {
    private static final long FNV_OFFSET = 0xCBF29CE484222325L;
    private static final long FNV_PRIME = 0x100000001B3L;

    private IdHash() {}

    /** Spreads every bit of the argument over all bits of the result; a bijection. */
    public static long mix(long value) {
        long z = value;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    /**
     * The ids of many texts. Four at a time, since each letter has to wait for the one before it.
     *
     * @param into receives {@link #of(String)} of each, from {@code offset} on
     */
    public static void of(String[] texts, int count, long[] into, int offset) {
        int i = 0;
        for (; i + 4 <= count; i += 4) {
            hashFour(texts[i], texts[i + 1], texts[i + 2], texts[i + 3], into, offset + i);
        }
        for (; i < count; i++) {
            into[offset + i] = of(texts[i]);
        }
    }

    private static void hashFour(String a, String b, String c, String d, long[] into, int at) {
        int together = Math.min(Math.min(a.length(), b.length()), Math.min(c.length(), d.length()));
        long hashA = FNV_OFFSET;
        long hashB = FNV_OFFSET;
        long hashC = FNV_OFFSET;
        long hashD = FNV_OFFSET;
        int letters = 0;
        for (int i = 0; i < together; i++) {
            char ofA = a.charAt(i);
            char ofB = b.charAt(i);
            char ofC = c.charAt(i);
            char ofD = d.charAt(i);
            letters |= ofA | ofB | ofC | ofD;
            hashA = (hashA ^ ofA) * FNV_PRIME;
            hashB = (hashB ^ ofB) * FNV_PRIME;
            hashC = (hashC ^ ofC) * FNV_PRIME;
            hashD = (hashD ^ ofD) * FNV_PRIME;
        }
        boolean ofOneByte = letters < 0x80;
        into[at] = ofOneByte ? hash(a, together, hashA) : of(a);
        into[at + 1] = ofOneByte ? hash(b, together, hashB) : of(b);
        into[at + 2] = ofOneByte ? hash(c, together, hashC) : of(c);
        into[at + 3] = ofOneByte ? hash(d, together, hashD) : of(d);
    }

    /** The id of a text. Unpaired surrogates count as '?', as {@code String.getBytes} has it. */
    public static long of(String text) {
        return hash(text, 0, FNV_OFFSET);
    }

    /** Goes on from the letter at {@code from}, before which the text had {@code begun}. */
    private static long hash(String text, int from, long begun) {
        long hash = begun;
        int length = text.length();
        for (int i = from; i < length; i++) {
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
        return mix(hash);
    }
}

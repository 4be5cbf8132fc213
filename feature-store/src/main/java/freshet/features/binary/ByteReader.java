package freshet.features.binary;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Reads what a {@link ByteWriter} wrote, in the same order. Bytes that end too early or say nonsense are an {@link IllegalStateException}. */
public final class ByteReader {
    private final String what;
    private final byte[] bytes;
    private final int begin;
    private final int limit;
    private int at;

    /**
     * @param what what is being read, for messages: "the state of a user"
     */
    public ByteReader(String what, byte[] bytes) {
        this(what, bytes, 0, bytes.length);
    }

    /** Reads {@code length} of the bytes, from {@code begin} on. */
    public ByteReader(String what, byte[] bytes, int begin, int length) {
        this.what = what;
        this.bytes = bytes;
        this.begin = begin;
        limit = begin + length;
        at = begin;
    }

    public int remaining() {
        return limit - at;
    }

    private void need(long count) {
        if (count < 0 || count > limit - at) {
            throw new IllegalStateException("reading " + what + ": found " + (limit - begin) + " bytes, expected "
                    + count + " more at byte " + (at - begin) + "; the bytes are damaged or of another kind");
        }
    }

    /** Reads a version byte. Throws when it is not from 1 to {@code newest}: written by a newer release, or not ours. */
    public int readVersion(int newest) {
        int version = readByte();
        if (version < 1 || version > newest) {
            throw new IllegalStateException("reading " + what + ": found version " + version + ", expected 1 to "
                    + newest + "; it was written by a newer release, or is damaged");
        }
        return version;
    }

    /** From 0 to 255. */
    public int readByte() {
        need(1);
        return bytes[at++] & 0xFF;
    }

    public long readVarLong() {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            int next = readByte();
            value |= (long) (next & 0x7F) << shift;
            if (next < 0x80) {
                return value;
            }
        }
        throw new IllegalStateException("reading " + what + ": found a number of more than ten bytes before byte "
                + (at - begin)
                + "; the bytes are damaged");
    }

    public long readSignedVarLong() {
        long value = readVarLong();
        return (value >>> 1) ^ -(value & 1);
    }

    /** How many elements follow; each takes at least {@code bytesEach}, so a damaged count cannot ask for all memory. */
    public int readCount(int bytesEach) {
        long count = readVarLong();
        if (count < 0 || count > limit - begin) {
            throw new IllegalStateException("reading " + what + ": found a count of " + count + " before byte "
                    + (at - begin) + ", expected at most " + (limit - begin) + "; the bytes are damaged");
        }
        need(count * bytesEach);
        return (int) count;
    }

    public long readFixedLong() {
        need(Long.BYTES);
        long value = (long) ByteWriter.LONG.get(bytes, at);
        at += Long.BYTES;
        return value;
    }

    public double readDouble() {
        return Double.longBitsToDouble(readFixedLong());
    }

    public float readFloat() {
        need(Integer.BYTES);
        int bits = (int) ByteWriter.INT.get(bytes, at);
        at += Integer.BYTES;
        return Float.intBitsToFloat(bits);
    }

    public String readText() {
        int length = readCount(1);
        int after = at + length;
        for (int i = at; i < after; i++) {
            if (bytes[i] < 0) {
                return readWideText(after);
            }
        }
        String text = new String(bytes, at, length, StandardCharsets.ISO_8859_1);
        at = after;
        return text;
    }

    /** The next so many texts, as {@link ByteWriter#writeText} wrote them. */
    public byte[] readTextsAsWritten(int texts) {
        int first = at;
        for (int i = 0; i < texts; i++) {
            int length = readCount(1);
            at += length;
        }
        return Arrays.copyOfRange(bytes, first, at);
    }

    private String readWideText(int after) {
        StringBuilder text = new StringBuilder(after - at);
        while (at < after) {
            int first = readByte();
            if (first < 0x80) {
                text.append((char) first);
            } else if (first < 0xE0) {
                text.append((char) ((first & 0x1F) << 6 | (readByte() & 0x3F)));
            } else {
                text.append((char) ((first & 0x0F) << 12 | (readByte() & 0x3F) << 6 | (readByte() & 0x3F)));
            }
        }
        return text.toString();
    }

    public byte[] readBlock() {
        int length = readCount(1);
        at += length;
        return Arrays.copyOfRange(bytes, at - length, at);
    }

    /** Throws unless everything was read. */
    public void end() {
        if (at != limit) {
            throw new IllegalStateException("reading " + what + ": found " + remaining()
                    + " bytes after the end, expected none;" + " the bytes are damaged or of another kind");
        }
    }
}

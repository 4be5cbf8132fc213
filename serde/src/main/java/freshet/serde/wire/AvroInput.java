package freshet.serde.wire;

import freshet.serde.event.DeadLetter.Reason;
import freshet.serde.event.EventValidator;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads Avro's binary encoding from a byte array that nobody vouches for. Every length is checked against its limit and
 * against the bytes that are left before anything is allocated; what does not hold ends in a {@link BadRecordException}
 * that names the field and the place. Not thread-safe; made for reuse by {@link #reset}.
 */
final class AvroInput {
    private static final char REPLACEMENT = '\uFFFD';

    private byte[] bytes = {};
    private int position;
    private int end;

    /** Starts over with the bytes from start, inclusive, to end, exclusive. */
    void reset(byte[] bytes, int start, int end) {
        this.bytes = bytes;
        this.position = start;
        this.end = end;
    }

    /** Bytes not read yet. */
    int remaining() {
        return end - position;
    }

    /** Refuses a record that goes on after its last field. */
    void expectEnd() {
        if (position != end) {
            throw undecodable("the end of the record", remaining() + " more bytes", "none");
        }
    }

    long longNumber(String field) {
        long value = 0;
        for (int shift = 0; shift < Long.SIZE; shift += 7) {
            if (position == end) {
                throw truncated(field);
            }
            byte next = bytes[position++];
            value |= (next & 0x7FL) << shift;
            if (next >= 0) {
                return (value >>> 1) ^ -(value & 1);
            }
        }
        throw undecodable(field, "a number of more than ten bytes", "at most ten");
    }

    int intNumber(String field) {
        long value = longNumber(field);
        if (value != (int) value) {
            throw undecodable(field, "a number of more than 32 bits", "at most 32");
        }
        return (int) value;
    }

    float floatNumber(String field) {
        need(Float.BYTES, field);
        int bits = 0;
        for (int i = 0; i < Float.BYTES; i++) {
            bits |= (bytes[position++] & 0xFF) << (8 * i);
        }
        return Float.intBitsToFloat(bits);
    }

    double doubleNumber(String field) {
        need(Double.BYTES, field);
        long bits = 0;
        for (int i = 0; i < Double.BYTES; i++) {
            bits |= (bytes[position++] & 0xFFL) << (8 * i);
        }
        return Double.longBitsToDouble(bits);
    }

    String text(String field, int maxBytes) {
        int length = length(field, maxBytes);
        String text = new String(bytes, position, length, StandardCharsets.UTF_8);
        // Java replaces what is not UTF-8, so that two different ids could become one. Look closer only where it may
        // have.
        if (text.indexOf(REPLACEMENT) >= 0 && !encodesTo(text, position, length)) {
            throw undecodable(field, "bytes that are not UTF-8", "UTF-8");
        }
        position += length;
        return text;
    }

    /** A union of null and string, in this order; an empty text counts as absent. */
    @Nullable
    String optionalText(String field, int maxBytes) {
        if (!present(field)) {
            return null;
        }
        String text = text(field, maxBytes);
        return text.isEmpty() ? null : text;
    }

    /** A map of lists of texts, within the limits of an event. */
    SortedMap<String, List<String>> textLists(String field) {
        SortedMap<String, List<String>> map = new TreeMap<>();
        int read = 0;
        int more;
        // An entry is at least a byte of name and the zero that ends its list.
        while ((more = block(field, read, 2, EventValidator.MAX_MAP_ENTRIES)) > 0) {
            for (int i = 0; i < more; i++) {
                map.put(text(field, EventValidator.MAX_TEXT_BYTES), texts(field));
            }
            read += more;
        }
        return map;
    }

    private List<String> texts(String field) {
        List<String> texts = new ArrayList<>();
        int more;
        while ((more = block(field, texts.size(), 1, EventValidator.MAX_LIST_ITEMS)) > 0) {
            for (int i = 0; i < more; i++) {
                texts.add(text(field, EventValidator.MAX_TEXT_BYTES));
            }
        }
        return List.copyOf(texts);
    }

    byte[] bytes(String field, int maxBytes) {
        int length = length(field, maxBytes);
        byte[] copy = Arrays.copyOfRange(bytes, position, position + length);
        position += length;
        return copy;
    }

    /** Reads a text and says whether it is this one; otherwise leaves it unread. */
    boolean skipText(byte[] expected) {
        int before = position;
        int length = length("a name", Integer.MAX_VALUE);
        if (Arrays.equals(bytes, position, position + length, expected, 0, expected.length)) {
            position += length;
            return true;
        }
        position = before;
        return false;
    }

    /** The branch of a union of null and one other type, in this order. */
    boolean present(String field) {
        long branch = longNumber(field);
        if (branch != 0 && branch != 1) {
            throw undecodable(field, "branch " + branch + " of a union", "0 or 1");
        }
        return branch == 1;
    }

    /**
     * How many items the next block of an array or map holds; 0 at its end. To be asked again after each block.
     *
     * @param soFar items in the blocks before
     * @param minItemBytes the fewest bytes an item can take, so that a count can be refused before it is believed
     */
    int block(String field, int soFar, int minItemBytes, int maxItems) {
        long count = longNumber(field);
        if (count < 0) {
            count = -count;
            long size = longNumber(field);
            if (size < 0 || size > remaining()) {
                throw undecodable(field, "a block of " + size + " bytes", "at most the " + remaining() + " left");
            }
        }
        if (count < 0 || count > remaining() / minItemBytes) {
            throw undecodable(
                    field, "a block of " + count + " items", "no more than " + remaining() + " bytes can hold");
        }
        if (count > maxItems - soFar) {
            throw new BadRecordException(
                    Reason.TOO_LONG, field + ": found " + (soFar + count) + " items, expected at most " + maxItems);
        }
        return (int) count;
    }

    private int length(String field, int maxBytes) {
        long length = longNumber(field);
        if (length < 0 || length > remaining()) {
            throw undecodable(field, "a length of " + length, "at most the " + remaining() + " bytes left");
        }
        if (length > maxBytes) {
            throw new BadRecordException(
                    Reason.TOO_LONG, field + ": found " + length + " bytes, expected at most " + maxBytes);
        }
        return (int) length;
    }

    private boolean encodesTo(String text, int start, int length) {
        byte[] again = text.getBytes(StandardCharsets.UTF_8);
        return Arrays.equals(bytes, start, start + length, again, 0, again.length);
    }

    private void need(int count, String field) {
        if (remaining() < count) {
            throw truncated(field);
        }
    }

    private static BadRecordException truncated(String field) {
        return undecodable(field, "the end of the record", "more bytes");
    }

    private static BadRecordException undecodable(String field, String found, String expected) {
        return new BadRecordException(Reason.UNDECODABLE, field + ": found " + found + ", expected " + expected);
    }
}

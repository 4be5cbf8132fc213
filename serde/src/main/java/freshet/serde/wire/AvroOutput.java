package freshet.serde.wire;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * Writes Avro's binary encoding into a buffer that grows. Arrays and maps go out as one block, maps in the order given, so
 * the same value always gives the same bytes. Not thread-safe; made for reuse by {@link #reset}.
 */
final class AvroOutput {
    private byte[] buffer = new byte[512];
    private int size;

    void reset() {
        size = 0;
    }

    byte[] toByteArray() {
        return Arrays.copyOf(buffer, size);
    }

    void raw(byte[] bytes) {
        reserve(bytes.length);
        System.arraycopy(bytes, 0, buffer, size, bytes.length);
        size += bytes.length;
    }

    void longNumber(long value) {
        reserve(10);
        long rest = (value << 1) ^ (value >> 63);
        while ((rest & ~0x7FL) != 0) {
            buffer[size++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        buffer[size++] = (byte) rest;
    }

    void floatNumber(float value) {
        reserve(Float.BYTES);
        int bits = Float.floatToIntBits(value);
        for (int i = 0; i < Float.BYTES; i++) {
            buffer[size++] = (byte) (bits >>> (8 * i));
        }
    }

    void doubleNumber(double value) {
        reserve(Double.BYTES);
        long bits = Double.doubleToLongBits(value);
        for (int i = 0; i < Double.BYTES; i++) {
            buffer[size++] = (byte) (bits >>> (8 * i));
        }
    }

    void text(String value) {
        bytes(value.getBytes(StandardCharsets.UTF_8));
    }

    /** A union of null and string, in this order; an empty text counts as absent. */
    void optionalText(@Nullable String value) {
        if (value == null || value.isEmpty()) {
            longNumber(0);
        } else {
            longNumber(1);
            text(value);
        }
    }

    void bytes(byte[] value) {
        longNumber(value.length);
        raw(value);
    }

    void texts(List<String> values) {
        if (!values.isEmpty()) {
            longNumber(values.size());
            values.forEach(this::text);
        }
        longNumber(0);
    }

    void textLists(SortedMap<String, List<String>> map) {
        if (!map.isEmpty()) {
            longNumber(map.size());
            map.forEach((name, values) -> {
                text(name);
                texts(values);
            });
        }
        longNumber(0);
    }

    void floats(SortedMap<String, Float> map) {
        if (!map.isEmpty()) {
            longNumber(map.size());
            map.forEach((name, value) -> {
                text(name);
                floatNumber(value);
            });
        }
        longNumber(0);
    }

    private void reserve(int more) {
        if (buffer.length - size < more) {
            buffer = Arrays.copyOf(buffer, Math.max(buffer.length * 2, size + more));
        }
    }
}

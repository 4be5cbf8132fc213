package freshet.features.binary;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Appends compact binary values to a growing buffer; {@link ByteReader} reads them back in the same order.
 *
 * <ul>
 *   <li>varlong: seven bits a byte, lowest first, the high bit says that more follow; small non-negative numbers are short
 *   <li>fixed: little endian
 *   <li>text: the number of bytes as a varlong, then each UTF-16 unit as one to three bytes in the manner of UTF-8, so that
 *       any Java string, unpaired surrogates included, comes back as it was
 * </ul>
 */
public final class ByteWriter {
    /** Fixed numbers in a byte array at any index, little endian. */
    static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private static final int MAX_VARLONG_BYTES = 10;
    private static final int MAX_SHORT_TEXT = 0x7F;

    private byte[] bytes;
    private int size;

    public ByteWriter() {
        this(256);
    }

    public ByteWriter(int capacity) {
        bytes = new byte[Math.max(16, capacity)];
    }

    public int size() {
        return size;
    }

    /** Begins anew, with the room that there is. */
    public void clear() {
        size = 0;
    }

    public byte[] toByteArray() {
        return Arrays.copyOf(bytes, size);
    }

    /** Copies everything to a place in an array. */
    public void copyTo(byte[] to, int begin) {
        System.arraycopy(bytes, 0, to, begin, size);
    }

    private void room(int more) {
        if (bytes.length - size < more) {
            bytes = Arrays.copyOf(bytes, Math.max(size + more, bytes.length + (bytes.length >> 1)));
        }
    }

    public void writeByte(int value) {
        room(1);
        bytes[size++] = (byte) value;
    }

    /** Non-negative numbers; a negative one takes ten bytes. */
    public void writeVarLong(long value) {
        room(MAX_VARLONG_BYTES);
        if ((value & ~0x7FL) == 0) {
            bytes[size++] = (byte) value;
            return;
        }
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            bytes[size++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        bytes[size++] = (byte) rest;
    }

    /** Numbers of either sign, short when near zero. */
    public void writeSignedVarLong(long value) {
        writeVarLong((value << 1) ^ (value >> 63));
    }

    public void writeFixedLong(long value) {
        room(Long.BYTES);
        LONG.set(bytes, size, value);
        size += Long.BYTES;
    }

    public void writeDouble(double value) {
        writeFixedLong(Double.doubleToLongBits(value));
    }

    public void writeFloat(float value) {
        room(Integer.BYTES);
        INT.set(bytes, size, Float.floatToIntBits(value));
        size += Integer.BYTES;
    }

    public void writeText(String text) {
        if (!wroteShortAscii(text)) {
            writeAnyText(text);
        }
    }

    /** Nearly every text is this: one pass and one byte of length. Appends nothing to what counts if it is not. */
    private boolean wroteShortAscii(String text) {
        int length = text.length();
        if (length > MAX_SHORT_TEXT) {
            return false;
        }
        room(1 + length);
        byte[] to = bytes;
        int at = size;
        to[at++] = (byte) length;
        for (int i = 0; i < length; i++) {
            char unit = text.charAt(i);
            if (unit >= 0x80) {
                return false;
            }
            to[at++] = (byte) unit;
        }
        size = at;
        return true;
    }

    private void writeAnyText(String text) {
        int length = encodedLength(text);
        writeVarLong(length);
        room(length);
        for (int i = 0; i < text.length(); i++) {
            char unit = text.charAt(i);
            if (unit < 0x80) {
                bytes[size++] = (byte) unit;
            } else if (unit < 0x800) {
                bytes[size++] = (byte) (0xC0 | (unit >> 6));
                bytes[size++] = (byte) (0x80 | (unit & 0x3F));
            } else {
                bytes[size++] = (byte) (0xE0 | (unit >> 12));
                bytes[size++] = (byte) (0x80 | ((unit >> 6) & 0x3F));
                bytes[size++] = (byte) (0x80 | (unit & 0x3F));
            }
        }
    }

    private static int encodedLength(String text) {
        int length = text.length();
        for (int i = 0; i < text.length(); i++) {
            char unit = text.charAt(i);
            if (unit >= 0x80) {
                length += unit < 0x800 ? 1 : 2;
            }
        }
        return length;
    }

    /** A block of bytes with its length in front. */
    public void writeBlock(byte[] block) {
        writeVarLong(block.length);
        writeBytes(block, 0, block.length);
    }

    /** Bytes as they are. */
    public void writeBytes(byte[] from, int begin, int length) {
        room(length);
        System.arraycopy(from, begin, bytes, size, length);
        size += length;
    }
}

package freshet.model.eval;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/** Numbers as saved metrics hold them: most are small counts, so those take a byte or two. */
final class Numbers {
    /** Whole numbers below this are exact in a double and take the short form. */
    private static final double MAX_WHOLE = 1L << 53;

    /** Stands for "a double follows"; the whole number n is written as n + 1. */
    private static final long DOUBLE_FOLLOWS = 0;

    private Numbers() {}

    /** A number that is not negative, seven bits a byte, the lowest first; the high bit says that more follow. */
    static void writeCount(DataOutput out, long value) throws IOException {
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            out.writeByte((int) (rest & 0x7F | 0x80));
            rest >>>= 7;
        }
        out.writeByte((int) rest);
    }

    static long readCount(DataInput in) throws IOException {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            byte next = in.readByte();
            value |= (long) (next & 0x7F) << shift;
            if (next >= 0) {
                return value;
            }
        }
        throw new IOException("reading a count: found more than ten bytes");
    }

    /** Any double, to the bit. */
    static void write(DataOutput out, double value) throws IOException {
        if (value >= 0 && value < MAX_WHOLE && value == Math.rint(value) && 1 / value > 0) {
            writeCount(out, (long) value + 1);
        } else {
            writeCount(out, DOUBLE_FOLLOWS);
            out.writeDouble(value);
        }
    }

    static double read(DataInput in) throws IOException {
        long value = readCount(in);
        return value == DOUBLE_FOLLOWS ? in.readDouble() : value - 1;
    }
}

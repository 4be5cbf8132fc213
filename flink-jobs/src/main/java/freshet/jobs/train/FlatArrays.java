package freshet.jobs.train;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Long arrays of numbers between operators, a piece at a time: number by number takes longer than the learner should wait. */
final class FlatArrays {
    private static final int PIECE_BYTES = 1 << 15;

    private FlatArrays() {}

    static void write(long[] values, DataOutput out) throws IOException {
        out.writeInt(values.length);
        byte[] piece = new byte[PIECE_BYTES];
        int most = PIECE_BYTES / Long.BYTES;
        for (int from = 0; from < values.length; from += most) {
            int count = Math.min(most, values.length - from);
            ByteBuffer.wrap(piece).asLongBuffer().put(values, from, count);
            out.write(piece, 0, count * Long.BYTES);
        }
    }

    static void write(float[] values, DataOutput out) throws IOException {
        out.writeInt(values.length);
        byte[] piece = new byte[PIECE_BYTES];
        int most = PIECE_BYTES / Float.BYTES;
        for (int from = 0; from < values.length; from += most) {
            int count = Math.min(most, values.length - from);
            ByteBuffer.wrap(piece).asFloatBuffer().put(values, from, count);
            out.write(piece, 0, count * Float.BYTES);
        }
    }

    static long[] readLongs(DataInput in) throws IOException {
        long[] values = new long[in.readInt()];
        byte[] piece = new byte[PIECE_BYTES];
        int most = PIECE_BYTES / Long.BYTES;
        for (int from = 0; from < values.length; from += most) {
            int count = Math.min(most, values.length - from);
            in.readFully(piece, 0, count * Long.BYTES);
            ByteBuffer.wrap(piece).asLongBuffer().get(values, from, count);
        }
        return values;
    }

    static float[] readFloats(DataInput in) throws IOException {
        float[] values = new float[in.readInt()];
        byte[] piece = new byte[PIECE_BYTES];
        int most = PIECE_BYTES / Float.BYTES;
        for (int from = 0; from < values.length; from += most) {
            int count = Math.min(most, values.length - from);
            in.readFully(piece, 0, count * Float.BYTES);
            ByteBuffer.wrap(piece).asFloatBuffer().get(values, from, count);
        }
        return values;
    }
}

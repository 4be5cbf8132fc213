package freshet.jobs.join;

import freshet.features.binary.ByteReader;
import freshet.features.binary.ByteWriter;
import freshet.serde.example.FeatureValues;
import java.nio.charset.StandardCharsets;

/**
 * Feature values in the state of a user: the number of sparse slots, per slot the number of ids and the ids as text; the
 * number of dense slots, per slot a float.
 */
final class FeatureBytes {
    private FeatureBytes() {}

    /** Whether they take at most so many bytes in an example, the names of the features not counted. */
    static boolean fit(FeatureValues values, long mostBytes) {
        long chars = 0;
        long rest = (long) Float.BYTES * values.numbers().length;
        for (String[] ids : values.ids()) {
            rest += 3L * ids.length;
            for (String id : ids) {
                chars += id.length();
            }
        }
        // A char is at most three bytes of UTF-8, so nearly always nothing has to be looked at.
        return 3 * chars + rest <= mostBytes || utf8Bytes(values) + rest <= mostBytes;
    }

    private static long utf8Bytes(FeatureValues values) {
        long bytes = 0;
        for (String[] ids : values.ids()) {
            for (String id : ids) {
                bytes += id.getBytes(StandardCharsets.UTF_8).length;
            }
        }
        return bytes;
    }

    static byte[] encode(FeatureValues values) {
        ByteWriter out = new ByteWriter(512);
        out.writeVarLong(values.ids().length);
        for (String[] ids : values.ids()) {
            out.writeVarLong(ids.length);
            for (String id : ids) {
                out.writeText(id);
            }
        }
        out.writeVarLong(values.numbers().length);
        for (float number : values.numbers()) {
            out.writeFloat(number);
        }
        return out.toByteArray();
    }

    static FeatureValues decode(byte[] bytes) {
        ByteReader in = new ByteReader("the features of an open impression", bytes);
        String[][] ids = new String[in.readCount(1)][];
        for (int slot = 0; slot < ids.length; slot++) {
            ids[slot] = new String[in.readCount(1)];
            for (int i = 0; i < ids[slot].length; i++) {
                ids[slot][i] = in.readText();
            }
        }
        float[] numbers = new float[in.readCount(4)];
        for (int slot = 0; slot < numbers.length; slot++) {
            numbers[slot] = in.readFloat();
        }
        in.end();
        return new FeatureValues(ids, numbers);
    }
}

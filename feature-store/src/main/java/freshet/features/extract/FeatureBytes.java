package freshet.features.extract;

import freshet.features.binary.ByteReader;
import freshet.features.binary.ByteWriter;
import freshet.serde.example.FeatureValues;

/**
 * Feature values as the bytes that {@link FeatureExtractor} writes and that the state of a job keeps: the number of sparse
 * slots, per slot the number of ids and the ids as text; the number of dense slots, per slot a float.
 */
public final class FeatureBytes {
    private FeatureBytes() {}

    public static byte[] encode(FeatureValues values) {
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

    /** Throws {@link IllegalStateException} for bytes that are damaged. */
    public static FeatureValues decode(byte[] bytes) {
        ByteReader in = new ByteReader("the features of an impression", bytes);
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

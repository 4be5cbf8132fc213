package freshet.model.quantile;

import freshet.model.spec.QuantileSpec;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * The tables of {@link RankTables} as they are learnt: by counting what examples carry, after they are learnt. A table covers the
 * last one to two windows of examples. It is made anew when the examples of a window reach a power of two, so soon at first, and
 * when the window is full; between, it stands still, so that a network can get used to it. One thread.
 */
public final class LearntRanks {
    /** Values in a buffer of a sketch: ranks are off by less than 1 % (see {@link QuantileSketch}). */
    private static final int K = 512;

    private static final long FIRST_TABLE = 16;

    private final QuantileSpec spec;
    /** By feature. */
    private final Values[] features;

    private final float[] tables;
    /** Of the present window. */
    private long examples;

    /** What is known of one feature's values. */
    private static final class Values {
        private QuantileSketch before = new QuantileSketch(K);
        private QuantileSketch now = new QuantileSketch(K);
        private float smallest = Float.POSITIVE_INFINITY;
        private float largest = Float.NEGATIVE_INFINITY;
    }

    public LearntRanks(QuantileSpec spec) {
        this.spec = spec;
        features = new Values[spec.slots().size()];
        for (int feature = 0; feature < features.length; feature++) {
            features[feature] = new Values();
        }
        tables = new float[RankTables.floats(spec)];
    }

    /** The tables, which change in place. */
    public float[] tables() {
        return tables;
    }

    /**
     * Counts one example.
     *
     * @param numbers by slot of the schema
     */
    public void count(float[] numbers) {
        if (features.length == 0) {
            return;
        }
        for (int feature = 0; feature < features.length; feature++) {
            Values values = features[feature];
            float value = numbers[spec.slots().get(feature)];
            values.now.add(value);
            values.smallest = Math.min(values.smallest, value);
            values.largest = Math.max(values.largest, value);
        }
        examples++;
        boolean full = examples == spec.window();
        if (full || examples >= FIRST_TABLE && Long.bitCount(examples) == 1) {
            fillTables();
        }
        if (full) {
            examples = 0;
            for (Values values : features) {
                values.before = values.now;
                values.now = new QuantileSketch(K);
            }
        }
    }

    private void fillTables() {
        for (int feature = 0; feature < features.length; feature++) {
            Values values = features[feature];
            QuantileSketch both = new QuantileSketch(K);
            both.merge(values.before);
            both.merge(values.now);
            int from = feature * spec.edges();
            float[] inner = both.edges(spec.intervals());
            tables[from] = values.smallest;
            System.arraycopy(inner, 0, tables, from + 1, inner.length);
            tables[from + spec.intervals()] = values.largest;
        }
    }

    /** Everything remembered; nothing where no feature is a rank. */
    public void save(DataOutput out) throws IOException {
        if (features.length == 0) {
            return;
        }
        out.writeLong(examples);
        for (Values values : features) {
            values.before.save(out);
            values.now.save(out);
            out.writeFloat(values.smallest);
            out.writeFloat(values.largest);
        }
        for (float edge : tables) {
            out.writeFloat(edge);
        }
    }

    /** Takes over what {@link #save} wrote, with the same specification. */
    public void restore(DataInput in) throws IOException {
        if (features.length == 0) {
            return;
        }
        examples = in.readLong();
        for (Values values : features) {
            values.before = QuantileSketch.restore(K, in);
            values.now = QuantileSketch.restore(K, in);
            values.smallest = in.readFloat();
            values.largest = in.readFloat();
        }
        for (int i = 0; i < tables.length; i++) {
            tables[i] = in.readFloat();
        }
    }
}

package freshet.model.quantile;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Arrays;

/**
 * Quantiles of a stream of floats in little memory, mergeable: buffers of {@code k} values, where a value of level l stands
 * for 2^l. A full buffer is sorted and every other value goes up a level. This is KLL (Karnin, Lang, Liberty 2016) with equal
 * buffers, and with the odd and the even values taken in turn where KLL tosses a coin: so the sketch is a function of the
 * values in their order, and the errors of two compactions that follow each other have opposite signs. Ranks are off by at
 * most {@code levels / (2k)} of all values, in practice by a fraction of that (the test says how much). The libraries' KLL and
 * REQ toss coins without a seed, and would give other weights after a restart.
 *
 * <p>Not thread-safe.
 */
public final class QuantileSketch {
    private final int k;
    /** By level: values, of which the first {@code sizes[level]} count. */
    private float[][] levels = new float[1][];

    private int[] sizes = new int[1];
    /** By level: whether the next compaction takes the odd places. */
    private boolean[] odd = new boolean[1];

    private long count;

    /** @param k values in a buffer; even */
    public QuantileSketch(int k) {
        this.k = k;
        levels[0] = new float[Math.min(k, 8)];
    }

    /** Number of values taken in, of merged sketches too. */
    public long count() {
        return count;
    }

    /** Takes a value in; any but NaN. */
    public void add(float value) {
        count++;
        put(0, value);
    }

    private void put(int level, float value) {
        if (sizes[level] == levels[level].length) {
            levels[level] = Arrays.copyOf(levels[level], Math.min(k, 2 * sizes[level]));
        }
        levels[level][sizes[level]++] = value;
        if (sizes[level] == k) {
            compact(level);
        }
    }

    private void compact(int level) {
        if (level + 1 == levels.length) {
            addLevel();
        }
        Arrays.sort(levels[level], 0, k);
        int first = odd[level] ? 1 : 0;
        odd[level] = !odd[level];
        sizes[level] = 0;
        for (int i = first; i < k; i += 2) {
            put(level + 1, levels[level][i]);
        }
    }

    /** Neighbouring levels begin with different places, so that their first errors have opposite signs too. */
    private void addLevel() {
        int level = levels.length;
        levels = Arrays.copyOf(levels, level + 1);
        levels[level] = new float[Math.min(k, 8)];
        sizes = Arrays.copyOf(sizes, level + 1);
        odd = Arrays.copyOf(odd, level + 1);
        odd[level] = level % 2 == 1;
    }

    /** Takes in everything that another sketch of the same k holds. */
    public void merge(QuantileSketch other) {
        for (int level = 0; level < other.levels.length; level++) {
            for (int i = 0; i < other.sizes[level]; i++) {
                while (level >= levels.length) {
                    addLevel();
                }
                put(level, other.levels[level][i]);
            }
        }
        count += other.count;
    }

    /** The values at the ranks 1/n, 2/n, ... (n - 1)/n, which cut the stream into n equal parts; none of an empty sketch. */
    public float[] edges(int n) {
        int held = Arrays.stream(sizes).sum();
        if (held == 0) {
            return new float[0];
        }
        // Value and weight in one long, so that a plain sort is a sort by value: order-preserving bits, then the level.
        long[] weighted = new long[held];
        int at = 0;
        double total = 0;
        for (int level = 0; level < levels.length; level++) {
            for (int i = 0; i < sizes[level]; i++) {
                int bits = Float.floatToIntBits(levels[level][i] + 0f);
                int ordered = bits ^ (bits >> 31 & Integer.MAX_VALUE);
                weighted[at++] = (long) ordered << 32 | level;
            }
            total += Math.scalb((double) sizes[level], level);
        }
        Arrays.sort(weighted);
        float[] edges = new float[n - 1];
        int edge = 0;
        double passed = 0;
        for (int i = 0; i < held && edge < edges.length; i++) {
            passed += Math.scalb(1.0, (int) (weighted[i] & 0xFF));
            int ordered = (int) (weighted[i] >> 32);
            float value = Float.intBitsToFloat(ordered ^ (ordered >> 31 & Integer.MAX_VALUE));
            while (edge < edges.length && passed >= (edge + 1) * total / n) {
                edges[edge++] = value;
            }
        }
        while (edge < edges.length) {
            edges[edge] = edges[edge - 1];
            edge++;
        }
        return edges;
    }

    /** The part, from 0 to {@code edges.length}, that a value falls into: how many edges lie below it. */
    public static int bucket(float[] edges, float value) {
        int low = 0;
        int high = edges.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (edges[middle] < value) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** Everything remembered. */
    public void save(DataOutput out) throws IOException {
        out.writeLong(count);
        out.writeByte(levels.length);
        for (int level = 0; level < levels.length; level++) {
            out.writeBoolean(odd[level]);
            out.writeInt(sizes[level]);
            for (int i = 0; i < sizes[level]; i++) {
                out.writeFloat(levels[level][i]);
            }
        }
    }

    /** The sketch that {@link #save} wrote, with the k it had. */
    public static QuantileSketch restore(int k, DataInput in) throws IOException {
        QuantileSketch sketch = new QuantileSketch(k);
        sketch.count = in.readLong();
        int count = in.readByte();
        sketch.levels = new float[count][];
        sketch.sizes = new int[count];
        sketch.odd = new boolean[count];
        for (int level = 0; level < count; level++) {
            sketch.odd[level] = in.readBoolean();
            sketch.sizes[level] = in.readInt();
            if (sketch.sizes[level] < 0 || sketch.sizes[level] >= k) {
                throw new IOException("restoring a quantile sketch: found " + sketch.sizes[level]
                        + " values in a buffer, expected fewer than " + k);
            }
            sketch.levels[level] = new float[Math.max(sketch.sizes[level], Math.min(k, 8))];
            for (int i = 0; i < sketch.sizes[level]; i++) {
                sketch.levels[level][i] = in.readFloat();
            }
        }
        return sketch;
    }
}

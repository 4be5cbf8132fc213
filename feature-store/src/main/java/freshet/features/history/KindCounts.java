package freshet.features.history;

import freshet.features.binary.ByteReader;
import freshet.features.binary.ByteWriter;
import java.util.Arrays;

/**
 * A number for each of a few kinds of feedback, sorted by kind: two small arrays, since a viewer's history holds a handful of
 * these and a tree of boxed numbers takes six times the memory. One owner, one thread.
 *
 * <p>Layout: varlong how many, then per kind its name and 8 bytes of its number.
 */
final class KindCounts {
    private static final String[] NO_KINDS = {};
    private static final double[] NO_COUNTS = {};

    private String[] kinds = NO_KINDS;
    private double[] counts = NO_COUNTS;

    /** 0 for a kind that never was added to. */
    double of(String kind) {
        int place = find(kind);
        return place < 0 ? 0 : counts[place];
    }

    void add(String kind, double amount) {
        int place = find(kind);
        if (place < 0) {
            place = insert(-place - 1, kind);
        }
        counts[place] += amount;
    }

    void multiplyAll(double factor) {
        for (int i = 0; i < counts.length; i++) {
            counts[i] *= factor;
        }
    }

    /** As {@link Arrays#binarySearch}; the few there are, are looked through for equality first. */
    private int find(String kind) {
        for (int i = 0; i < kinds.length; i++) {
            if (kinds[i].equals(kind)) {
                return i;
            }
        }
        return Arrays.binarySearch(kinds, kind);
    }

    private int insert(int place, String kind) {
        kinds = Arrays.copyOf(kinds, kinds.length + 1);
        counts = Arrays.copyOf(counts, kinds.length);
        System.arraycopy(kinds, place, kinds, place + 1, kinds.length - 1 - place);
        System.arraycopy(counts, place, counts, place + 1, counts.length - 1 - place);
        kinds[place] = kind;
        counts[place] = 0;
        return place;
    }

    void writeTo(ByteWriter out) {
        out.writeVarLong(kinds.length);
        for (int i = 0; i < kinds.length; i++) {
            out.writeText(kinds[i]);
            out.writeFixedLong(Double.doubleToRawLongBits(counts[i]));
        }
    }

    /**
     * Reads what was written.
     *
     * @param alike counts that probably are of the same kinds: their names are used again
     */
    static KindCounts readFrom(ByteReader in, KindCounts alike) {
        KindCounts read = new KindCounts();
        int size = in.readCount(9);
        read.kinds = new String[size];
        read.counts = new double[size];
        boolean isAlike = size == alike.kinds.length;
        for (int i = 0; i < size; i++) {
            String kind = in.readText();
            isAlike &= i < alike.kinds.length && alike.kinds[i].equals(kind);
            read.kinds[i] = isAlike ? alike.kinds[i] : kind;
            read.counts[i] = Double.longBitsToDouble(in.readFixedLong());
        }
        if (isAlike) {
            read.kinds = alike.kinds; // replaced, never changed, when a kind is added
        }
        return read;
    }
}

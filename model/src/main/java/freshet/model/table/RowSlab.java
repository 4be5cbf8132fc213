package freshet.model.table;

import java.util.Arrays;

/**
 * Rows by position, in flat arrays. Freed positions are given out again, the last freed first, so which row lies where is a
 * function of the calls alone. One thread.
 */
final class RowSlab {
    /** The row was read since the cache last looked for rows to drop. */
    static final byte RECENT = 2;
    /** The row changed since the last publication. */
    static final byte CHANGED = 4;

    /** Rows to work on together after a {@link #fetch}. */
    static final int TOGETHER = 64;

    private static final byte HELD = 1;
    /** Floats of a cache line. */
    private static final int CACHE_LINE = 16;

    private static final int SLAB_SHIFT = 10;
    private static final int SLAB_ROWS = 1 << SLAB_SHIFT;

    private final int stride;
    /** {@code [position / SLAB_ROWS][SLAB_ROWS, stride]}. */
    private float[][] slabs = new float[4][];

    private long[] ids = new long[SLAB_ROWS];
    private byte[] flags = new byte[SLAB_ROWS];
    /** Positions from here on were never used. */
    private int end;
    /** Freed positions, a stack. */
    private int[] free = new int[64];

    private int freeCount;

    /** Of no meaning: somewhere to leave what {@link #fetch} has read, or the compiler would not read it. */
    private float fetched;

    /** @param stride floats of a row */
    RowSlab(int stride) {
        this.stride = stride;
    }

    /** A position for the row of an id; its floats are whatever they were. */
    int take(long id) {
        int position = freeCount > 0 ? free[--freeCount] : end++;
        if (position >>> SLAB_SHIFT == slabs.length) {
            slabs = Arrays.copyOf(slabs, 2 * slabs.length);
        }
        if (position == ids.length) {
            ids = Arrays.copyOf(ids, 2 * position);
            flags = Arrays.copyOf(flags, 2 * position);
        }
        if (slabs[position >>> SLAB_SHIFT] == null) {
            slabs[position >>> SLAB_SHIFT] = new float[SLAB_ROWS * stride];
        }
        ids[position] = id;
        flags[position] = HELD;
        return position;
    }

    void release(int position) {
        flags[position] = 0;
        if (freeCount == free.length) {
            free = Arrays.copyOf(free, 2 * freeCount);
        }
        free[freeCount++] = position;
    }

    /** Number of positions in use. */
    int size() {
        return end - freeCount;
    }

    /** Every position in use is below this. */
    int end() {
        return end;
    }

    boolean holds(int position) {
        return flags[position] != 0;
    }

    long id(int position) {
        return ids[position];
    }

    /** The array in which the row lies, from {@link #offset} on. */
    float[] floats(int position) {
        return slabs[position >>> SLAB_SHIFT];
    }

    int offset(int position) {
        return (position & SLAB_ROWS - 1) * stride;
    }

    /**
     * Copies the beginnings of rows, one behind the other.
     *
     * @param positions those that are {@link RowSource#NONE} are passed over
     * @param into receives {@code [count, width]}
     */
    void copy(int[] positions, int count, int width, float[] into) {
        for (int from = 0; from < count; from += TOGETHER) {
            int to = Math.min(from + TOGETHER, count);
            fetch(positions, from, to, width);
            for (int i = from; i < to; i++) {
                if (positions[i] != RowSource.NONE) {
                    System.arraycopy(floats(positions[i]), offset(positions[i]), into, i * width, width);
                }
            }
        }
    }

    /**
     * Brings rows into the cache: in a loop so short that the processor has many cache misses under way at once, which it would
     * not while it works on each.
     *
     * @param positions those that are {@link RowSource#NONE} are passed over
     * @param to at most {@link #TOGETHER} behind {@code from}, or the first are gone when they are used
     * @param floats how much of each row, from its beginning
     */
    void fetch(int[] positions, int from, int to, int floats) {
        if (end == 0) {
            return;
        }
        float sum = 0;
        for (int i = from; i < to; i++) {
            int position = Math.max(0, positions[i]);
            float[] slab = slabs[position >>> SLAB_SHIFT];
            int row = (position & SLAB_ROWS - 1) * stride;
            for (int at = 0; at < floats; at += CACHE_LINE) {
                sum += slab[row + at];
            }
            sum += slab[row + floats - 1];
        }
        fetched = sum;
    }

    /** Puts a mark; says whether it was not there. */
    boolean mark(int position, byte flag) {
        boolean fresh = (flags[position] & flag) == 0;
        flags[position] |= flag;
        return fresh;
    }

    /** Takes a mark away; says whether it was there. */
    boolean unmark(int position, byte flag) {
        boolean marked = (flags[position] & flag) != 0;
        flags[position] &= (byte) ~flag;
        return marked;
    }
}

package freshet.features.history;

import java.util.Arrays;

/**
 * A small table from a hashed id to two numbers, ordered by when each id was last touched, so that the oldest can be
 * forgotten: three flat arrays, searched from the newest end. A few hundred rows are searched faster than a hash map of
 * boxed keys is read, and stored as they lie.
 *
 * <p>Rows live in {@code [start, end)}; forgetting the oldest moves {@code start}, and the arrays are moved down only when
 * {@code end} meets their length.
 */
final class RecencyTable {
    private static final int FIRST_CAPACITY = 8;

    private long[] keys;
    private long[] counts;
    private long[] extras;
    private int start;
    private int end;

    /** What was looked for last, since one impression asks for the same id several times; unknown after any move. */
    private boolean isFoundKnown;

    private long foundKey;
    private int foundRow;

    /** An empty table with room for so many rows before it grows. */
    RecencyTable(int rows) {
        int capacity = FIRST_CAPACITY + rows;
        keys = new long[capacity];
        counts = new long[capacity];
        extras = new long[capacity];
    }

    int size() {
        return end - start;
    }

    /** Row of a key, or -1. Rows are numbered from 0, the oldest. */
    int find(long key) {
        if (!isFoundKnown || foundKey != key) {
            foundKey = key;
            foundRow = search(key);
            isFoundKnown = true;
        }
        return foundRow;
    }

    private int search(long key) {
        for (int i = end - 1; i >= start; i--) {
            if (keys[i] == key) {
                return i - start;
            }
        }
        return -1;
    }

    long key(int row) {
        return keys[start + row];
    }

    long count(int row) {
        return counts[start + row];
    }

    long extra(int row) {
        return extras[start + row];
    }

    void set(int row, long count, long extra) {
        counts[start + row] = count;
        extras[start + row] = extra;
    }

    /**
     * Makes a key the newest, with {@code count} 0 and {@code extra} as given if it was not there, and forgets the oldest
     * beyond {@code maxRows}. Returns its row.
     */
    int touch(long key, long extraIfNew, int maxRows) {
        int row = find(key);
        if (row == size() - 1 && row >= 0) {
            return row;
        }
        long count = 0;
        long extra = extraIfNew;
        if (row >= 0) {
            count = count(row);
            extra = extra(row);
            remove(start + row);
        }
        append(key, count, extra);
        start = Math.max(start, end - maxRows);
        return size() - 1;
    }

    void append(long key, long count, long extra) {
        isFoundKnown = false;
        if (end == keys.length) {
            makeRoom();
        }
        keys[end] = key;
        counts[end] = count;
        extras[end] = extra;
        end++;
    }

    private void remove(int index) {
        int after = end - index - 1;
        System.arraycopy(keys, index + 1, keys, index, after);
        System.arraycopy(counts, index + 1, counts, index, after);
        System.arraycopy(extras, index + 1, extras, index, after);
        end--;
    }

    private void makeRoom() {
        int size = size();
        // A quarter of slack, so that a full table is moved down once in many rows and not for every one.
        int capacity = size + Math.max(FIRST_CAPACITY, size / 4);
        keys = moved(keys, capacity);
        counts = moved(counts, capacity);
        extras = moved(extras, capacity);
        start = 0;
        end = size;
    }

    private long[] moved(long[] from, int capacity) {
        long[] to = capacity > from.length ? new long[capacity] : from;
        System.arraycopy(from, start, to, 0, end - start);
        return to;
    }

    @Override
    public String toString() {
        return Arrays.toString(Arrays.copyOfRange(keys, start, end));
    }
}

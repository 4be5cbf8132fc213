package freshet.model.batch;

import java.util.Arrays;

/**
 * The ids of one feature for every example of a mini-batch: those of example i have the indexes from {@code start(i)} up to
 * {@code start(i + 1)}. Filled example by example, with {@link #add} and {@link #endExample} or with {@link #addExample}. Its
 * arrays are used again for the next batch.
 */
final class IdColumn {
    private int[] starts = new int[64];
    private long[] ids = new long[64];
    private boolean[] repeated = new boolean[64];
    private boolean anyRepeated;
    private int examples;
    private int size;

    void clear() {
        examples = 0;
        anyRepeated = false;
        size = 0;
    }

    /** Adds an id to the example that is being filled. */
    void add(long id) {
        if (size == ids.length) {
            ids = Arrays.copyOf(ids, 2 * size);
        }
        ids[size++] = id;
    }

    /** Ends the example that is being filled; the next id belongs to the next. */
    void endExample() {
        if (++examples == starts.length) {
            starts = Arrays.copyOf(starts, 2 * examples);
            repeated = Arrays.copyOf(repeated, 2 * examples);
        }
        starts[examples] = size;
        repeated[examples - 1] = false;
    }

    /** Adds an example with these ids. */
    void addExample(long[] from, int begin, int end) {
        int first = size;
        size += end - begin;
        if (size > ids.length) {
            ids = Arrays.copyOf(ids, 2 * size);
        }
        for (int i = begin; i < end; i++) {
            ids[first + i - begin] = from[i];
        }
        endExample();
    }

    /** Says that the last example has the same ids as the one before it. */
    void markRepeated() {
        repeated[examples - 1] = true;
        anyRepeated = true;
    }

    /** Whether there is any example of which {@link #repeated} holds. */
    boolean anyRepeated() {
        return anyRepeated;
    }

    /** Whether an example is known to have the same ids as the one before it. */
    boolean repeated(int example) {
        return repeated[example];
    }

    /** Number of ids of all examples. */
    int size() {
        return size;
    }

    int examples() {
        return examples;
    }

    int start(int example) {
        return starts[example];
    }

    /** {@link #start} of every example, and behind them {@link #size}. */
    int[] starts() {
        return starts;
    }

    long id(int index) {
        return ids[index];
    }

    /** {@code [size]}. */
    long[] ids() {
        return ids;
    }
}

package freshet.model.batch;

import java.util.Arrays;

/**
 * The ids of one feature for every example of a mini-batch: those of example i have the indexes from {@code start(i)} up to
 * {@code start(i + 1)}. Filled example by example; its arrays are used again for the next batch. One thread.
 */
final class IdColumn {
    private int[] starts = new int[64];
    private long[] ids = new long[64];
    private int examples;
    private int size;

    void clear() {
        examples = 0;
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
        }
        starts[examples] = size;
    }

    /** Number of ids of all examples. */
    int size() {
        return size;
    }

    int start(int example) {
        return starts[example];
    }

    long id(int index) {
        return ids[index];
    }
}

package freshet.model.batch;

import freshet.model.optim.UpdateMoment;
import freshet.model.spec.TableSpec;
import freshet.model.table.EmbeddingTable;
import freshet.model.table.RowSource;
import java.util.Arrays;

/**
 * The rows of one table that a mini-batch needs: read together, their gradients summed together, updated together. For learning
 * each id has one row, and its index is the order in which it was first seen in the batch. For scoring alone, rows are read
 * as often as they are asked for, which is less work than seeing whether they were. One thread.
 */
final class GatheredRows {
    /** 2^64 over the golden ratio: spreads ids that are not random. */
    private static final long SPREAD = 0x9E3779B97F4A7C15L;

    /** What rows are read for. */
    enum Use {
        /** Each id once, with a gradient. */
        LEARNING,
        /** Each id once. */
        COUNTING,
        /** As they come. */
        SCORING
    }

    private final int width;
    private Use use = Use.LEARNING;
    private int size;
    private long[] ids = new long[64];
    private int[] positions = new int[64];
    private boolean[] touched = new boolean[64];
    /** {@code [size, width]}. */
    private float[] weights;

    /** {@code [size, width]} when learning. */
    private float[] gradients = new float[0];

    /** Open addressing: index + 1 of the id at each place, 0 where empty; twice as many places as ids at least. */
    private int[] places = new int[128];
    /** By index: where it lies in {@link #places}. */
    private int[] placeOf = new int[64];

    GatheredRows(TableSpec table) {
        width = table.width();
        weights = new float[64 * width];
    }

    void clear(Use next) {
        if (use != Use.SCORING) {
            for (int index = 0; index < size; index++) {
                places[placeOf[index]] = 0;
            }
        }
        size = 0;
        use = next;
    }

    /** The index of an id: a new one, or, but for scoring, the one it was given since {@link #clear}. */
    int index(long id) {
        if (use == Use.SCORING) {
            if (size == ids.length) {
                grow();
            }
            ids[size] = id;
            return size++;
        }
        int place = place(id);
        if (places[place] != 0) {
            return places[place] - 1;
        }
        if (size == ids.length) {
            grow();
            place = place(id);
        }
        ids[size] = id;
        placeOf[size] = place;
        places[place] = ++size;
        return size - 1;
    }

    /** Where an id lies, or the empty place where it would. */
    private int place(long id) {
        int mask = places.length - 1;
        int place = (int) (id * SPREAD >>> Integer.SIZE) & mask;
        while (places[place] != 0 && ids[places[place] - 1] != id) {
            place = place + 1 & mask;
        }
        return place;
    }

    private void grow() {
        ids = Arrays.copyOf(ids, 2 * size);
        positions = new int[2 * size];
        touched = new boolean[2 * size];
        weights = new float[2 * size * width];
        places = new int[4 * size];
        placeOf = Arrays.copyOf(placeOf, 2 * size);
        for (int index = 0; index < size && use != Use.SCORING; index++) {
            placeOf[index] = place(ids[index]);
            places[placeOf[index]] = index + 1;
        }
    }

    /** Reads the weights of every id; gradients are 0 and nothing is touched. */
    void read(RowSource table) {
        table.read(ids, size, width, positions, weights);
        if (use != Use.LEARNING) {
            return;
        }
        if (gradients.length < size * width) {
            gradients = new float[weights.length];
        } else {
            Arrays.fill(gradients, 0, size * width, 0f);
        }
        Arrays.fill(touched, 0, size, false);
    }

    int size() {
        return size;
    }

    int width() {
        return width;
    }

    /** {@code [size, width]}. */
    float[] weights() {
        return weights;
    }

    /** {@code [size, width]}. */
    float[] gradients() {
        return gradients;
    }

    /** Says that a row takes part in the learning of this batch. */
    void touch(int index) {
        touched[index] = true;
    }

    /** Moves every touched row of the table against its gradient. */
    void update(EmbeddingTable table, UpdateMoment moment) {
        for (int index = 0; index < size; index++) {
            if (touched[index]) {
                table.update(ids[index], positions[index], gradients, index * width, moment);
            }
        }
    }

    /** Sets every touched row of the table to the weights here. */
    void write(EmbeddingTable table) {
        for (int index = 0; index < size; index++) {
            if (touched[index]) {
                table.write(ids[index], positions[index], weights, index * width);
            }
        }
    }
}

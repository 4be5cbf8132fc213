package freshet.model.batch;

import freshet.model.math.CounterRandom;
import freshet.model.optim.UpdateMoment;
import freshet.model.spec.TableSpec;
import freshet.model.table.EmbeddingTable;
import freshet.model.table.RowSource;
import java.util.Arrays;

/**
 * The rows of one table that a mini-batch needs, each id once: read together, their gradients summed together, updated
 * together. A row's index is the order in which its id was first seen in the batch. One thread.
 */
final class GatheredRows {
    private final int width;
    private int size;
    private long[] ids = new long[64];
    private int[] positions = new int[64];
    private boolean[] touched = new boolean[64];
    /** {@code [size, width]}. */
    private float[] weights;

    private float[] gradients;

    /** Open addressing: index + 1 of the id at each place, 0 where empty; twice as long as ids at least. */
    private int[] places = new int[256];

    GatheredRows(TableSpec table) {
        width = table.width();
        weights = new float[64 * width];
        gradients = new float[64 * width];
    }

    void clear() {
        size = 0;
        Arrays.fill(places, 0);
    }

    /** The index of an id, a new one if it was not seen since {@link #clear}. */
    int index(long id) {
        int mask = places.length - 1;
        int place = (int) CounterRandom.mix(id) & mask;
        while (places[place] != 0) {
            int index = places[place] - 1;
            if (ids[index] == id) {
                return index;
            }
            place = place + 1 & mask;
        }
        if (size == ids.length) {
            grow();
            return index(id);
        }
        ids[size] = id;
        places[place] = ++size;
        return size - 1;
    }

    private void grow() {
        ids = Arrays.copyOf(ids, 2 * size);
        positions = new int[2 * size];
        touched = new boolean[2 * size];
        weights = new float[2 * size * width];
        gradients = new float[2 * size * width];
        places = new int[8 * size];
        int mask = places.length - 1;
        for (int index = 0; index < size; index++) {
            int place = (int) CounterRandom.mix(ids[index]) & mask;
            while (places[place] != 0) {
                place = place + 1 & mask;
            }
            places[place] = index + 1;
        }
    }

    /** Reads the weights of every id; gradients are 0 and nothing is touched. */
    void read(RowSource table) {
        for (int index = 0; index < size; index++) {
            positions[index] = table.read(ids[index], weights, index * width);
        }
        Arrays.fill(gradients, 0, size * width, 0f);
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

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
    private float[] weights = new float[0];

    /** {@code [size, width]} when learning. */
    private float[] gradients = new float[0];

    /** Open addressing: index + 1 of the id at each place, 0 where empty. Only the first so many are in use, a power of two. */
    private int[] places = new int[0];

    private int placesShift;
    private int placesMask;

    GatheredRows(TableSpec table) {
        width = table.width();
    }

    /**
     * Forgets all ids.
     *
     * @param most how many will be asked for at most, repeated ones included
     */
    void clear(Use next, int most) {
        size = 0;
        use = next;
        if (ids.length <= most) { // one more than there are: see indexes
            ids = new long[2 * most];
            positions = new int[2 * most];
            touched = new boolean[2 * most];
        }
        if (use != Use.SCORING) {
            int placesLog2 = Integer.SIZE - Integer.numberOfLeadingZeros(Math.max(1, most)) + 1;
            placesShift = Long.SIZE - placesLog2;
            placesMask = (1 << placesLog2) - 1;
            if (places.length <= placesMask) {
                places = new int[placesMask + 1];
            } else {
                Arrays.fill(places, 0, placesMask + 1, 0);
            }
        }
    }

    /**
     * The indexes of ids: each a new one, or, but for scoring, the one that the id was given since {@link #clear}.
     *
     * @param wanted the ids are those of {@code [from, to)}
     * @param indexes receives the index of each, at the same place
     */
    void indexes(long[] wanted, int from, int to, int[] indexes) {
        if (use == Use.SCORING) {
            for (int i = from; i < to; i++) {
                ids[size] = wanted[i];
                indexes[i] = size++;
            }
            return;
        }
        int count = size;
        for (int i = from; i < to; i++) {
            long id = wanted[i];
            int place = (int) (id * SPREAD >>> placesShift);
            int held = places[place];
            // As if it were new, which is undone by not counting it: whether it is cannot be guessed, so there is no
            // branch.
            ids[count] = id;
            int index = held == 0 ? count : held - 1;
            if (ids[index] != id) { // another id has its place, which is seldom
                place = placeBehind(place, id);
                index = places[place] == 0 ? count : places[place] - 1;
            }
            places[place] = index + 1;
            indexes[i] = index;
            count += index == count ? 1 : 0;
        }
        size = count;
    }

    /** Where an id lies behind a place that another one has, or the empty place where it would. */
    private int placeBehind(int first, long id) {
        int place = first;
        do {
            place = place + 1 & placesMask;
        } while (places[place] != 0 && ids[places[place] - 1] != id);
        return place;
    }

    /** Reads the weights of every id; gradients are 0 and nothing is touched. */
    void read(RowSource table) {
        if (weights.length < size * width) {
            weights = new float[2 * size * width];
        }
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
        table.update(ids, touched, size, positions, gradients, moment);
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

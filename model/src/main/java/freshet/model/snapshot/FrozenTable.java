package freshet.model.snapshot;

import freshet.model.table.InitialValues;
import freshet.model.table.RowIndex;
import freshet.model.table.RowSource;

/** The rows of one table of a snapshot. Immutable; safe on any thread. */
final class FrozenTable implements RowSource {
    private static final int TOUCHED_AHEAD = 64;

    private final RowIndex indexes = new RowIndex();
    private final float[] rows;
    private final int width;
    private final InitialValues initial;

    /**
     * @param ids each once
     * @param rows {@code float[ids * width]}, row by row; taken over, not copied
     */
    FrozenTable(long[] ids, float[] rows, int width, InitialValues initial) {
        this.rows = rows;
        this.width = width;
        this.initial = initial;
        for (int i = 0; i < ids.length; i++) {
            indexes.add(ids[i], i);
        }
    }

    int width() {
        return width;
    }

    /** What an id without a row has. */
    void fillInitial(long id, float[] into, int offset) {
        initial.fill(id, into, offset);
    }

    int size() {
        return indexes.size();
    }

    @Override
    public int read(long id, float[] into, int offset) {
        int index = indexes.find(id);
        copy(index, id, into, offset);
        return index;
    }

    @Override
    public void read(long[] wanted, int count, int rowWidth, int[] positions, float[] into) {
        indexes.find(wanted, count, positions);
        for (int from = 0; from < count; from += TOUCHED_AHEAD) {
            int to = Math.min(count, from + TOUCHED_AHEAD);
            touch(positions, from, to, into);
            for (int i = from; i < to; i++) {
                copy(positions[i], wanted[i], into, i * rowWidth);
            }
        }
    }

    /** Fetches rows into the cache: in a loop so short that the processor has many misses under way at once. */
    private void touch(int[] positions, int from, int to, float[] into) {
        if (rows.length == 0) {
            return;
        }
        int last = width - 1;
        for (int i = from; i < to; i++) {
            int at = Math.max(0, positions[i]) * width;
            // Written only to be written over: what is not used is not read.
            into[i * width] = rows[at] + rows[at + last];
        }
    }

    private void copy(int index, long id, float[] into, int offset) {
        if (index == NONE) {
            fillInitial(id, into, offset);
        } else {
            System.arraycopy(rows, index * width, into, offset, width);
        }
    }
}

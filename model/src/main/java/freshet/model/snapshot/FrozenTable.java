package freshet.model.snapshot;

import freshet.model.table.InitialValues;
import freshet.model.table.RowSource;
import it.unimi.dsi.fastutil.longs.Long2IntOpenHashMap;

/** The rows of one table of a snapshot. Immutable; safe on any thread. */
final class FrozenTable implements RowSource {
    private final Long2IntOpenHashMap indexes;
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
        // Half full: a server pays 12 bytes an id more for fewer probes.
        indexes = new Long2IntOpenHashMap(ids.length, 0.5f);
        indexes.defaultReturnValue(NONE);
        for (int i = 0; i < ids.length; i++) {
            indexes.put(ids[i], i);
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
        int index = indexes.get(id);
        if (index == NONE) {
            fillInitial(id, into, offset);
        } else {
            System.arraycopy(rows, index * width, into, offset, width);
        }
        return index;
    }
}

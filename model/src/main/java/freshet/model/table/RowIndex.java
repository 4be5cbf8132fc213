package freshet.model.table;

/**
 * From id to position: open addressing with linear probing over one flat array, id and position side by side, so that a look-up
 * usually costs one cache line. Removal shifts back what follows, so there are no tombstones to probe over and no rebuilding.
 * One thread; once nothing is added any more, any number may find.
 */
public final class RowIndex {
    /** The position of an id that is not here. */
    public static final int NONE = -1;

    /** Not at its first cell: it has to be looked for. */
    private static final int ELSEWHERE = -2;

    /** 2^64 over the golden ratio: spreads ids that are not random, as those of tests and crosses of small ids. */
    private static final long SPREAD = 0x9E3779B97F4A7C15L;

    private static final int FIRST_CELLS_LOG2 = 8;

    /** {@code [cell][2]}: id, and position + 1; the latter is 0 where the cell is empty. */
    private long[] cells = new long[2 << FIRST_CELLS_LOG2];

    private int shift = Long.SIZE - FIRST_CELLS_LOG2;
    private int mask = (1 << FIRST_CELLS_LOG2) - 1;
    private int size;

    /** How many ids are here. */
    public int size() {
        return size;
    }

    /**
     * Finds many ids. First each id's own cell, where most are, without a branch that could be guessed wrong: so the
     * processor has many cache misses under way at once.
     *
     * @param positions receives what {@link #find(long)} returns for each
     */
    public void find(long[] ids, int count, int[] positions) {
        long[] held = cells;
        for (int i = 0; i < count; i++) {
            int at = 2 * (int) (ids[i] * SPREAD >>> shift);
            // An empty cell that seems to hold the id 0 says NONE by itself.
            positions[i] = held[at] == ids[i] ? (int) held[at + 1] - 1 : ELSEWHERE;
        }
        for (int i = 0; i < count; i++) {
            if (positions[i] == ELSEWHERE) {
                positions[i] = find(ids[i]);
            }
        }
    }

    /** The position of an id, or {@link #NONE}. */
    public int find(long id) {
        int cell = (int) (id * SPREAD >>> shift);
        while (true) {
            long held = cells[2 * cell + 1];
            if (held == 0) {
                return NONE;
            }
            if (cells[2 * cell] == id) {
                return (int) held - 1;
            }
            cell = cell + 1 & mask;
        }
    }

    /** Adds an id that is not here. */
    public void add(long id, int position) {
        if (++size > mask / 5 * 3) {
            grow();
        }
        place(id, position + 1L);
    }

    private void place(long id, long held) {
        int cell = (int) (id * SPREAD >>> shift);
        while (cells[2 * cell + 1] != 0) {
            cell = cell + 1 & mask;
        }
        cells[2 * cell] = id;
        cells[2 * cell + 1] = held;
    }

    private void grow() {
        if (mask == (1 << 29) - 1) {
            throw new IllegalStateException(
                    "keeping rows in memory: found more than " + size
                            + " in one table, expected fewer; bound the rows in memory (train.cached_rows) or the table (max_rows)");
        }
        long[] old = cells;
        cells = new long[2 * old.length];
        shift--;
        mask = 2 * mask + 1;
        for (int i = 0; i < old.length; i += 2) {
            if (old[i + 1] != 0) {
                place(old[i], old[i + 1]);
            }
        }
    }

    /** Removes an id that is here. */
    void remove(long id) {
        int hole = (int) (id * SPREAD >>> shift);
        while (cells[2 * hole] != id || cells[2 * hole + 1] == 0) {
            hole = hole + 1 & mask;
        }
        for (int cell = hole + 1 & mask; cells[2 * cell + 1] != 0; cell = cell + 1 & mask) {
            int home = (int) (cells[2 * cell] * SPREAD >>> shift);
            if ((cell - home & mask) >= (cell - hole & mask)) { // it may lie at the hole without being missed
                cells[2 * hole] = cells[2 * cell];
                cells[2 * hole + 1] = cells[2 * cell + 1];
                hole = cell;
            }
        }
        cells[2 * hole + 1] = 0;
        size--;
    }
}

package freshet.model.batch;

/**
 * One feature's way into one table: for every id of a column, the index of its row among those gathered. One thread.
 */
final class Lookup {
    private final GatheredRows rows;
    private int[] indexes = new int[64];

    Lookup(GatheredRows rows) {
        this.rows = rows;
    }

    /** Asks for the row of every id of the column. */
    void collect(IdColumn column) {
        int size = column.size();
        if (indexes.length < size) {
            indexes = new int[2 * size];
        }
        for (int i = 0; i < size; i++) {
            indexes[i] = rows.index(column.id(i));
        }
    }

    /** Index in {@link #rows} of the i-th id of the column. */
    int index(int i) {
        return indexes[i];
    }

    GatheredRows rows() {
        return rows;
    }
}

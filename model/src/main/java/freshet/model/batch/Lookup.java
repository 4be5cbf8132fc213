package freshet.model.batch;

import freshet.model.math.ElementKernel;
import freshet.model.spec.Pooling;

/**
 * One feature's way into one table: for every id of a column, the index of its row among those gathered; and back, how the rows
 * of an example become one. One thread, but for {@link #pool}.
 */
final class Lookup {
    private final GatheredRows rows;
    private final Pooling pooling;
    private int[] indexes = new int[64];
    /** {@code [example]}: what the sum of its rows is multiplied by. */
    private float[] shares = new float[64];

    private IdColumn column = new IdColumn();

    Lookup(GatheredRows rows, Pooling pooling) {
        this.rows = rows;
        this.pooling = pooling;
    }

    /** Says what is to be looked up next; the column stays in use. */
    void read(IdColumn newColumn) {
        column = newColumn;
    }

    /** Asks for the row of every id of the column. */
    void collect() {
        int size = column.size();
        if (indexes.length < size) {
            indexes = new int[2 * size];
        }
        for (int i = 0; i < column.examples(); i++) {
            int start = column.start(i);
            int end = column.start(i + 1);
            if (column.repeated(i)) {
                System.arraycopy(indexes, column.start(i - 1), indexes, start, end - start);
                continue;
            }
            for (int id = start; id < end; id++) {
                indexes[id] = rows.index(column.id(id));
            }
        }
        if (shares.length < column.examples()) {
            shares = new float[2 * column.examples()];
        }
        for (int i = 0; i < column.examples(); i++) {
            shares[i] = pooling == Pooling.SUM ? 1f : 1f / Math.max(1, column.start(i + 1) - column.start(i));
        }
    }

    /** Rows of the table -> their sum or mean, for the examples {@code [from, to)}; see {@link ElementKernel#pool}. */
    void pool(ElementKernel elements, int from, int to, float[] into, int offset, int stride) {
        elements.pool(rows.weights(), rows.width(), indexes, column.starts(), from, to, shares, into, offset, stride);
    }

    /** The gradient of {@link #pool} -> gradients of the rows, all of which are touched. */
    void poolBackward(ElementKernel elements, float[] dInto, int offset, int stride) {
        for (int i = 0; i < column.size(); i++) {
            rows.touch(indexes[i]);
        }
        elements.poolBackward(
                rows.gradients(),
                rows.width(),
                indexes,
                column.starts(),
                column.examples(),
                shares,
                dInto,
                offset,
                stride);
    }

    /** The column that is looked up. */
    IdColumn column() {
        return column;
    }

    /** Index in {@link #rows} of the i-th id of the column. */
    int index(int i) {
        return indexes[i];
    }

    /** What the sum of an example's rows is multiplied by. */
    float share(int example) {
        return shares[example];
    }

    GatheredRows rows() {
        return rows;
    }
}

package freshet.model.batch;

import freshet.model.math.ElementKernel;
import freshet.model.spec.Pooling;
import java.util.Arrays;

/**
 * One feature's way into one table: for every id of a column, the index of its row among those gathered; and back, how the rows
 * of an example become one. One thread, but for {@link #pool}.
 */
final class Lookup {
    private final GatheredRows rows;
    private final Pooling pooling;
    private int[] indexes = new int[64];
    /** {@code [example]}: what the weighted sum of its rows is multiplied by. */
    private float[] shares = new float[64];
    /** {@code [place]}: what the row of an example's id at this place of its list weighs; empty where all weigh 1. */
    private float[] placeWeights = new float[0];

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
        int from = 0;
        for (int i = 0; column.anyRepeated() && i < column.examples(); i++) {
            if (column.repeated(i)) {
                int start = column.start(i);
                rows.indexes(column.ids(), from, start, indexes);
                from = column.start(i + 1);
                System.arraycopy(indexes, column.start(i - 1), indexes, start, from - start);
            }
        }
        rows.indexes(column.ids(), from, size, indexes);
        if (shares.length < column.examples()) {
            shares = new float[2 * column.examples()];
        }
        for (int i = 0; i < column.examples(); i++) {
            shares[i] = shareOf(column.start(i + 1) - column.start(i));
        }
    }

    private float shareOf(int ids) {
        return switch (pooling.kind()) {
            case SUM -> 1f;
            case MEAN -> 1f / Math.max(1, ids);
            case WEIGHTED -> {
                weighPlaces(ids);
                float sum = 0;
                for (int place = 0; place < ids; place++) {
                    sum += placeWeights[place];
                }
                yield ids == 0 ? 1f : 1f / sum;
            }
        };
    }

    private void weighPlaces(int count) {
        int known = placeWeights.length;
        if (known < count) {
            placeWeights = Arrays.copyOf(placeWeights, Math.max(count, 2 * known));
            for (int place = known; place < placeWeights.length; place++) {
                placeWeights[place] = place == 0 ? 1f : placeWeights[place - 1] * pooling.placeDecay();
            }
        }
    }

    /** Rows of the table -> their sum or mean, for the examples {@code [from, to)}; see {@link ElementKernel#pool}. */
    void pool(ElementKernel elements, int from, int to, float[] into, int offset, int stride) {
        if (pooling.kind() == Pooling.Kind.WEIGHTED) {
            poolWeighted(from, to, into, offset, stride);
            return;
        }
        elements.pool(rows.weights(), rows.width(), indexes, column.starts(), from, to, shares, into, offset, stride);
    }

    private void poolWeighted(int from, int to, float[] into, int offset, int stride) {
        int width = rows.width();
        float[] weights = rows.weights();
        for (int i = from; i < to; i++) {
            int at = offset + i * stride;
            Arrays.fill(into, at, at + width, 0f);
            for (int id = column.start(i); id < column.start(i + 1); id++) {
                float weight = weight(i, id);
                for (int j = 0; j < width; j++) {
                    into[at + j] = Math.fma(weight, weights[indexes[id] * width + j], into[at + j]);
                }
            }
        }
    }

    /** The gradient of {@link #pool} -> gradients of the rows, all of which are touched. */
    void poolBackward(ElementKernel elements, float[] dInto, int offset, int stride) {
        for (int i = 0; i < column.size(); i++) {
            rows.touch(indexes[i]);
        }
        if (pooling.kind() == Pooling.Kind.WEIGHTED) {
            poolWeightedBackward(dInto, offset, stride);
            return;
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

    private void poolWeightedBackward(float[] dInto, int offset, int stride) {
        int width = rows.width();
        float[] gradients = rows.gradients();
        for (int i = 0; i < column.examples(); i++) {
            int at = offset + i * stride;
            for (int id = column.start(i); id < column.start(i + 1); id++) {
                float weight = weight(i, id);
                int row = indexes[id] * width;
                for (int j = 0; j < width; j++) {
                    gradients[row + j] = Math.fma(weight, dInto[at + j], gradients[row + j]);
                }
            }
        }
    }

    /** The column that is looked up. */
    IdColumn column() {
        return column;
    }

    /** Index in {@link #rows} of the i-th id of the column. */
    int index(int i) {
        return indexes[i];
    }

    /** What the row of an id of an example is multiplied by, before they are added. */
    float weight(int example, int id) {
        return pooling.kind() == Pooling.Kind.WEIGHTED
                ? shares[example] * placeWeights[id - column.start(example)]
                : shares[example];
    }

    GatheredRows rows() {
        return rows;
    }
}

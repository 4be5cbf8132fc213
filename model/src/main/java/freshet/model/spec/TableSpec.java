package freshet.model.spec;

/**
 * A table of rows by id. A row is {@code float[rowWidth]}: first {@code width} weights, which a snapshot carries, then the
 * optimizer's slots, which only the learner needs.
 *
 * @param name unique; {@code embedding.<table>}, {@code wide.<feature>}, {@code rate.<key>} or {@code shallow.<cross>}
 * @param kind what its weights mean
 * @param width number of weights in a row
 * @param slots number of optimizer slots in a row
 * @param initialRange weights of an id never seen are uniform in plus or minus this; 0 means zeros
 * @param life when ids get rows and lose them
 */
public record TableSpec(String name, Kind kind, int width, int slots, float initialRange, RowLife life) {

    /** A table that gives every id a row, for ever. */
    public TableSpec(String name, Kind kind, int width, int slots, float initialRange) {
        this(name, kind, width, slots, initialRange, RowLife.FOREVER);
    }

    /** The same table with another life. */
    public TableSpec withLife(RowLife other) {
        return new TableSpec(name, kind, width, slots, initialRange, other);
    }

    /** What the weights of a row mean. */
    public enum Kind {
        /** {@code [dim]}: an embedding. */
        EMBEDDING,
        /** {@code [tasks]}: added to the logit of each task. */
        LOGIT,
        /** {@code [tasks][2]}: count (sum of weights) and weighted sum of labels of each task; not learnt by gradient. */
        RATE
    }

    public int rowWidth() {
        return width + slots;
    }

    /**
     * Whether an id without a row has these weights too, so that servers need no row for it: FTRL with L1 makes such rows. Only
     * where initial weights are zeros.
     */
    public boolean needsNoRow(float[] weights) {
        if (initialRange != 0) {
            return false;
        }
        for (int i = 0; i < width; i++) {
            if (weights[i] != 0) {
                return false;
            }
        }
        return true;
    }
}

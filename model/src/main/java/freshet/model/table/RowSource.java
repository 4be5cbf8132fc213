package freshet.model.table;

/**
 * The weights of one table, for reading: a learner's live table, or the rows of a snapshot. Both give the same bits for the
 * same rows, so that a model scores alike wherever it is.
 */
public interface RowSource {
    /** What {@link #read} returns for an id without a row. */
    int NONE = -1;

    /**
     * Copies the weights of an id; its initial values ({@link InitialValues}) if it has no row.
     *
     * @param id as {@code Ids.hash} gives it
     * @param into receives {@code width} floats from {@code offset} on
     * @return where the row lies, a number from 0 that means something to this source alone, or {@link #NONE}
     */
    int read(long id, float[] into, int offset);

    /**
     * Reads many rows, one behind the other; several at a time where memory makes one wait.
     *
     * @param positions receives what {@link #read(long, float[], int)} returns for each
     * @param into receives {@code [count, width]}
     */
    default void read(long[] ids, int count, int width, int[] positions, float[] into) {
        for (int i = 0; i < count; i++) {
            positions[i] = read(ids[i], into, i * width);
        }
    }

    /** Whether any thread may use it while its own one waits; else that one does all. */
    default boolean anyThread() {
        return false;
    }
}

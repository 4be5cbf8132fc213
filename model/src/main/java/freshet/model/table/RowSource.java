package freshet.model.table;

/**
 * The weights of one table, for reading: a learner's live table, or the rows of a snapshot. Both give the same bits for the
 * same rows, so that a model scores alike wherever it is.
 */
public interface RowSource {

    /**
     * Copies the weights of an id; its initial values ({@link InitialValues}) if it has no row.
     *
     * @param id as {@code Ids.hash} gives it
     * @param into receives {@code width} floats from {@code offset} on
     */
    void read(long id, float[] into, int offset);
}

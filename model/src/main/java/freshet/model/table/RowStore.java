package freshet.model.table;

import java.util.Map;

/**
 * Where the rows of one table outlive the learner: keyed state in the trainer's job, a map in tests. It holds whole rows,
 * {@code float[]} of {@link EmbeddingTable#storedWidth}. The table writes what it changed, now and then; whoever takes a checkpoint
 * asks it to write the rest first.
 *
 * <p>One thread, the table's.
 */
public interface RowStore {

    /**
     * Reads a row.
     *
     * @param row receives it
     * @return false, and {@code row} as it was, where there is none
     */
    boolean read(long id, float[] row);

    /**
     * Puts rows by id, each in place of the one before: many together, since that costs a store less than one by one.
     *
     * @param rows the store's from now on
     */
    void write(Map<Long, float[]> rows);

    /** Forgets a row, if there is one. */
    void remove(long id);

    /** Hands over every row in ascending order of (signed) id. The store is not changed meanwhile. */
    void forEach(RowConsumer consumer);
}

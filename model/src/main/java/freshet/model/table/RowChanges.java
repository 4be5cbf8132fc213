package freshet.model.table;

/** Takes what has changed in a table, in ascending order of (signed) id. */
public interface RowChanges {

    /**
     * An id that has a row, new or moved.
     *
     * @param weights {@code float[width]}, without optimizer slots; a buffer that is used again for the next row, so copy
     *     what you keep
     */
    void touched(long id, float[] weights);

    /** An id that has no row any more: whoever has one forgets it. May name an id whose row was never handed over. */
    void removed(long id);
}

package freshet.model.table;

/** Takes rows one by one. */
@FunctionalInterface
public interface RowConsumer {

    /**
     * @param id of the row
     * @param row its floats; a buffer that is used again for the next row, so copy what you keep
     */
    void accept(long id, float[] row);
}

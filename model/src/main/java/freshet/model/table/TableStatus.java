package freshet.model.table;

/**
 * How a table stands. All but {@code inMemory} are saved with it, so they go on over a restart.
 *
 * @param rows it has
 * @param inMemory of these; the others wait in the store
 * @param admitted rows made so far
 * @param refused times an id without a row was learnt from and, not seen often enough, got none
 * @param expired rows removed so far because nothing touched them for too long
 * @param evicted rows removed so far to make room
 */
public record TableStatus(long rows, long inMemory, long admitted, long refused, long expired, long evicted) {

    public static final TableStatus EMPTY = new TableStatus(0, 0, 0, 0, 0, 0);

    /** Both together. */
    public TableStatus plus(TableStatus other) {
        return new TableStatus(
                rows + other.rows,
                inMemory + other.inMemory,
                admitted + other.admitted,
                refused + other.refused,
                expired + other.expired,
                evicted + other.evicted);
    }
}

package freshet.model.table;

/** All rows of one table, weights only. */
public interface RowSet extends RowSource {

    /** Hands over every row in ascending order of (signed) id. */
    void forEachRow(RowConsumer consumer);
}

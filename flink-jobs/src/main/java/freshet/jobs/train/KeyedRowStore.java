package freshet.jobs.train;

import freshet.model.table.RowConsumer;
import freshet.model.table.RowStore;
import java.util.Map;
import org.apache.flink.api.common.state.MapState;

/**
 * The rows of one table in keyed state. All tables share one state, and so RocksDB's buffers; each is a namespace in it, so its
 * rows lie together.
 *
 * <p>The operator's thread, with the replica as the current key.
 */
final class KeyedRowStore implements RowStore {

    /** Gives the state that all tables share, turned to the rows of one of them. */
    @FunctionalInterface
    interface Rows {
        MapState<Long, float[]> of(int table) throws Exception;
    }

    private final Rows rows;
    private final int table;

    KeyedRowStore(Rows rows, int table) {
        this.rows = rows;
        this.table = table;
    }

    @Override
    public boolean read(long id, float[] row) {
        float[] found;
        try {
            found = rows.of(table).get(id);
        } catch (Exception e) {
            throw failed("reading row " + id, e);
        }
        if (found == null) {
            return false;
        }
        copy(found, row);
        return true;
    }

    private void copy(float[] found, float[] row) {
        if (found.length != row.length) {
            throw new IllegalStateException("reading a row of table " + table + " from state: found " + found.length
                    + " floats, expected " + row.length + "; the state belongs to another model");
        }
        System.arraycopy(found, 0, row, 0, row.length);
    }

    @Override
    public void write(Map<Long, float[]> written) {
        try {
            rows.of(table).putAll(written); // one batch of RocksDB's
        } catch (Exception e) {
            throw failed("writing " + written.size() + " rows", e);
        }
    }

    @Override
    public void remove(long id) {
        try {
            rows.of(table).remove(id);
        } catch (Exception e) {
            throw failed("removing row " + id, e);
        }
    }

    @Override
    public void forEach(RowConsumer consumer) {
        try {
            for (Map.Entry<Long, float[]> row : rows.of(table).entries()) {
                consumer.accept(row.getKey(), row.getValue());
            }
        } catch (Exception e) {
            throw failed("reading all rows", e);
        }
    }

    private IllegalStateException failed(String what, Exception e) {
        return new IllegalStateException(what + " of table " + table + " of the model: the state backend failed", e);
    }
}

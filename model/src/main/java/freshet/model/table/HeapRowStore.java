package freshet.model.table;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/** Rows in a sorted map, for learners that run outside the job: tests, benchmarks, tools. */
public final class HeapRowStore implements RowStore {
    private final TreeMap<Long, float[]> rows = new TreeMap<>();

    /** A store of the same rows; changes to one leave the other as it is. */
    public HeapRowStore copy() {
        HeapRowStore copy = new HeapRowStore();
        copy.rows.putAll(rows); // rows are replaced, never changed in place
        return copy;
    }

    /** The rows by id, whole; not to be changed. */
    public Map<Long, float[]> rows() {
        return Collections.unmodifiableMap(rows);
    }

    @Override
    public boolean read(long id, float[] row) {
        float[] found = rows.get(id);
        if (found == null) {
            return false;
        }
        System.arraycopy(found, 0, row, 0, found.length);
        return true;
    }

    @Override
    public void write(Map<Long, float[]> written) {
        rows.putAll(written);
    }

    @Override
    public void remove(long id) {
        rows.remove(id);
    }

    @Override
    public void forEach(RowConsumer consumer) {
        rows.forEach((id, row) -> consumer.accept(id, row.clone()));
    }
}

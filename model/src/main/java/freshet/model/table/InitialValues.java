package freshet.model.table;

import freshet.model.math.CounterRandom;
import freshet.model.math.Ids;
import freshet.model.spec.TableSpec;

/**
 * What the weights of an id are before anything was learnt about it: a pure function of (seed, table name, id), uniform in
 * plus or minus the table's range. Immutable; safe on any thread.
 */
public final class InitialValues {
    private final long tableKey;
    private final int width;
    private final float range;

    public InitialValues(long seed, TableSpec table) {
        tableKey = CounterRandom.key(seed, Ids.hash(table.name()));
        width = table.width();
        range = table.initialRange();
    }

    /** Writes the {@code width} initial weights of an id. */
    public void fill(long id, float[] into, int offset) {
        if (range == 0) {
            java.util.Arrays.fill(into, offset, offset + width, 0f);
            return;
        }
        long key = CounterRandom.key(tableKey, id);
        for (int i = 0; i < width; i++) {
            into[offset + i] = (2 * CounterRandom.uniform(key, i) - 1) * range;
        }
    }
}

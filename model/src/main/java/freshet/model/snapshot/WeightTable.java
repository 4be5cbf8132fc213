package freshet.model.snapshot;

import freshet.model.spec.ModelSpec;
import freshet.model.spec.TableSpec;
import freshet.model.table.InitialValues;
import freshet.model.table.RowConsumer;
import freshet.model.table.RowSet;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import it.unimi.dsi.fastutil.longs.Long2IntOpenHashMap;
import java.util.Arrays;

/**
 * The weights of one table as servers have them, changed by deltas: {@code width} floats a row in flat slabs, no optimizer
 * slots. A removed row's place is used again. One thread.
 */
final class WeightTable implements RowSet {
    private static final int SLAB_SHIFT = 10;
    private static final int SLAB_ROWS = 1 << SLAB_SHIFT;

    private final int width;
    private final InitialValues initial;
    private final Long2IntOpenHashMap positions = new Long2IntOpenHashMap();
    private final IntArrayList free = new IntArrayList();
    /** {@code [position / SLAB_ROWS][SLAB_ROWS * width]}. */
    private float[][] slabs = new float[4][];

    private int used;

    WeightTable(ModelSpec spec, TableSpec table) {
        width = table.width();
        initial = new InitialValues(spec.seed(), table);
        positions.defaultReturnValue(NONE);
    }

    int size() {
        return positions.size();
    }

    @Override
    public int read(long id, float[] into, int offset) {
        int position = positions.get(id);
        if (position == NONE) {
            initial.fill(id, into, offset);
        } else {
            System.arraycopy(slab(position), offsetOf(position), into, offset, width);
        }
        return position;
    }

    void put(long id, float[] weights, int offset) {
        int position = positions.get(id);
        if (position == NONE) {
            position = free.isEmpty() ? append() : free.popInt();
            positions.put(id, position);
        }
        System.arraycopy(weights, offset, slab(position), offsetOf(position), width);
    }

    void remove(long id) {
        int position = positions.remove(id);
        if (position != NONE) {
            free.push(position);
        }
    }

    private int append() {
        int position = used++;
        if (position >>> SLAB_SHIFT == slabs.length) {
            slabs = Arrays.copyOf(slabs, 2 * slabs.length);
        }
        if ((position & SLAB_ROWS - 1) == 0) {
            slabs[position >>> SLAB_SHIFT] = new float[SLAB_ROWS * width];
        }
        return position;
    }

    @Override
    public void forEachRow(RowConsumer consumer) {
        long[] sorted = positions.keySet().toLongArray();
        Arrays.sort(sorted);
        float[] weights = new float[width];
        for (long id : sorted) {
            read(id, weights, 0);
            consumer.accept(id, weights);
        }
    }

    private float[] slab(int position) {
        return slabs[position >>> SLAB_SHIFT];
    }

    private int offsetOf(int position) {
        return (position & SLAB_ROWS - 1) * width;
    }
}

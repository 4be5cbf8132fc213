package freshet.model.table;

import freshet.model.optim.RowOptimizer;
import freshet.model.spec.TableSpec;
import it.unimi.dsi.fastutil.longs.Long2IntOpenHashMap;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Rows by id, one of its own for each id that was ever learnt (collisionless, as Monolith 2022, section 2.2). A row is
 * {@code rowWidth} floats in a flat slab: the weights, then the optimizer's slots. Reading never makes a row; writing does.
 * Remembers which rows were touched since the last {@link #drainDirty}, so that a checkpoint costs what changed.
 *
 * <p>One thread.
 */
public final class EmbeddingTable implements RowSource {
    private static final int SLAB_SHIFT = 10;
    private static final int SLAB_ROWS = 1 << SLAB_SHIFT;

    private final TableSpec spec;
    private final int width;
    private final int rowWidth;
    private final InitialValues initialValues;
    /** Absent where rows are not learnt by gradient. */
    private final @Nullable RowOptimizer optimizer;

    private final Long2IntOpenHashMap positions = new Long2IntOpenHashMap();
    private long[] ids = new long[SLAB_ROWS];
    /** {@code [position / SLAB_ROWS][SLAB_ROWS, rowWidth]}. */
    private float[][] slabs = new float[4][];

    private int size;

    /** Positions touched since the last drain, each once, in order of their first touch. */
    private int[] dirty = new int[64];

    private int dirtyCount;
    /** One bit per position: whether it stands in {@link #dirty}. */
    private long[] dirtyBits = new long[SLAB_ROWS / 64];

    public EmbeddingTable(TableSpec spec, long seed, @Nullable RowOptimizer optimizer) {
        this.spec = spec;
        this.width = spec.width();
        this.rowWidth = spec.rowWidth();
        this.initialValues = new InitialValues(seed, spec);
        this.optimizer = optimizer;
        if ((optimizer == null ? 0 : optimizer.slots(width)) != spec.slots()) {
            throw new IllegalArgumentException("table " + spec.name() + ": found " + spec.slots()
                    + " slots per row, expected what its optimizer needs");
        }
        positions.defaultReturnValue(NONE);
    }

    public TableSpec spec() {
        return spec;
    }

    /** Number of rows. */
    public int size() {
        return size;
    }

    @Override
    public int read(long id, float[] into, int offset) {
        int position = positions.get(id);
        if (position == NONE) {
            initialValues.fill(id, into, offset);
        } else {
            System.arraycopy(slab(position), offsetOf(position), into, offset, width);
        }
        return position;
    }

    /**
     * Moves the row of an id against its gradient, making the row if there is none.
     *
     * @param position what {@link #read} returned for this id, if no row has been made since
     */
    public void update(long id, int position, float[] gradients, int gradientOffset, float scale) {
        if (optimizer == null) {
            throw new IllegalStateException("table " + spec.name() + ": its rows are counted, not learnt by gradient");
        }
        int at = touch(id, position);
        optimizer.update(slab(at), offsetOf(at), width, gradients, gradientOffset, scale);
    }

    /** Sets the weights of an id, making the row if there is none; {@code position} as in {@link #update}. */
    public void write(long id, int position, float[] weights, int offset) {
        int at = touch(id, position);
        System.arraycopy(weights, offset, slab(at), offsetOf(at), width);
    }

    private int touch(long id, int position) {
        int at = position == NONE ? insert(id) : position;
        long bit = 1L << (at & 63);
        if ((dirtyBits[at >>> 6] & bit) == 0) {
            dirtyBits[at >>> 6] |= bit;
            if (dirtyCount == dirty.length) {
                dirty = Arrays.copyOf(dirty, 2 * dirtyCount);
            }
            dirty[dirtyCount++] = at;
        }
        return at;
    }

    private int insert(long id) {
        int position = append(id);
        initialValues.fill(id, slab(position), offsetOf(position));
        if (optimizer != null) {
            optimizer.initialise(slab(position), offsetOf(position), width);
        }
        return position;
    }

    /** A place for the row of a new id, its floats still 0. */
    private int append(long id) {
        int position = size++;
        if (position >>> SLAB_SHIFT == slabs.length) {
            slabs = Arrays.copyOf(slabs, 2 * slabs.length);
        }
        if (position == ids.length) {
            ids = Arrays.copyOf(ids, 2 * position);
            dirtyBits = Arrays.copyOf(dirtyBits, 2 * position / 64);
        }
        if ((position & SLAB_ROWS - 1) == 0) {
            slabs[position >>> SLAB_SHIFT] = new float[SLAB_ROWS * rowWidth];
        }
        ids[position] = id;
        positions.put(id, position);
        return position;
    }

    /** Hands over every row touched since the last call, whole, in the order in which they were first touched. */
    public void drainDirty(RowConsumer consumer) {
        float[] row = new float[rowWidth];
        for (int i = 0; i < dirtyCount; i++) {
            int position = dirty[i];
            System.arraycopy(slab(position), offsetOf(position), row, 0, rowWidth);
            consumer.accept(ids[position], row);
            dirtyBits[position >>> 6] &= ~(1L << (position & 63));
        }
        dirtyCount = 0;
    }

    /** Puts back a whole row; it does not count as touched. */
    public void restore(long id, float[] row) {
        if (row.length != rowWidth) {
            throw new IllegalArgumentException("restoring a row of table " + spec.name() + ": found " + row.length
                    + " floats, expected " + rowWidth + "; the saved state belongs to another model");
        }
        int found = positions.get(id);
        int position = found == NONE ? append(id) : found;
        System.arraycopy(row, 0, slab(position), offsetOf(position), rowWidth);
    }

    /** Hands over the weights of every row in ascending order of (signed) id. */
    public void forEachRow(RowConsumer consumer) {
        long[] sorted = Arrays.copyOf(ids, size);
        Arrays.sort(sorted);
        float[] weights = new float[width];
        for (long id : sorted) {
            int position = positions.get(id);
            System.arraycopy(slab(position), offsetOf(position), weights, 0, width);
            consumer.accept(id, weights);
        }
    }

    private float[] slab(int position) {
        return slabs[position >>> SLAB_SHIFT];
    }

    private int offsetOf(int position) {
        return (position & SLAB_ROWS - 1) * rowWidth;
    }
}

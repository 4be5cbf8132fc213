package freshet.model.table;

import freshet.model.optim.RowOptimizer;
import freshet.model.optim.UpdateMoment;
import freshet.model.spec.TableSpec;
import it.unimi.dsi.fastutil.longs.Long2IntOpenHashMap;
import it.unimi.dsi.fastutil.longs.LongArrayList;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Rows by id, one of its own for each id that was ever learnt (collisionless, as Monolith 2022, section 2.2). A row is
 * {@code rowWidth} floats in a flat slab: the weights, then the optimizer's slots. Reading never makes a row; writing does.
 * Remembers which rows were touched since the last {@link #drainDirty}, so that a checkpoint costs what changed; and, if
 * asked to, which changed since the last {@link #drainChanges}, so that servers can be told no more than that.
 *
 * <p>One thread.
 */
public final class EmbeddingTable implements RowSource {
    private static final int SLAB_SHIFT = 10;
    private static final int SLAB_ROWS = 1 << SLAB_SHIFT;
    private static final byte STATE_VERSION = 1;

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

    private boolean trackingChanges;
    /** One bit per position: whether its row changed since the last {@link #drainChanges}. */
    private long[] changedBits = new long[SLAB_ROWS / 64];
    /** Further ids that changed since then; one may stand here twice, and its bit be set besides. */
    private final LongArrayList changedIds = new LongArrayList();

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

    @Override
    public boolean anyThread() {
        return true;
    }

    /**
     * Moves the row of an id against its gradient, making the row if there is none.
     *
     * @param position what {@link #read} returned for this id, if no row has been made since
     */
    public void update(long id, int position, float[] gradients, int gradientOffset, UpdateMoment moment) {
        if (optimizer == null) {
            throw new IllegalStateException("table " + spec.name() + ": its rows are counted, not learnt by gradient");
        }
        int at = touch(id, position);
        optimizer.update(slab(at), offsetOf(at), width, gradients, gradientOffset, moment);
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
        changedBits[at >>> 6] |= bit;
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
            changedBits = Arrays.copyOf(changedBits, 2 * position / 64);
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

    /** Begins to remember which rows change, for {@link #drainChanges}. Called before the first row is touched. */
    public void trackChanges() {
        trackingChanges = true;
    }

    /**
     * Hands over every id whose row changed since the last call, each once, in ascending order of (signed) id: as touched if
     * it has a row now, else as removed. Apart from {@link #drainDirty}: neither knows of the other.
     */
    public void drainChanges(RowChanges changes) {
        if (!trackingChanges) {
            throw new IllegalStateException("draining the changes of table " + spec.name()
                    + ": found that they are not remembered, expected a call of trackChanges before");
        }
        float[] weights = new float[width];
        for (long id : takeChangedIds()) {
            if (read(id, weights, 0) == NONE) {
                changes.removed(id);
            } else {
                changes.touched(id, weights);
            }
        }
        changedIds.clear();
    }

    /** All changed ids, ascending, each once; afterwards they stand in {@link #changedIds} alone. */
    private long[] takeChangedIds() {
        for (int word = 0; word < changedBits.length; word++) {
            for (long bits = changedBits[word]; bits != 0; bits &= bits - 1) {
                changedIds.add(ids[(word << 6) + Long.numberOfTrailingZeros(bits)]);
            }
            changedBits[word] = 0;
        }
        long[] sorted = changedIds.toLongArray();
        Arrays.sort(sorted);
        int count = 0;
        for (int i = 0; i < sorted.length; i++) {
            if (i == 0 || sorted[i] != sorted[i - 1]) {
                sorted[count++] = sorted[i];
            }
        }
        long[] taken = Arrays.copyOf(sorted, count);
        changedIds.clear();
        changedIds.addElements(0, taken);
        return taken;
    }

    /** Writes what the table remembers besides its rows: a version byte, then the ids that {@link #drainChanges} would name. */
    public void saveState(DataOutput out) throws IOException {
        out.writeByte(STATE_VERSION);
        long[] changed = trackingChanges ? takeChangedIds() : new long[0];
        out.writeInt(changed.length);
        for (long id : changed) {
            out.writeLong(id);
        }
    }

    /** Takes over what {@link #saveState} wrote. */
    public void restoreState(DataInput in) throws IOException {
        byte version = in.readByte();
        if (version != STATE_VERSION) {
            throw new IOException("restoring the state of table " + spec.name() + ": found version " + version
                    + ", expected " + STATE_VERSION + "; it was written by another release, restore it with that one");
        }
        for (int count = in.readInt(); count > 0; count--) {
            changedIds.add(in.readLong());
        }
        if (!trackingChanges) {
            changedIds.clear();
        }
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

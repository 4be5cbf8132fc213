package freshet.model.table;

import freshet.model.optim.RowOptimizer;
import freshet.model.optim.UpdateMoment;
import freshet.model.spec.RowLife;
import freshet.model.spec.TableSpec;
import it.unimi.dsi.fastutil.floats.FloatArrayList;
import it.unimi.dsi.fastutil.longs.LongArrayList;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Rows by id, one of its own for each id that was admitted (collisionless, as Monolith 2022, section 2.2). A row is weights,
 * the optimizer's slots, and the hour of event time it was last touched in. {@link RowLife} says when an id gets a row and when
 * it loses it.
 *
 * <p>Rows lie in flat arrays in memory: all of them, or those used lately in front of a {@link RowStore}. What is read, learnt,
 * counted and removed is the same to the bit whichever it is. Rows touched since the store last had them are <em>dirty</em>;
 * apart from that the table remembers, if asked to, which rows <em>changed</em> since the last publication, so that servers can be
 * told no more than that.
 *
 * <p>Reading never makes a row but may load one. {@link #endBatch} stands between batches: a position that {@link #read} returned is
 * good until then. One thread.
 */
public final class EmbeddingTable implements RowSource {
    private static final byte STATE_VERSION = 2;
    private static final long HOUR_MILLIS = 3_600_000;
    private static final int SWEEPS_PER_LIFE = 24;
    /** When there are too many rows, one in this many goes: each time costs a look at all rows. */
    private static final int EVICTED_SHARE = 16;

    private static final int STORED_TOGETHER = 512;
    private static final int ALL = Integer.MAX_VALUE;

    private final TableSpec spec;
    private final RowLife life;
    private final int width;
    /** Where in a row its hour lies: a whole number, which a float holds exactly. */
    private final int hourAt;

    private final InitialValues initialValues;
    /** Absent where rows are not learnt by gradient. */
    private final @Nullable RowOptimizer optimizer;
    /** Absent where nothing is to outlive the learner. */
    private final @Nullable RowStore store;
    /** Most rows in memory between batches. */
    private final int cachedRows;

    private final RowIndex index = new RowIndex();
    private final RowSlab slab;
    /** Changed since the last {@link #takeChanges}, of the rows in memory. */
    private final ChangedPositions changedPositions;

    private final TouchedHours hours = new TouchedHours();
    private final PositionQueue dirty = new PositionQueue();
    /** Absent where every id is admitted. */
    private final @Nullable AdmissionSketch sketch;

    private boolean trackingChanges;
    /** Changed since the last {@link #takeChanges}, besides those in memory. May name ids that are in memory again. */
    private final ChangedIds changed = new ChangedIds();

    /** A whole row, on its way. */
    private final float[] buffer;

    private int hour;
    private long admitted;
    private long refused;
    private long expired;
    private long evicted;
    /** The last position that the cache looked at for a row to drop. */
    private int hand = -1;

    /** A table in memory alone. */
    public EmbeddingTable(TableSpec spec, long seed, @Nullable RowOptimizer optimizer) {
        this(spec, seed, optimizer, null, 0);
    }

    /**
     * @param optimizer absent for a table that is counted, not learnt by gradient
     * @param store absent where nothing is to outlive the learner
     * @param cachedRows most rows in memory between batches; 0 for all, which needs no reading from the store but to restore
     */
    public EmbeddingTable(
            TableSpec spec, long seed, @Nullable RowOptimizer optimizer, @Nullable RowStore store, int cachedRows) {
        this.spec = spec;
        this.life = spec.life();
        this.width = spec.width();
        this.hourAt = spec.rowWidth();
        this.initialValues = new InitialValues(seed, spec);
        this.optimizer = optimizer;
        this.store = store;
        this.cachedRows = cachedRows == 0 || store == null ? ALL : cachedRows;
        if ((optimizer == null ? 0 : optimizer.slots(width)) != spec.slots()) {
            throw new IllegalArgumentException("table " + spec.name() + ": found " + spec.slots()
                    + " slots per row, expected what its optimizer needs");
        }
        slab = new RowSlab(storedWidth());
        changedPositions = new ChangedPositions(slab);
        buffer = new float[storedWidth()];
        sketch = life.admitAfter() > 1 ? new AdmissionSketch(seed, spec.name(), life.admitCounters()) : null;
    }

    public TableSpec spec() {
        return spec;
    }

    /** Floats of a row in a {@link RowStore}: weights, optimizer slots, the hour of the last touch (since 1970). */
    public int storedWidth() {
        return hourAt + 1;
    }

    /** Number of rows. */
    public int size() {
        return Math.toIntExact(hours.rows());
    }

    public TableStatus status() {
        return new TableStatus(hours.rows(), slab.size(), admitted, refused, expired, evicted);
    }

    private boolean allInMemory() {
        return slab.size() == hours.rows();
    }

    @Override
    public int read(long id, float[] into, int offset) {
        int position = index.find(id);
        if (position == NONE) {
            position = load(id);
        }
        if (position == NONE) {
            initialValues.fill(id, into, offset);
            return NONE;
        }
        if (cachedRows != ALL) {
            slab.mark(position, RowSlab.RECENT);
        }
        System.arraycopy(slab.floats(position), slab.offset(position), into, offset, width);
        return position;
    }

    /** Brings a row into memory that is not there; {@link #NONE} if there is none. */
    private int load(long id) {
        if (allInMemory() || store == null || !store.read(id, buffer)) {
            return NONE;
        }
        return place(id, buffer);
    }

    private int place(long id, float[] row) {
        int position = slab.take(id);
        index.add(id, position);
        System.arraycopy(row, 0, slab.floats(position), slab.offset(position), row.length);
        return position;
    }

    @Override
    public void read(long[] ids, int count, int rowWidth, int[] positions, float[] into) {
        // First all places, then all rows: short loops, so that the processor has many cache misses under way at once.
        index.find(ids, count, positions);
        if (cachedRows != ALL) {
            loadMissing(ids, count, positions);
        }
        slab.copy(positions, count, rowWidth, into);
        for (int i = 0; i < count; i++) {
            if (positions[i] == NONE) {
                initialValues.fill(ids[i], into, i * rowWidth);
            }
        }
    }

    private void loadMissing(long[] ids, int count, int[] positions) {
        for (int i = 0; i < count; i++) {
            if (positions[i] == NONE) {
                positions[i] = index.find(ids[i]); // the same id may have been loaded a moment ago
            }
            if (positions[i] == NONE) {
                positions[i] = load(ids[i]);
            }
            if (positions[i] != NONE) {
                slab.mark(positions[i], RowSlab.RECENT);
            }
        }
    }

    /** With a bound on the rows in memory a read may go to the store, which is the learner's thread's. */
    @Override
    public boolean anyThread() {
        return cachedRows == ALL;
    }

    /**
     * Moves the rows of many ids against their gradients. An id without a row gets one or, if it was not seen often enough, is
     * only counted.
     *
     * @param ids each once
     * @param touched which of them are meant
     * @param positions what {@link #read} returned for each since the last {@link #endBatch}, if no row was made for it since;
     *     used up
     * @param gradients {@code [count, width]}
     */
    public void update(
            long[] ids, boolean[] touched, int count, int[] positions, float[] gradients, UpdateMoment moment) {
        if (optimizer == null) {
            throw new IllegalStateException("table " + spec.name() + ": its rows are counted, not learnt by gradient");
        }
        for (int from = 0; from < count; from += RowSlab.TOGETHER) {
            int to = Math.min(from + RowSlab.TOGETHER, count);
            for (int i = from; i < to; i++) {
                positions[i] = touched[i] ? touch(ids[i], positions[i]) : NONE;
            }
            slab.fetch(positions, from, to, hourAt);
            for (int i = from; i < to; i++) {
                int at = positions[i];
                if (at != NONE) {
                    optimizer.update(slab.floats(at), slab.offset(at), width, gradients, i * width, moment);
                }
            }
        }
    }

    /**
     * Sets the weights of an id; ids without a row as in {@link #update}.
     *
     * @param position what {@link #read} returned for this id since the last {@link #endBatch}, if no row was made for it since
     */
    public void write(long id, int position, float[] weights, int offset) {
        int at = touch(id, position);
        if (at != NONE) {
            System.arraycopy(weights, offset, slab.floats(at), slab.offset(at), width);
        }
    }

    /** The position of the row that is about to change; {@link #NONE} for an id that gets none yet. */
    private int touch(long id, int position) {
        int at = position;
        if (at == NONE) {
            if (sketch != null && sketch.count(id) < life.admitAfter()) {
                refused++;
                return NONE;
            }
            at = insert(id);
        }
        float[] floats = slab.floats(at);
        int touchedAt = slab.offset(at) + hourAt;
        if (floats[touchedAt] != hour) {
            hours.move((int) floats[touchedAt], hour);
            floats[touchedAt] = hour;
        }
        markTouched(at);
        return at;
    }

    private void markTouched(int position) {
        if (store != null) {
            dirty.add(position);
        }
        if (trackingChanges) {
            changedPositions.add(position);
        }
    }

    private int insert(long id) {
        int position = slab.take(id);
        index.add(id, position);
        float[] floats = slab.floats(position);
        int offset = slab.offset(position);
        initialValues.fill(id, floats, offset);
        if (optimizer != null) {
            optimizer.initialise(floats, offset, width);
        }
        floats[offset + hourAt] = hour;
        hours.add(hour);
        admitted++;
        return position;
    }

    /** Puts in a row that was made elsewhere, weights and slots, as if it had just been touched. */
    public void put(long id, float[] row) {
        if (row.length != hourAt) {
            throw new IllegalArgumentException("putting a row into table " + spec.name() + ": found " + row.length
                    + " floats, expected " + hourAt + "; it belongs to another model");
        }
        int position = read(id, buffer, 0);
        if (position == NONE) {
            position = insert(id);
        }
        System.arraycopy(row, 0, slab.floats(position), slab.offset(position), row.length);
        hours.move((int) hourOf(position), hour);
        slab.floats(position)[slab.offset(position) + hourAt] = hour;
        markTouched(position);
    }

    /**
     * Takes over all rows of an earlier time: their weights, and no other rows. Rows that there were keep their slots, which say
     * how much an id has been seen and how large its gradients are, as far as these are finite; and their hour. Others begin as
     * new ones do. Every row counts as changed. Between batches.
     */
    public void rollBack(RowSet earlier) {
        float[] weights = new float[width];
        for (long id : idsTouched(any -> true)) {
            if (earlier.read(id, weights, 0) == NONE && peek(id)) {
                hours.remove((int) buffer[hourAt], 1);
                removeAll(new long[] {id}, 1);
                evicted++;
            }
        }
        earlier.forEachRow((id, row) -> {
            rollBack(id, row);
            boundMemory();
        });
    }

    private void rollBack(long id, float[] weights) {
        int position = index.find(id);
        if (position == NONE) {
            position = load(id);
        }
        if (position == NONE) {
            position = insert(id);
        }
        float[] floats = slab.floats(position);
        int offset = slab.offset(position);
        System.arraycopy(weights, 0, floats, offset, width);
        if (optimizer != null) {
            if (isFinite(floats, offset + width, offset + hourAt)) {
                optimizer.adopt(floats, offset, width);
            } else {
                optimizer.initialise(floats, offset, width);
            }
        }
        markTouched(position);
    }

    private static boolean isFinite(float[] values, int from, int to) {
        for (int i = from; i < to; i++) {
            if (!Float.isFinite(values[i])) {
                return false;
            }
        }
        return true;
    }

    private float hourOf(int position) {
        return slab.floats(position)[slab.offset(position) + hourAt];
    }

    /**
     * Tells the time: every later touch is of this moment; an earlier one than before changes nothing. Passing the boundaries of
     * {@link RowLife} it removes rows and halves sightings. Between batches.
     */
    public void advance(long eventTimeMillis) {
        int now = Math.toIntExact(Math.floorDiv(eventTimeMillis, HOUR_MILLIS));
        if (now <= hour) {
            return;
        }
        if (sketch != null) {
            int span = life.admitHalvingHours();
            sketch.halve(Math.floorDiv(now, span) - Math.floorDiv(hour, span));
        }
        if (life.expireAfterHours() > 0) {
            int span = Math.max(1, life.expireAfterHours() / SWEEPS_PER_LIFE);
            int boundary = Math.floorDiv(now, span) * span;
            if (boundary > hour) {
                expireTouchedBefore(boundary - life.expireAfterHours());
            }
        }
        hour = now;
    }

    private void expireTouchedBefore(int oldest) {
        long old = hours.rowsBefore(oldest);
        if (old > 0) {
            removeAll(idsTouched(at -> at < oldest), Long.MAX_VALUE);
            hours.removeBefore(oldest);
            expired += old;
        }
    }

    /** After a batch is learnt, or only scored: keeps the bounds of rows in all and of rows in memory. */
    public void endBatch() {
        if (life.maxRows() > 0 && hours.rows() > life.maxRows()) {
            evictOldest(hours.rows() - (life.maxRows() - life.maxRows() / EVICTED_SHARE));
        }
        boundMemory();
    }

    private void boundMemory() {
        while (slab.size() > cachedRows) {
            hand = hand + 1 < slab.end() ? hand + 1 : 0;
            if (slab.holds(hand) && !slab.unmark(hand, RowSlab.RECENT)) {
                unload(hand);
            }
        }
    }

    /** Hour by hour, the oldest first; of the last hour those with the smallest ids. */
    private void evictOldest(long count) {
        int last = hours.hourOfOldest(count);
        long before = hours.rowsBefore(last);
        if (before > 0) {
            removeAll(idsTouched(at -> at < last), Long.MAX_VALUE);
            hours.removeBefore(last);
        }
        removeAll(idsTouched(at -> at == last), count - before);
        hours.remove(last, count - before);
        evicted += count;
    }

    /** Every id whose row was last touched in one of these hours, ascending. */
    private long[] idsTouched(IntPredicate when) {
        LongArrayList found = new LongArrayList();
        if (allInMemory() || store == null) {
            for (int position = 0; position < slab.end(); position++) {
                if (slab.holds(position) && when.test((int) hourOf(position))) {
                    found.add(slab.id(position));
                }
            }
            long[] sorted = found.toLongArray();
            Arrays.sort(sorted);
            return sorted;
        }
        flush();
        store.forEach((id, row) -> {
            if (when.test((int) row[hourAt])) {
                found.add(id);
            }
        });
        return found.toLongArray();
    }

    /** Removes the first so many of these rows; the caller corrects {@link #hours}. */
    private void removeAll(long[] ids, long most) {
        for (int i = 0; i < ids.length && i < most; i++) {
            int position = index.find(ids[i]);
            if (position != NONE) {
                dirty.remove(position);
                release(position);
            }
            if (store != null) {
                store.remove(ids[i]);
            }
            if (trackingChanges) {
                changed.add(ids[i]);
            }
        }
    }

    /** Drops a row from memory; the store keeps it. */
    private void unload(int position) {
        if (dirty.contains(position)) {
            dirty.remove(position);
            store(slab.id(position));
        }
        if (slab.unmark(position, RowSlab.CHANGED)) {
            changed.add(slab.id(position));
        }
        release(position);
    }

    private void release(int position) {
        index.remove(slab.id(position));
        slab.release(position);
    }

    /** Number of rows that the store does not have as they are now. */
    public int dirtyRows() {
        return dirty.size();
    }

    /** Brings the rows into the store that have been dirty longest, so many at most. */
    public void writeOldestDirty(int most) {
        long[] ids = new long[Math.min(most, dirty.size())];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = slab.id(dirty.takeFirst());
        }
        store(ids);
    }

    /** Brings every dirty row into the store. */
    public void flush() {
        writeOldestDirty(dirty.size());
    }

    /** By ascending id: a store that sorts what it is given finds the place of each next to that of the last. */
    private void store(long... ids) {
        if (store == null) {
            return;
        }
        Arrays.sort(ids);
        for (int from = 0; from < ids.length; from += STORED_TOGETHER) {
            Map<Long, float[]> rows = new LinkedHashMap<>();
            for (int i = from; i < Math.min(from + STORED_TOGETHER, ids.length); i++) {
                int position = index.find(ids[i]);
                int offset = slab.offset(position);
                rows.put(ids[i], Arrays.copyOfRange(slab.floats(position), offset, offset + storedWidth()));
            }
            store.write(rows);
        }
    }

    /** Begins to remember which rows change, for {@link #takeChanges}. Called before the first row is touched. */
    public void trackChanges() {
        trackingChanges = true;
    }

    /**
     * Copies every row that changed since the last call, and names every id that has lost its row since. Has nothing to do with
     * what is dirty. Takes the time of copying what changed, however large the table is.
     */
    public ChangedRows takeChanges() {
        if (!trackingChanges) {
            throw new IllegalStateException("taking the changes of table " + spec.name()
                    + ": found that they are not remembered, expected a call of trackChanges before");
        }
        LongArrayList removed = new LongArrayList();
        LongArrayList stored = new LongArrayList();
        FloatArrayList storedWeights = new FloatArrayList();
        for (long id : changed.sorted()) {
            int position = index.find(id);
            if (position != NONE) {
                changedPositions.add(position);
            } else if (peek(id)) {
                stored.add(id);
                storedWeights.addElements(storedWeights.size(), buffer, 0, width);
            } else {
                removed.add(id);
            }
        }
        changed.clear();
        int[] positions = changedPositions.drain();
        long[] ids = new long[positions.length + stored.size()];
        float[] weights = new float[Math.multiplyExact(ids.length, width)];
        for (int i = 0; i < positions.length; i++) {
            ids[i] = slab.id(positions[i]);
        }
        for (int i = 0; i < positions.length; i++) {
            System.arraycopy(slab.floats(positions[i]), slab.offset(positions[i]), weights, i * width, width);
        }
        stored.getElements(0, ids, positions.length, stored.size());
        storedWeights.getElements(0, weights, positions.length * width, storedWeights.size());
        return new ChangedRows(ids, weights, removed.toLongArray());
    }

    /** Copies a row to the buffer and leaves it where it is; false if there is none. */
    private boolean peek(long id) {
        int position = index.find(id);
        if (position != NONE) {
            System.arraycopy(slab.floats(position), slab.offset(position), buffer, 0, buffer.length);
            return true;
        }
        return !allInMemory() && store != null && store.read(id, buffer);
    }

    /** All changed ids, in no order, some perhaps twice: a checkpoint should not wait for them to be sorted. They stay changed. */
    private LongArrayList changedIds() {
        LongArrayList all = changed.unsorted();
        for (int position : changedPositions.marked()) {
            all.add(slab.id(position));
        }
        return all;
    }

    /** Hands over the weights of every row in ascending order of (signed) id. */
    public void forEachRow(RowConsumer consumer) {
        float[] weights = new float[width];
        if (allInMemory() || store == null) {
            for (long id : idsTouched(any -> true)) {
                int position = index.find(id);
                System.arraycopy(slab.floats(position), slab.offset(position), weights, 0, width);
                consumer.accept(id, weights);
            }
        } else {
            flush();
            store.forEach((id, row) -> {
                System.arraycopy(row, 0, weights, 0, width);
                consumer.accept(id, weights);
            });
        }
    }

    /**
     * Writes what the table remembers besides its rows, which the store has after {@link #flush}: a version byte, the hour, what
     * {@link #status} tells, rows by hour, the changed ids, and the counts of sightings.
     */
    public void saveState(DataOutput out) throws IOException {
        out.writeByte(STATE_VERSION);
        out.writeInt(hour);
        out.writeLong(admitted);
        out.writeLong(refused);
        out.writeLong(expired);
        out.writeLong(evicted);
        hours.save(out);
        writeIds(trackingChanges ? changedIds() : new LongArrayList(), out);
        if (sketch != null) {
            sketch.save(out);
        }
    }

    /** Many at a time: there may be millions, and the learner waits. */
    private static void writeIds(LongArrayList ids, DataOutput out) throws IOException {
        out.writeInt(ids.size());
        ByteBuffer piece = ByteBuffer.allocate(STORED_TOGETHER * Long.BYTES);
        for (int from = 0; from < ids.size(); from += STORED_TOGETHER) {
            int count = Math.min(STORED_TOGETHER, ids.size() - from);
            piece.asLongBuffer().put(ids.elements(), from, count);
            out.write(piece.array(), 0, count * Long.BYTES);
        }
    }

    /** Takes over what {@link #saveState} wrote, in a new table over the store as it was then; reads all rows if all are kept. */
    public void restoreState(DataInput in) throws IOException {
        byte version = in.readByte();
        if (version != STATE_VERSION) {
            throw new IOException("restoring the state of table " + spec.name() + ": found version " + version
                    + ", expected " + STATE_VERSION + "; it was written by another release, restore it with that one");
        }
        hour = in.readInt();
        admitted = in.readLong();
        refused = in.readLong();
        expired = in.readLong();
        evicted = in.readLong();
        hours.restore(in);
        for (int count = in.readInt(); count > 0; count--) {
            changed.add(in.readLong());
        }
        if (!trackingChanges) {
            changed.clear();
        }
        if (sketch != null) {
            sketch.restore(in);
        }
        if (cachedRows == ALL && store != null) {
            store.forEach(this::place);
            if (!allInMemory()) {
                throw new IOException("restoring table " + spec.name() + ": found " + slab.size() + " rows, expected "
                        + hours.rows() + "; the rows and the rest are not of one checkpoint");
            }
        }
    }
}

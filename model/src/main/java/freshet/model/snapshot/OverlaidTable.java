package freshet.model.snapshot;

import freshet.model.table.RowSource;
import freshet.serde.snapshot.BadSnapshotException;
import it.unimi.dsi.fastutil.longs.Long2IntOpenHashMap;
import java.util.Arrays;
import java.util.List;

/**
 * The rows of a snapshot with those on top that deltas have changed since. The snapshot's rows are shared by all tables over
 * it; what lies on top is copied for each further delta, which costs what was touched since the snapshot, so that requests
 * read tables that nobody changes. Filled by one thread, then immutable and safe on any.
 */
final class OverlaidTable implements RowSource {
    /** The place of an id whose row has been removed. */
    private static final int GONE = -2;

    private final FrozenTable base;
    private final Long2IntOpenHashMap places;
    private float[] rows;
    private int used;

    private OverlaidTable(FrozenTable base, Long2IntOpenHashMap places, float[] rows, int used) {
        this.base = base;
        this.places = places;
        this.rows = rows;
        this.used = used;
    }

    /** A table to {@linkplain #take fill} that holds what another one does, which stays as it is. */
    static OverlaidTable copyOver(RowSource table) {
        if (table instanceof OverlaidTable over) {
            return new OverlaidTable(over.base, over.places.clone(), over.rows.clone(), over.used);
        }
        if (table instanceof FrozenTable frozen) {
            Long2IntOpenHashMap places = new Long2IntOpenHashMap();
            places.defaultReturnValue(NONE);
            return new OverlaidTable(frozen, places, new float[0], 0);
        }
        throw new IllegalArgumentException(
                "applying a delta: found rows of " + table.getClass() + ", expected a snapshot's");
    }

    /** Takes in what a delta says of this table. */
    void take(List<RowFiles.Part> parts) throws BadSnapshotException {
        int width = base.width();
        for (RowFiles.Part part : parts) {
            reserve((long) (used + part.ids().length) * width);
            for (int i = 0; i < part.ids().length; i++) {
                int place = places.get(part.ids()[i]);
                if (place < 0) {
                    place = used++;
                    places.put(part.ids()[i], place);
                }
                System.arraycopy(part.rows(), i * width, rows, place * width, width);
            }
            for (long removed : part.removed()) {
                places.put(removed, GONE);
            }
        }
    }

    private void reserve(long floats) throws BadSnapshotException {
        if (floats > Integer.MAX_VALUE - 8) {
            throw new BadSnapshotException(
                    "applying a delta: more than 2^31 weights of one table changed since the snapshot; load the next one");
        }
        if (floats > rows.length) {
            rows = Arrays.copyOf(rows, (int) floats);
        }
    }

    /** Number of rows that deltas have changed or removed. */
    int changed() {
        return places.size();
    }

    @Override
    public int read(long id, float[] into, int offset) {
        int place = places.get(id);
        if (place == NONE) {
            return base.read(id, into, offset);
        }
        if (place == GONE) {
            base.fillInitial(id, into, offset);
            return NONE;
        }
        System.arraycopy(rows, place * base.width(), into, offset, base.width());
        return base.size() + place;
    }
}

package freshet.model.table;

import it.unimi.dsi.fastutil.longs.LongArrayList;
import java.util.Arrays;

/** A set of ids that is mostly added to, by ids that mostly are new; in sorted order when asked. One thread. */
final class ChangedIds {
    private static final int SMALL = 1 << 16;

    /** May hold an id more than once. */
    private LongArrayList ids = new LongArrayList();

    private int distinctAtLeast;

    void add(long id) {
        ids.add(id);
        if (ids.size() > SMALL + 2 * distinctAtLeast) {
            sorted();
        }
    }

    /** A copy, in no order, of every id; some may stand there more than once. */
    LongArrayList unsorted() {
        return ids.clone();
    }

    /** Every id once, ascending. */
    long[] sorted() {
        long[] sorted = ids.toLongArray();
        Arrays.sort(sorted);
        int count = 0;
        for (int i = 0; i < sorted.length; i++) {
            if (i == 0 || sorted[i] != sorted[i - 1]) {
                sorted[count++] = sorted[i];
            }
        }
        long[] distinct = Arrays.copyOf(sorted, count);
        ids = new LongArrayList(distinct);
        distinctAtLeast = count;
        return distinct;
    }

    void clear() {
        ids = new LongArrayList();
        distinctAtLeast = 0;
    }
}

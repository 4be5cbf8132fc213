package freshet.model.table;

import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.util.Arrays;

/**
 * The positions of a slab whose rows have changed, each once: a mark at the row, and a list, so that what it costs to find them
 * depends on how many they are and not on how large the table is. One thread.
 */
final class ChangedPositions {
    /** With more than one changed row in so many, going through the slab in its order is faster than by the list. */
    private static final int SCAN_SHARE = 8;

    private static final int SMALL = 1024;

    private final RowSlab slab;
    /** Every marked position; also some whose row is gone, or that stand here twice because another row has taken the place. */
    private IntArrayList listed = new IntArrayList();

    ChangedPositions(RowSlab slab) {
        this.slab = slab;
    }

    void add(int position) {
        if (slab.mark(position, RowSlab.CHANGED)) {
            listed.add(position);
            if (listed.size() > SMALL + 2 * slab.end()) {
                marked();
            }
        }
    }

    /** All of them, none of which is marked afterwards. */
    int[] drain() {
        int[] found = new int[listed.size()];
        int count = 0;
        if (listed.size() < slab.end() / SCAN_SHARE) {
            for (int i = 0; i < listed.size(); i++) {
                int position = listed.getInt(i);
                if (slab.unmark(position, RowSlab.CHANGED)) {
                    found[count++] = position;
                }
            }
        } else {
            for (int position = 0; position < slab.end(); position++) {
                if (slab.unmark(position, RowSlab.CHANGED)) {
                    found[count++] = position;
                }
            }
        }
        listed = new IntArrayList();
        return count == found.length ? found : Arrays.copyOf(found, count);
    }

    /** All of them, which stay. */
    int[] marked() {
        int[] found = drain();
        for (int position : found) {
            slab.mark(position, RowSlab.CHANGED);
        }
        listed = new IntArrayList(found);
        return found;
    }
}

package freshet.model.table;

import it.unimi.dsi.fastutil.longs.LongArrays;
import java.util.Arrays;

/**
 * What has changed in a table, copied out of it in no order: sorting is left to whoever reads it, since the learner waits for the
 * copy. Immutable as long as nobody writes to the arrays.
 *
 * @param ids with a row, each once
 * @param weights {@code float[ids * width]}, row by row, without optimizer slots
 * @param removed ids that have no row any more, each once, none of them in {@code ids}
 */
public record ChangedRows(long[] ids, float[] weights, long[] removed) {

    /** Hands all of it over in ascending order of (signed) id. */
    public void forEach(int width, RowChanges changes) {
        long[] sorted = ids.clone();
        long[] places = new long[ids.length];
        Arrays.setAll(places, place -> place);
        LongArrays.radixSort(sorted, places);
        long[] gone = removed.clone();
        Arrays.sort(gone);
        float[] row = new float[width];
        int next = 0;
        for (int i = 0; i < sorted.length; i++) {
            while (next < gone.length && gone[next] < sorted[i]) {
                changes.removed(gone[next++]);
            }
            System.arraycopy(weights, (int) places[i] * width, row, 0, width);
            changes.touched(sorted[i], row);
        }
        while (next < gone.length) {
            changes.removed(gone[next++]);
        }
    }
}

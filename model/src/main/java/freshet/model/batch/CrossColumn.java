package freshet.model.batch;

import freshet.model.math.Ids;
import freshet.model.spec.CrossSpec;

/**
 * The combined ids of a {@link CrossSpec} for every example of a mini-batch: every combination of the ids of its features. One
 * thread.
 */
final class CrossColumn {
    /** What to do with a feature that has no id. */
    enum Missing {
        /** The example has no combined id. */
        NONE,
        /** The feature counts as one id of its own. */
        OWN_ID
    }

    private final int[] slots;
    private final Missing missing;
    private final IdColumn column = new IdColumn();

    CrossColumn(CrossSpec spec, Missing missing) {
        this.slots = spec.slots().stream().mapToInt(Integer::intValue).toArray();
        this.missing = missing;
    }

    IdColumn column() {
        return column;
    }

    void clear() {
        column.clear();
    }

    /**
     * Adds the combined ids of the next example.
     *
     * @param dropped by slot: features to take as missing here
     */
    void addExample(Batch batch, int example, boolean[] dropped) {
        combine(batch, example, dropped, 0, 0);
        column.endExample();
    }

    private void combine(Batch batch, int example, boolean[] dropped, int depth, long prefix) {
        if (depth == slots.length) {
            column.add(prefix);
            return;
        }
        int slot = slots[depth];
        IdColumn ids = batch.column(slot);
        int from = ids.start(example);
        int to = ids.start(example + 1);
        if (dropped[slot] || from == to) {
            if (missing == Missing.OWN_ID) {
                combine(batch, example, dropped, depth + 1, extend(prefix, Ids.MISSING, depth));
            }
            return;
        }
        for (int i = from; i < to; i++) {
            combine(batch, example, dropped, depth + 1, extend(prefix, ids.id(i), depth));
        }
    }

    private static long extend(long prefix, long id, int depth) {
        return depth == 0 ? id : Ids.cross(prefix, id);
    }
}

package freshet.model.batch;

import freshet.serde.example.FeatureValues;
import freshet.serde.example.IdHash;
import java.util.Arrays;
import java.util.List;

/**
 * The ids of some consecutive examples of a mini-batch, hashed, one example behind the other: what one thread makes of them in
 * one go, before {@link IdColumn} takes them feature by feature. Filled again and again. One thread at a time.
 */
final class HashedExamples {
    private final int slots;
    private long[] ids = new long[64];
    /** {@code [example, slot]}: where its ids begin, and at the end where the last ones end. */
    private int[] starts = new int[64];
    /** {@code [example, slot]}: whether the ids are those of the example before. */
    private boolean[] repeated = new boolean[64];
    /** Texts of consecutive places that wait to be hashed together. */
    private String[] texts = new String[64];

    private int waiting;

    HashedExamples(int slots) {
        this.slots = slots;
    }

    /**
     * Hashes the ids of the examples {@code [from, to)}. Where an example has the very same array of ids as the one before it, they
     * are hashed once.
     */
    void load(List<FeatureValues> examples, int from, int to) {
        reserve((to - from) * slots);
        waiting = 0;
        int end = 0;
        for (int i = from; i < to; i++) {
            String[][] lists = examples.get(i).ids();
            String[][] before = i == 0 ? null : examples.get(i - 1).ids();
            for (int slot = 0; slot < slots; slot++) {
                int at = (i - from) * slots + slot;
                String[] ofSlot = lists[slot];
                starts[at] = end;
                end += ofSlot.length;
                repeated[at] = before != null && ofSlot == before[slot];
                if (end > ids.length) {
                    ids = Arrays.copyOf(ids, 2 * end);
                }
                if (repeated[at] && i > from) {
                    hashWaiting(starts[at]);
                    System.arraycopy(ids, starts[at - slots], ids, starts[at], ofSlot.length);
                } else {
                    await(ofSlot);
                }
            }
            hashWaiting(end);
        }
        starts[(to - from) * slots] = end;
    }

    private void reserve(int lists) {
        if (starts.length <= lists) {
            starts = new int[2 * lists];
            repeated = new boolean[2 * lists];
        }
    }

    private void await(String[] more) {
        if (waiting + more.length > texts.length) {
            texts = Arrays.copyOf(texts, 2 * (waiting + more.length));
        }
        for (String text : more) {
            texts[waiting++] = text;
        }
    }

    private void hashWaiting(int end) {
        IdHash.of(texts, waiting, ids, end - waiting);
        waiting = 0;
    }

    /** Appends the ids of one feature to its column. */
    void addTo(IdColumn column, int slot, int examples) {
        for (int i = 0; i < examples; i++) {
            int at = i * slots + slot;
            column.addExample(ids, starts[at], starts[at + 1]);
            if (repeated[at]) {
                column.markRepeated();
            }
        }
    }
}

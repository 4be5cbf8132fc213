package freshet.serde.example;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The ids of one impression as the numbers by which models know them, all slots one behind the other: so that whoever learns
 * from it reads some lines of memory, where as many texts would be two lines each. Immutable as long as nobody writes to the arrays.
 *
 * @param ids {@link IdHash} of each
 * @param starts {@code [slots + 1]}: where the ids of each slot begin, and at the end where the last ones end
 */
public record HashedIds(long[] ids, int[] starts) {

    /** @param texts {@code String[slot][]} */
    public static HashedIds of(String[][] texts) {
        int[] starts = new int[texts.length + 1];
        for (int slot = 0; slot < texts.length; slot++) {
            starts[slot + 1] = starts[slot] + texts[slot].length;
        }
        int count = starts[texts.length];
        String[] all = new String[count];
        for (int slot = 0; slot < texts.length; slot++) {
            System.arraycopy(texts[slot], 0, all, starts[slot], texts[slot].length);
        }
        long[] ids = new long[count];
        IdHash.of(all, count, ids, 0);
        return new HashedIds(ids, starts);
    }

    /** Number of slots. */
    public int slots() {
        return starts.length - 1;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof HashedIds that && Arrays.equals(ids, that.ids) && Arrays.equals(starts, that.starts);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(ids) + Arrays.hashCode(starts);
    }

    @Override
    public String toString() {
        return "HashedIds[ids=" + Arrays.toString(ids) + ", starts=" + Arrays.toString(starts) + "]";
    }
}

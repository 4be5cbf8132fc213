package freshet.model.table;

import freshet.model.math.CounterRandom;
import freshet.model.math.Ids;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Arrays;

/**
 * Counts sightings of ids that have no row, in little memory: a count-min sketch with conservative update (Cormode,
 * Muthukrishnan 2005; Estan, Varghese 2002). Four bytes that belong to an id, their least is its count, and only those equal
 * to the least are raised. So a count is never too low, and too high only where other ids share all four: with a quarter as
 * many ids in it as it has bytes, one in six new ids finds that; with a sixteenth, one in 400. What an error costs is a row
 * that is made some sightings too early. The state is the bytes: saved and restored they count on alike.
 *
 * <p>One thread.
 */
final class AdmissionSketch {
    private static final int DEPTH = 4;
    private static final int MAX = 255;

    private final long key;
    private final int mask;
    /** {@code [DEPTH, mask + 1]}, each from 0 to 255. */
    private final byte[] counters;

    /**
     * @param tableName with the seed, decides which counters an id has
     * @param bytes of counters; a power of two from 64
     */
    AdmissionSketch(long seed, String tableName, int bytes) {
        key = CounterRandom.key(CounterRandom.key(seed, Ids.hash("admission")), Ids.hash(tableName));
        counters = new byte[bytes];
        mask = bytes / DEPTH - 1;
    }

    /** Counts a sighting of an id; the count with it. */
    int count(long id) {
        long hash = CounterRandom.mix(id ^ key);
        int least = MAX;
        for (int row = 0; row < DEPTH; row++) {
            least = Math.min(least, counters[at(hash, row)] & MAX);
        }
        if (least == MAX) {
            return MAX;
        }
        for (int row = 0; row < DEPTH; row++) {
            int at = at(hash, row);
            if ((counters[at] & MAX) == least) {
                counters[at]++;
            }
        }
        return least + 1;
    }

    /** Which counter of a row is the id's: double hashing (Kirsch, Mitzenmacher 2006). */
    private int at(long hash, int row) {
        int step = (int) (hash >>> 32) | 1;
        return row * (mask + 1) + ((int) hash + row * step & mask);
    }

    /** Halves every count, rounding down, so often. */
    void halve(long times) {
        if (times > 7) {
            Arrays.fill(counters, (byte) 0);
            return;
        }
        for (int i = 0; i < counters.length; i++) {
            counters[i] = (byte) ((counters[i] & MAX) >>> times);
        }
    }

    void save(DataOutput out) throws IOException {
        out.write(counters);
    }

    void restore(DataInput in) throws IOException {
        in.readFully(counters);
    }
}

package freshet.model.table;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * How many rows of a table were last touched in each hour of event time: says, without looking at a row, whether any is old
 * enough to go, and up to which hour rows must go to make room. One thread.
 */
final class TouchedHours {
    /** By hours since 1970: one number each, above 0. */
    private final NavigableMap<Integer, long[]> counts = new TreeMap<>();

    private long rows;

    /** Number of rows. */
    long rows() {
        return rows;
    }

    void add(int hour) {
        counts.computeIfAbsent(hour, any -> new long[1])[0]++;
        rows++;
    }

    void move(int from, int to) {
        remove(from, 1);
        add(to);
    }

    void remove(int hour, long count) {
        long[] left = counts.get(hour);
        if (left == null || left[0] < count) {
            throw new IllegalStateException("forgetting " + count + " rows touched in hour " + hour + ": found "
                    + (left == null ? 0 : left[0]) + "; the rows and what the table counted of them disagree");
        }
        left[0] -= count;
        if (left[0] == 0) {
            counts.remove(hour);
        }
        rows -= count;
    }

    /** Number of rows last touched before an hour. */
    long rowsBefore(int hour) {
        return counts.headMap(hour).values().stream()
                .mapToLong(count -> count[0])
                .sum();
    }

    void removeBefore(int hour) {
        rows -= rowsBefore(hour);
        counts.headMap(hour).clear();
    }

    /** The earliest hour such that so many rows were last touched in it or before; there are so many. */
    int hourOfOldest(long count) {
        long seen = 0;
        for (Map.Entry<Integer, long[]> entry : counts.entrySet()) {
            seen += entry.getValue()[0];
            if (seen >= count) {
                return entry.getKey();
            }
        }
        throw new IllegalArgumentException("found " + seen + " rows, expected at least " + count);
    }

    void save(DataOutput out) throws IOException {
        out.writeInt(counts.size());
        for (Map.Entry<Integer, long[]> entry : counts.entrySet()) {
            out.writeInt(entry.getKey());
            out.writeLong(entry.getValue()[0]);
        }
    }

    void restore(DataInput in) throws IOException {
        for (int left = in.readInt(); left > 0; left--) {
            int hour = in.readInt();
            long count = in.readLong();
            counts.put(hour, new long[] {count});
            rows += count;
        }
    }
}

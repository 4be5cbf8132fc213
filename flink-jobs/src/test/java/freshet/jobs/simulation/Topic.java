package freshet.jobs.simulation;

import freshet.serde.snapshot.SnapshotRecord;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One partition of a topic of snapshots, deltas or the registry, with offsets that outlive compaction and retention. */
final class Topic {
    private final List<Placed> records = new ArrayList<>();
    private long end;

    record Placed(long offset, SnapshotRecord record) {}

    void append(SnapshotRecord record) {
        records.add(new Placed(end++, record));
    }

    /** What takes an offset and is never seen: the marker of a transaction. */
    void skipOffset() {
        end++;
    }

    long end() {
        return end;
    }

    /** All that is there. */
    List<Placed> records() {
        return records;
    }

    /** The first record at or behind an offset; null if there is none. */
    @Nullable
    Placed next(long offset) {
        int low = 0;
        int high = records.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (records.get(middle).offset < offset) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low == records.size() ? null : records.get(low);
    }

    /** Keeps the last record of each key. */
    void compact() {
        Map<String, Long> last = new HashMap<>();
        records.forEach(one -> last.put(one.record.key(), one.offset));
        records.removeIf(one -> last.getOrDefault(one.record.key(), one.offset) != one.offset);
    }

    /** Drops what is older than an offset. */
    void retainFrom(long offset) {
        records.removeIf(one -> one.offset < offset);
    }
}

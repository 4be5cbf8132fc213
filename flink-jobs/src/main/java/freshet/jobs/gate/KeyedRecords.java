package freshet.jobs.gate;

import freshet.serde.snapshot.SnapshotRecord;
import freshet.serde.snapshot.SnapshotRecords;
import freshet.serde.snapshot.SnapshotVersion;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.zip.CRC32C;
import org.apache.flink.api.common.state.MapState;

/**
 * Records of the snapshot topic in keyed state, by their key and the checksum of their body; which there are is known in memory. The
 * operator's thread, with the gate's key as the current one.
 */
final class KeyedRecords implements KeptRecords {
    private static final char BEFORE_CHECKSUM = '#';

    private final MapState<String, byte[]> records;
    /** Keys of the state, by version; a manifest's sorts behind those of chunks. */
    private final SortedMap<SnapshotVersion, SortedSet<String>> keys = new TreeMap<>();

    KeyedRecords(MapState<String, byte[]> records) throws Exception {
        this.records = records;
        for (String key : records.keys()) {
            SnapshotRecords.versionOf(new SnapshotRecord(topicKey(key), new byte[0]))
                    .ifPresent(version -> note(version, key));
        }
    }

    private static String topicKey(String key) {
        return key.substring(0, key.lastIndexOf(BEFORE_CHECKSUM));
    }

    private void note(SnapshotVersion version, String key) {
        keys.computeIfAbsent(version, any -> new TreeSet<>()).add(key);
    }

    @Override
    public void put(SnapshotVersion version, SnapshotRecord record) {
        CRC32C checksum = new CRC32C();
        checksum.update(record.value());
        String key = record.key() + BEFORE_CHECKSUM + Long.toHexString(checksum.getValue());
        if (keys.getOrDefault(version, Collections.emptySortedSet()).contains(key)) {
            return; // sent again
        }
        try {
            records.put(key, record.value());
        } catch (Exception e) {
            throw failed("storing", key, e);
        }
        note(version, key);
    }

    @Override
    public List<SnapshotRecord> of(SnapshotVersion version) {
        List<SnapshotRecord> found = new ArrayList<>();
        for (String key : keys.getOrDefault(version, Collections.emptySortedSet())) {
            try {
                found.add(new SnapshotRecord(topicKey(key), records.get(key)));
            } catch (Exception e) {
                throw failed("fetching", key, e);
            }
        }
        return found;
    }

    @Override
    public void remove(SnapshotVersion version) {
        SortedSet<String> gone = keys.remove(version);
        for (String key : gone == null ? Collections.<String>emptySortedSet() : gone) {
            try {
                records.remove(key);
            } catch (Exception e) {
                throw failed("removing", key, e);
            }
        }
    }

    @Override
    public SortedSet<SnapshotVersion> versions() {
        return Collections.unmodifiableSortedSet(new TreeSet<>(keys.keySet()));
    }

    private static IllegalStateException failed(String doing, String key, Exception e) {
        return new IllegalStateException(doing + " the record " + key + " of a snapshot: the state backend failed", e);
    }
}

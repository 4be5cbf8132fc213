package freshet.jobs.gate;

import freshet.serde.snapshot.SnapshotRecord;
import freshet.serde.snapshot.SnapshotVersion;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** A gate's records in memory: each once, those of a version by key, as keyed state gives them. */
final class HeapRecords implements KeptRecords {
    final SortedMap<SnapshotVersion, List<SnapshotRecord>> records = new TreeMap<>();

    @Override
    public void put(SnapshotVersion version, SnapshotRecord record) {
        List<SnapshotRecord> of = records.computeIfAbsent(version, any -> new ArrayList<>());
        boolean known = of.stream()
                .anyMatch(one -> one.key().equals(record.key()) && Arrays.equals(one.value(), record.value()));
        if (!known) {
            of.add(record);
            of.sort(Comparator.comparing(SnapshotRecord::key));
        }
    }

    @Override
    public List<SnapshotRecord> of(SnapshotVersion version) {
        return List.copyOf(records.getOrDefault(version, List.of()));
    }

    @Override
    public void remove(SnapshotVersion version) {
        records.remove(version);
    }

    @Override
    public SortedSet<SnapshotVersion> versions() {
        return new TreeSet<>(records.keySet());
    }
}

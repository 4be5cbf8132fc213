package freshet.jobs.gate;

import freshet.serde.snapshot.BadSnapshotException;
import freshet.serde.snapshot.Registry;
import freshet.serde.snapshot.SnapshotRecord;
import java.util.ArrayList;
import java.util.List;

/** A registry topic in memory, that a person may write to at any moment. */
final class FakeRegistry implements GateRegistry {
    private final List<SnapshotRecord> records = new ArrayList<>();
    private int writes;
    private Runnable beforeNextWrite = () -> {};

    /** What is done between the next time that a gate reads and writes. */
    void beforeNextWrite(Runnable other) {
        beforeNextWrite = other;
    }

    /** Somebody else writes, without asking. */
    void append(List<SnapshotRecord> more) {
        records.addAll(more);
    }

    /** How often a gate has written. */
    int writes() {
        return writes;
    }

    Registry registry() {
        return read().registry();
    }

    @Override
    public Reading read() {
        Registry registry = Registry.EMPTY;
        try {
            for (int i = 0; i < records.size(); i++) {
                registry = registry.with(records.get(i), i);
            }
        } catch (BadSnapshotException e) {
            throw new AssertionError(e);
        }
        return new Reading(registry, records.size());
    }

    @Override
    public boolean write(List<SnapshotRecord> more, Reading since) {
        Runnable other = beforeNextWrite;
        beforeNextWrite = () -> {};
        other.run();
        if (since.through() != records.size()) {
            return false;
        }
        records.addAll(more);
        writes++;
        return true;
    }

    @Override
    public void close() {}
}

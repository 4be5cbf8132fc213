package freshet.jobs.gate;

import freshet.serde.snapshot.Registry;
import freshet.serde.snapshot.SnapshotRecord;
import java.util.List;

/** The registry as a gate needs it: read whole, and written only if nobody else has written since. The operator's thread. */
interface GateRegistry extends AutoCloseable {
    /**
     * What it says, and as of where.
     *
     * @param through by which {@link #write} knows whether it still says so
     */
    record Reading(Registry registry, long through) {}

    Reading read();

    /**
     * Writes all records or none.
     *
     * @return false when somebody has written since the reading; then what follows from it may be wrong
     */
    boolean write(List<SnapshotRecord> records, Reading since);

    @Override
    void close();
}

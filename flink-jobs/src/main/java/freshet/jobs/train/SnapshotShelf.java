package freshet.jobs.train;

import freshet.serde.control.TrainerCommand.RollBack;
import freshet.serde.snapshot.BadSnapshotException;
import freshet.serde.snapshot.Snapshot;
import java.io.Serializable;

/** Where a trainer finds the snapshot that it is to go back to. Asked on the trainer's thread, which waits for it. */
public interface SnapshotShelf extends Serializable {

    /** Of a trainer whose snapshots lie nowhere. */
    SnapshotShelf EMPTY = wanted -> {
        throw new BadSnapshotException("there are no snapshots here to go back to");
    };

    /**
     * The snapshot, whole and verified.
     *
     * @throws BadSnapshotException when it is not there, or is not what the command names; the message says why
     * @throws IllegalStateException when that cannot be found out now, so the same question later may have an answer
     */
    Snapshot take(RollBack wanted) throws BadSnapshotException;
}

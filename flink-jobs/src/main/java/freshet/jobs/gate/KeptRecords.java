package freshet.jobs.gate;

import freshet.serde.snapshot.SnapshotRecord;
import freshet.serde.snapshot.SnapshotVersion;
import java.util.List;
import java.util.SortedSet;

/**
 * The part of the snapshot topic that is still of use: records of snapshots that are not whole yet or not judged, and of those that
 * impressions still open were served by. Keyed state in the job, a map in tests. The operator's thread.
 */
interface KeptRecords {
    /** Keeps a record. Several bodies under one key are all kept, since it is the manifest that tells which is right. */
    void put(SnapshotVersion version, SnapshotRecord record);

    /** What is kept of a version, chunks before manifests. */
    List<SnapshotRecord> of(SnapshotVersion version);

    /** Lets go of everything of a version. */
    void remove(SnapshotVersion version);

    /** The versions of which something is kept. */
    SortedSet<SnapshotVersion> versions();
}

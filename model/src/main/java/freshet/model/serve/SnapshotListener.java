package freshet.model.serve;

import freshet.serde.snapshot.DeltaDescription;
import freshet.serde.snapshot.SnapshotManifest;

/** Told by a {@link SnapshotSubscriber} what became of the snapshots, on its thread: return soon, throw nothing. */
public interface SnapshotListener {

    /** A listener that takes no notice. */
    SnapshotListener NONE = new SnapshotListener() {};

    /** A snapshot serves from now on. */
    default void loaded(SnapshotManifest manifest) {}

    /** The snapshot that serves has been brought to what this delta leads to. */
    default void advanced(DeltaDescription delta) {}

    /**
     * A record, or a whole snapshot, was refused; what served goes on serving.
     *
     * @param reason one of a closed set, for metrics; see {@link SnapshotSubscriber#outcomes}
     * @param detail what was found and what was expected, for people
     */
    default void refused(String reason, String detail) {}
}

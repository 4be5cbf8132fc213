package freshet.jobs.gate;

import freshet.model.serve.Ranker;
import freshet.serde.snapshot.BadSnapshotException;
import freshet.serde.snapshot.Snapshot;
import java.util.Optional;

/**
 * What came of loading a snapshot as a server does: its rows, its network in ONNX Runtime, its golden rows. A library that is missing
 * or memory that does not suffice is a fault of this machine, not of the snapshot, and is thrown.
 *
 * @param problem why a server could not use it; empty if it could
 * @param goldenDifference the largest difference between a golden row's prediction here and that of the trainer; NaN if it came to none
 */
public record GateTrial(Optional<String> problem, double goldenDifference) {

    /** Loads and lets go. */
    public static GateTrial of(Snapshot snapshot) {
        try (Ranker ranker = new Ranker(snapshot)) {
            return new GateTrial(Optional.empty(), ranker.goldenDifference());
        } catch (BadSnapshotException | RuntimeException e) {
            return new GateTrial(Optional.of(String.valueOf(e.getMessage())), Double.NaN);
        }
    }
}

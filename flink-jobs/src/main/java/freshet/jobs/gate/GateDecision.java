package freshet.jobs.gate;

import freshet.serde.snapshot.Registry;
import freshet.serde.snapshot.RegistryRefusedException;
import freshet.serde.snapshot.SnapshotManifest;
import java.util.List;

/** What becomes of one snapshot. */
public sealed interface GateDecision {
    /** Who decides so, in the registry. */
    String BY = "gate";

    SnapshotManifest snapshot();

    /** Why, for people. */
    String reason();

    /** Servers load it. */
    record Promote(SnapshotManifest snapshot, String reason) implements GateDecision {}

    /** Servers keep what they have. */
    record Quarantine(SnapshotManifest snapshot, GateFault fault, String reason) implements GateDecision {}

    /** It is good, but after a bad one more than one has to be. */
    record Hold(SnapshotManifest snapshot, String reason) implements GateDecision {}

    /** Nothing is to be done: it has been decided before, or is older than what serves. */
    record Pass(SnapshotManifest snapshot, String reason) implements GateDecision {}

    /** The decision as a change of the registry; without records where there is nothing to write. */
    default Registry.Change applyTo(Registry registry) throws RegistryRefusedException {
        Registry.Cause cause = new Registry.Cause(BY, reason());
        if (this instanceof Promote) {
            return registry.promote(snapshot(), cause);
        } else if (this instanceof Quarantine) {
            return registry.quarantine(snapshot(), cause);
        } else if (this instanceof Hold) {
            return registry.known(snapshot(), cause);
        }
        return new Registry.Change(registry, List.of());
    }
}

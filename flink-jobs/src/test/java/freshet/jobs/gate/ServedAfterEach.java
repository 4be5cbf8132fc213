package freshet.jobs.gate;

import freshet.jobs.config.FreshetConfig;
import freshet.serde.snapshot.Registry;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.SnapshotRecords;
import freshet.serde.snapshot.SnapshotVersion;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** What a gate makes of a trainer's snapshots, for tests of the trainer: each is loaded as a server would, and scores its golden rows. */
public final class ServedAfterEach {
    private ServedAfterEach() {}

    /** Which snapshot servers have after each, and what the registry says in the end. */
    public record Outcome(List<SnapshotVersion> serving, Registry registry) {}

    public static Outcome of(FreshetConfig config, List<Snapshot> snapshots) throws IOException {
        FakeRegistry registry = new FakeRegistry();
        GateCore gate = GatePlan.of(config).newCore(registry, new HeapRecords(), decision -> {});
        gate.resume();
        List<SnapshotVersion> serving = new ArrayList<>();
        for (Snapshot snapshot : snapshots) {
            SnapshotRecords.of(snapshot).forEach(gate::accept);
            serving.add(registry.registry().current().orElseThrow());
        }
        return new Outcome(serving, registry.registry());
    }

    /** What the registry says in the end, whether or not anything has been let through. */
    public static Registry registryAfter(FreshetConfig config, List<Snapshot> snapshots) throws IOException {
        FakeRegistry registry = new FakeRegistry();
        GateCore gate = GatePlan.of(config).newCore(registry, new HeapRecords(), decision -> {});
        gate.resume();
        for (Snapshot snapshot : snapshots) {
            SnapshotRecords.of(snapshot).forEach(gate::accept);
        }
        return registry.registry();
    }
}

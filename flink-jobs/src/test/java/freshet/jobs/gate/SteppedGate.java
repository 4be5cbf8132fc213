package freshet.jobs.gate;

import freshet.jobs.config.FreshetConfig;
import freshet.serde.snapshot.Registry;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.SnapshotRecord;
import freshet.serde.snapshot.SnapshotVersion;
import freshet.serde.snapshot.TrustedKeys;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The gate without Flink, for the simulator: {@link GateOperator} with a map for keyed state, and without metrics as served. */
public final class SteppedGate {
    private final GateCore core;
    private final HeapRecords kept = new HeapRecords();

    /** The registry topic, as a gate reads and writes it. */
    public interface Topic {
        Registry registry();

        long end();

        /** Writes all or nothing; false when it ends elsewhere by now. */
        boolean write(List<SnapshotRecord> records, long ifEndsAt);
    }

    /** What a checkpoint holds. */
    public record Saved(Map<SnapshotVersion, List<SnapshotRecord>> kept, byte[] core) {}

    /** @param trials by the content's SHA-256, since loading is most of the work and gives the same each time */
    public SteppedGate(
            FreshetConfig config,
            TrustedKeys trusted,
            Topic topic,
            Map<String, GateTrial> trials,
            @Nullable Saved saved) {
        GateRegistry registry = new GateRegistry() {
            @Override
            public Reading read() {
                return new Reading(topic.registry(), topic.end());
            }

            @Override
            public boolean write(List<SnapshotRecord> records, Reading since) {
                return topic.write(records, since.through());
            }

            @Override
            public void close() {}
        };
        core = new GateCore(config.gate(), trusted, registry, kept, snapshot -> trial(snapshot, trials), any -> {});
        if (saved != null) {
            saved.kept.forEach((version, records) -> kept.records.put(version, new ArrayList<>(records)));
            try {
                core.restore(new DataInputStream(new ByteArrayInputStream(saved.core)));
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }
        core.resume();
    }

    private static GateTrial trial(Snapshot snapshot, Map<String, GateTrial> trials) {
        return trials.computeIfAbsent(snapshot.manifest().sha256(), any -> GateTrial.of(snapshot));
    }

    public void accept(SnapshotRecord record) {
        core.accept(record);
    }

    /** A checkpoint of now. */
    public Saved save() {
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            core.save(new DataOutputStream(bytes));
            Map<SnapshotVersion, List<SnapshotRecord>> copy = new TreeMap<>();
            kept.records.forEach((version, records) -> copy.put(version, List.copyOf(records)));
            return new Saved(copy, bytes.toByteArray());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}

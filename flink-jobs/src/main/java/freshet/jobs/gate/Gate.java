package freshet.jobs.gate;

import freshet.jobs.gate.GateDecision.Hold;
import freshet.jobs.gate.GateDecision.Pass;
import freshet.jobs.gate.GateDecision.Promote;
import freshet.jobs.gate.GateDecision.Quarantine;
import freshet.serde.snapshot.Registry;
import freshet.serde.snapshot.RegistryEntry;
import freshet.serde.snapshot.RegistryEntry.State;
import freshet.serde.snapshot.SnapshotDescription;
import freshet.serde.snapshot.SnapshotManifest;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Decides about snapshots in the order in which they were published. What the registry already says of one stands, whoever wrote it:
 * so a gate that reads the topic again decides nothing a second time and knows where it was, and a person has the last word.
 *
 * <p>Snapshots and the one that serves are compared by the metrics of their manifests, each over the interval that it ends; log loss is
 * taken as normalised entropy, since label rates differ from hour to hour. Tasks with few positives are not judged. Not thread-safe.
 */
public final class Gate {
    private static final double STANDARD_ERRORS = 3;

    private final GateSpec spec;
    private @Nullable SnapshotManifest incumbent;
    /** Good ones that are still owed after a bad one. */
    private int owed;

    public Gate(GateSpec spec) {
        this.spec = spec;
    }

    /**
     * Decides about one snapshot.
     *
     * @param registry as it is now
     * @param snapshot the next one of the topic
     * @param unusable why a server could not load it; empty if it could
     */
    public GateDecision decide(Registry registry, SnapshotManifest snapshot, Optional<String> unusable) {
        Optional<RegistryEntry> before = registry.entry(snapshot.version())
                .filter(entry -> entry.sha256().equals(snapshot.sha256()));
        if (before.isPresent() && before.get().state() != State.KNOWN) {
            return decidedBefore(registry, snapshot, before.get());
        }
        if (registry.current().isPresent()
                && snapshot.version().compareTo(registry.current().get()) <= 0) {
            return new Pass(snapshot, "older than " + registry.current().get() + ", which serves");
        }
        Optional<Quarantine> bad = unusable.isPresent()
                ? Optional.of(new Quarantine(snapshot, GateFault.BAD_MODEL, unusable.get()))
                : fault(snapshot);
        if (bad.isPresent()) {
            owed = spec.goodInRow();
            return bad.get();
        }
        owed = Math.max(0, owed - 1);
        if (owed > 0) {
            return new Hold(snapshot, "good, but " + owed + " more in a row are owed after a bad one");
        }
        SnapshotManifest compared = incumbent;
        incumbent = snapshot;
        return new Promote(snapshot, compared == null ? "the first good one" : "no worse than " + compared.version());
    }

    private GateDecision decidedBefore(Registry registry, SnapshotManifest snapshot, RegistryEntry entry) {
        if (registry.current().filter(snapshot.version()::equals).isPresent()
                || entry.state() == State.PROMOTED && (incumbent == null || isNewer(snapshot, incumbent))) {
            incumbent = snapshot;
        }
        owed = entry.state() == State.QUARANTINED ? spec.goodInRow() : 0;
        return new Pass(snapshot, "is " + entry.state().label() + " by " + entry.by());
    }

    private static boolean isNewer(SnapshotManifest one, SnapshotManifest other) {
        return one.version().compareTo(other.version()) > 0;
    }

    private Optional<Quarantine> fault(SnapshotManifest snapshot) {
        SnapshotDescription found = snapshot.description();
        SnapshotDescription serving = incumbent == null ? null : incumbent.description();
        if (serving != null
                && (!found.featureFingerprint().equals(serving.featureFingerprint())
                        || !found.tasks().equals(serving.tasks()))) {
            return Optional.of(new Quarantine(
                    snapshot,
                    GateFault.OTHER_FEATURES,
                    "reads other features or has other tasks than " + serving.version()
                            + "; promote it by hand when the servers are ready for it"));
        }
        for (Map.Entry<String, SortedMap<String, Double>> task : found.metrics().entrySet()) {
            SortedMap<String, Double> before =
                    serving == null ? new TreeMap<>() : serving.metrics().getOrDefault(task.getKey(), new TreeMap<>());
            Optional<Quarantine> fault = fault(snapshot, task.getKey(), task.getValue(), before);
            if (fault.isPresent()) {
                return fault;
            }
        }
        return Optional.empty();
    }

    private Optional<Quarantine> fault(
            SnapshotManifest snapshot, String task, SortedMap<String, Double> now, SortedMap<String, Double> before) {
        double positives = now.getOrDefault("positives", 0.0);
        if (positives < spec.leastPositives()) {
            return Optional.empty();
        }
        double entropy = now.getOrDefault("ne", Double.NaN);
        double calibration = now.getOrDefault("calibration", Double.NaN);
        // The first is compared with nothing: a young model may still be as bad as knowing nothing.
        if (entropy > 1 && before.getOrDefault("ne", Double.MAX_VALUE) <= 1) {
            return quarantine(snapshot, GateFault.WORSE_THAN_MEAN, task, "normalised entropy", entropy, "1 at most");
        }
        if (calibration < spec.calibrationLow() || calibration > spec.calibrationHigh()) {
            return quarantine(
                    snapshot,
                    GateFault.CALIBRATION,
                    task,
                    "predictions over labels",
                    calibration,
                    spec.calibrationLow() + " to " + spec.calibrationHigh());
        }
        if (before.getOrDefault("positives", 0.0) < spec.leastPositives()) {
            return Optional.empty();
        }
        double entropyBefore = before.getOrDefault("ne", Double.NaN);
        if (entropy > spec.lossRatio() * entropyBefore) {
            return quarantine(
                    snapshot,
                    GateFault.LOG_LOSS,
                    task,
                    "normalised entropy",
                    entropy,
                    "at most " + spec.lossRatio() + " times " + decimals(entropyBefore));
        }
        double auc = now.getOrDefault("auc", Double.NaN);
        double aucBefore = before.getOrDefault("auc", Double.NaN);
        double fewer = Math.min(positives, now.getOrDefault("count", 0.0) - positives);
        double noise = STANDARD_ERRORS * Math.sqrt(auc * (1 - auc) / Math.max(1, fewer));
        if (aucBefore - auc > spec.aucDrop() + noise) {
            return quarantine(
                    snapshot,
                    GateFault.AUC,
                    task,
                    "AUC",
                    auc,
                    "no less than " + decimals(aucBefore) + " - " + spec.aucDrop() + " - " + decimals(noise));
        }
        return Optional.empty();
    }

    private static Optional<Quarantine> quarantine(
            SnapshotManifest snapshot, GateFault fault, String task, String what, double found, String expected) {
        return Optional.of(new Quarantine(
                snapshot, fault, task + ": found " + what + " " + decimals(found) + ", expected " + expected));
    }

    private static String decimals(double value) {
        return String.format(Locale.ROOT, "%.4f", value);
    }
}

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
import freshet.serde.snapshot.SnapshotVersion;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Decides about snapshots in the order in which they were published. What the registry already says of one stands, whoever wrote it,
 * and what is owed after a bad one follows from the registry too: so a gate that reads the topic again decides nothing a second time
 * and knows where it was, and a person has the last word.
 *
 * <p>Snapshots and the one that serves are compared by the metrics of their manifests, each over the interval that it ends; log loss is
 * taken as normalised entropy, since label rates differ from hour to hour. Tasks with few positives are not judged. Of what it has seen
 * it remembers manifests alone: of the newest hundred, and of the one that serves. Not thread-safe.
 */
public final class Gate {
    private static final double STANDARD_ERRORS = 3;

    private static final int REMEMBERED = 100;

    private final GateSpec spec;
    /** By version and content, newest last. */
    private final NavigableMap<String, SnapshotManifest> remembered = new TreeMap<>();

    private SortedMap<String, SortedMap<String, Double>> comparison = new TreeMap<>();

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
        Optional<SnapshotManifest> incumbent = incumbent(registry);
        Optional<GateDecision> settled = settled(registry, snapshot);
        remember(registry, snapshot);
        if (settled.isPresent()) {
            return settled.get();
        }
        comparison = compared(snapshot, incumbent);
        Optional<Quarantine> bad = unusable.isPresent()
                ? Optional.of(new Quarantine(snapshot, GateFault.BAD_MODEL, unusable.get()))
                : fault(snapshot, incumbent.orElse(null));
        if (bad.isPresent()) {
            return bad.get();
        }
        int owed = Math.max(0, owedBefore(registry, snapshot.version()) - 1);
        if (owed > 0) {
            return new Hold(snapshot, "good, but " + owed + " more in a row are owed after a bad one");
        }
        return new Promote(
                snapshot,
                incumbent.map(compared -> "no worse than " + compared.version()).orElse("the first good one"));
    }

    /**
     * Decides about a manifest whose signature is not good. It is quarantined where the registry says nothing of its version yet;
     * what is promoted or held under that version stays what it is, whoever claims otherwise.
     */
    public GateDecision distrust(Registry registry, SnapshotManifest snapshot, String detail) {
        return settled(registry, snapshot)
                .or(() -> registry.entry(snapshot.version()).map(entry -> passed(snapshot, entry)))
                .orElseGet(() -> new Quarantine(snapshot, GateFault.UNTRUSTED, detail));
    }

    /** What is to be said of a snapshot without looking at it; empty where it has to be looked at. */
    Optional<GateDecision> settled(Registry registry, SnapshotManifest snapshot) {
        Optional<RegistryEntry> before = registry.entry(snapshot.version())
                .filter(entry -> entry.sha256().equals(snapshot.sha256()) && entry.state() != State.KNOWN);
        if (before.isPresent()) {
            return Optional.of(passed(snapshot, before.get()));
        }
        if (snapshot.generation() < registry.generation()) {
            return Optional.of(new Pass(
                    snapshot,
                    "by generation " + snapshot.generation() + " of the trainer, which " + registry.generation()
                            + " has replaced"));
        }
        return registry.current()
                .filter(current -> snapshot.version().compareTo(current) <= 0)
                .map(current -> new Pass(snapshot, "older than " + current + ", which serves"));
    }

    private static Pass passed(SnapshotManifest snapshot, RegistryEntry entry) {
        return new Pass(snapshot, "is " + entry.state().label() + " by " + entry.by());
    }

    /** The manifest of the one that serves, if it was seen. */
    private Optional<SnapshotManifest> incumbent(Registry registry) {
        return registry.current()
                .flatMap(registry::entry)
                .map(entry -> remembered.get(key(entry.version(), entry.sha256())));
    }

    private static String key(SnapshotVersion version, String sha256) {
        return version + " " + sha256;
    }

    private void remember(Registry registry, SnapshotManifest snapshot) {
        restore(snapshot);
        if (remembered.size() > REMEMBERED) {
            String oldest = remembered.firstKey();
            boolean serves = incumbent(registry)
                    .filter(manifest -> manifest.equals(remembered.get(oldest)))
                    .isPresent();
            remembered.remove(serves ? remembered.higherKey(oldest) : oldest);
        }
    }

    /** Good ones in a row that are owed before this version: as many as were asked for after the last bad one, less those held since. */
    private int owedBefore(Registry registry, SnapshotVersion version) {
        int owed = 0;
        for (RegistryEntry entry : registry.entries().headMap(version).values()) {
            switch (entry.state()) {
                case QUARANTINED -> owed = spec.goodInRow();
                case KNOWN -> owed = Math.max(0, owed - 1);
                default -> owed = 0;
            }
        }
        return owed;
    }

    /** The manifests that it remembers, oldest first: what it needs besides the registry. */
    Iterable<SnapshotManifest> remembered() {
        return remembered.values();
    }

    /** Gives back one of {@link #remembered}. */
    void restore(SnapshotManifest manifest) {
        remembered.put(key(manifest.version(), manifest.sha256()), manifest);
    }

    /**
     * How the snapshot that was last looked at compares with the one that served then: by task {@code ne_ratio}, {@code auc_drop} and
     * {@code calibration}, each where it has a value.
     */
    SortedMap<String, SortedMap<String, Double>> comparison() {
        return comparison;
    }

    private static SortedMap<String, SortedMap<String, Double>> compared(
            SnapshotManifest snapshot, Optional<SnapshotManifest> incumbent) {
        SortedMap<String, SortedMap<String, Double>> compared = new TreeMap<>();
        snapshot.description().metrics().forEach((task, now) -> {
            SortedMap<String, Double> before = incumbent
                    .map(manifest -> manifest.description().metrics().get(task))
                    .orElseGet(TreeMap::new);
            SortedMap<String, Double> values = new TreeMap<>();
            put(values, "ne_ratio", now.getOrDefault("ne", Double.NaN) / before.getOrDefault("ne", Double.NaN));
            put(values, "auc_drop", before.getOrDefault("auc", Double.NaN) - now.getOrDefault("auc", Double.NaN));
            put(values, "calibration", now.getOrDefault("calibration", Double.NaN));
            compared.put(task, values);
        });
        return compared;
    }

    private static void put(SortedMap<String, Double> values, String name, double value) {
        if (Double.isFinite(value)) {
            values.put(name, value);
        }
    }

    private Optional<Quarantine> fault(SnapshotManifest snapshot, @Nullable SnapshotManifest incumbent) {
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

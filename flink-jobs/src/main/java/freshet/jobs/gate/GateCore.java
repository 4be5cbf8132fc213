package freshet.jobs.gate;

import freshet.jobs.gate.GateDecision.Hold;
import freshet.jobs.gate.GateDecision.Promote;
import freshet.jobs.gate.GateDecision.Quarantine;
import freshet.jobs.state.SavedState;
import freshet.serde.snapshot.BadSnapshotException;
import freshet.serde.snapshot.ManifestSigner;
import freshet.serde.snapshot.Registry;
import freshet.serde.snapshot.RegistryEntry.State;
import freshet.serde.snapshot.RegistryRefusedException;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.SnapshotAssembler;
import freshet.serde.snapshot.SnapshotAssembly;
import freshet.serde.snapshot.SnapshotAssembly.Reason;
import freshet.serde.snapshot.SnapshotManifest;
import freshet.serde.snapshot.SnapshotRecord;
import freshet.serde.snapshot.SnapshotRecords;
import freshet.serde.snapshot.SnapshotVersion;
import freshet.serde.snapshot.TrustedKeys;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * The gate without Flink and Kafka: records of the snapshot topic in, changes of the registry out. It assembles and verifies as a server
 * does, puts each whole snapshot on trial, lets {@link Gate} decide, and writes what follows only if the registry still says what the
 * decision was made on; else it reads again and decides again.
 *
 * <p>Records that are of use lie in {@link KeptRecords}; {@link #save} writes the rest. One thread, but for {@link #status}.
 */
final class GateCore {
    private static final byte VERSION = 1;

    /** So often in a row somebody else may have written to the registry before there is something wrong. */
    private static final int ATTEMPTS = 20;

    private final Gate gate;
    private final GateRegistry registry;
    private final KeptRecords kept;
    private final Function<Snapshot, GateTrial> trials;
    private final Consumer<GateDecision> decisions;
    private final SnapshotAssembler assembler;

    /** Versions that were whole and decided about; what is kept of them is for scoring. */
    private final SortedSet<SnapshotVersion> whole = new TreeSet<>();

    private final Map<GateFault, Long> quarantined = new EnumMap<>(GateFault.class);
    private final Map<Reason, Long> refused = new EnumMap<>(Reason.class);
    /** Decisions since the start of this task. */
    private long settled;

    private long promoted;
    private long held;
    private long passed;
    private long judgedThroughMillis = Long.MIN_VALUE;
    private double goldenDifference = Double.NaN;
    private Registry known = Registry.EMPTY;
    private volatile GateStatus status;

    /**
     * @param trusted whose signatures count
     * @param trials loads a snapshot as a server does
     * @param decisions told of each decision, after it has been written
     */
    GateCore(
            GateSpec spec,
            TrustedKeys trusted,
            GateRegistry registry,
            KeptRecords kept,
            Function<Snapshot, GateTrial> trials,
            Consumer<GateDecision> decisions) {
        this.gate = new Gate(spec);
        this.registry = registry;
        this.kept = kept;
        this.trials = trials;
        this.decisions = decisions;
        assembler = new SnapshotAssembler(SnapshotAssembler.DEFAULT_MAX_PENDING_BYTES, trusted);
        status = newStatus();
    }

    /** Asks the registry what has become of things: a person may have decided something. */
    void refresh() {
        known = registry.read().registry();
        status = newStatus();
    }

    /**
     * Takes one record of the topic and does what it makes due.
     *
     * @return whether that was a decision
     */
    boolean accept(SnapshotRecord record) {
        long before = settled;
        SnapshotAssembly assembly = assembler.accept(record);
        if (assembly instanceof SnapshotAssembly.Rejected rejected) {
            refused(record, rejected);
        } else if (!(assembly instanceof SnapshotAssembly.Repeat)) {
            keep(record);
        }
        if (assembly instanceof SnapshotAssembly.Complete complete) {
            judge(complete.snapshot());
        }
        status = newStatus();
        return settled > before;
    }

    private void keep(SnapshotRecord record) {
        SnapshotRecords.versionOf(record).ifPresent(version -> kept.put(version, record));
    }

    private void refused(SnapshotRecord record, SnapshotAssembly.Rejected rejected) {
        refused.merge(rejected.reason(), 1L, Long::sum);
        switch (rejected.reason()) {
            // The assembler waits for the chunk to be sent again, so the manifest has to outlive a restart.
            case MISSING_CHUNKS, CORRUPT_CHUNKS -> keep(record);
            case UNSIGNED, UNKNOWN_KEY, WRONG_SIGNATURE -> distrust(record, rejected.detail());
            default -> {}
        }
    }

    private void distrust(SnapshotRecord record, String detail) {
        SnapshotManifest manifest;
        try {
            manifest = SnapshotManifest.parse(record.value());
        } catch (BadSnapshotException e) {
            return; // counted as refused; it names no snapshot
        }
        settle(now -> gate.distrust(now, manifest, detail));
    }

    private void judge(Snapshot snapshot) {
        SnapshotManifest manifest = snapshot.manifest();
        Trial trial = new Trial(snapshot);
        settle(now -> gate.settled(now, manifest).isPresent()
                ? gate.decide(now, manifest, Optional.empty())
                : gate.decide(now, manifest, trial.problem()));
        whole.add(manifest.version());
    }

    /** The trial of a snapshot, once and only where it is asked for: what was decided before is not loaded again. */
    private final class Trial {
        private final Snapshot snapshot;
        private Optional<GateTrial> outcome = Optional.empty();

        Trial(Snapshot snapshot) {
            this.snapshot = snapshot;
        }

        Optional<String> problem() {
            if (outcome.isEmpty()) {
                outcome = Optional.of(trials.apply(snapshot));
                goldenDifference = outcome.get().goldenDifference();
            }
            return outcome.get().problem();
        }
    }

    private void settle(Function<Registry, GateDecision> decide) {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            GateRegistry.Reading now = registry.read();
            GateDecision decision = decide.apply(now.registry());
            Registry.Change change = change(decision, now.registry());
            if (change.records().isEmpty() || registry.write(change.records(), now)) {
                known = change.after();
                judgedThroughMillis = Math.max(
                        judgedThroughMillis, decision.snapshot().version().eventTimeMillis());
                settled++;
                count(decision);
                decisions.accept(decision);
                return;
            }
        }
        throw new IllegalStateException("deciding about a snapshot: " + ATTEMPTS
                + " times in a row somebody else wrote to the registry first; what else writes to it?");
    }

    private static Registry.Change change(GateDecision decision, Registry now) {
        try {
            return decision.applyTo(now);
        } catch (RegistryRefusedException e) {
            throw new IllegalStateException("the gate decided what the registry refuses: " + e.getMessage(), e);
        }
    }

    private void count(GateDecision decision) {
        if (decision instanceof Promote) {
            promoted++;
        } else if (decision instanceof Hold) {
            held++;
        } else if (decision instanceof Quarantine bad) {
            quarantined.merge(bad.fault(), 1L, Long::sum);
        } else {
            passed++;
        }
    }

    /** The newest version that was decided about, as its event time; {@link Long#MIN_VALUE} before the first. */
    long judgedThroughMillis() {
        return judgedThroughMillis;
    }

    /** The versions that the registry says are promoted and whose content is kept, oldest first. */
    List<SnapshotVersion> promoted() {
        return whole.stream()
                .filter(version -> known.entry(version)
                        .filter(entry -> entry.state() == State.PROMOTED)
                        .isPresent())
                .toList();
    }

    /** One of {@link #promoted}; empty if what is kept of it is another content than the registry means. */
    Optional<Snapshot> load(SnapshotVersion version) {
        SnapshotAssembler again =
                new SnapshotAssembler(Long.MAX_VALUE, TrustedKeys.unchecked()); // checked when it came
        for (SnapshotRecord record : kept.of(version)) {
            if (again.accept(record) instanceof SnapshotAssembly.Complete complete
                    && known.entry(version)
                            .filter(entry -> entry.sha256()
                                    .equals(complete.snapshot().manifest().sha256()))
                            .isPresent()) {
                return Optional.of(complete.snapshot());
            }
        }
        return Optional.empty();
    }

    /** Lets go of the content of versions that are older than this one. */
    void forgetBefore(SnapshotVersion version) {
        for (SnapshotVersion old : List.copyOf(kept.versions().headSet(version))) {
            kept.remove(old);
            whole.remove(old);
        }
    }

    /** How the gate stands; from any thread. */
    GateStatus status() {
        return status;
    }

    private GateStatus newStatus() {
        return new GateStatus(
                promoted,
                held,
                passed,
                quarantined,
                refused,
                known.current().map(SnapshotVersion::eventTimeMillis).orElse(Long.MIN_VALUE),
                judgedThroughMillis,
                goldenDifference,
                gate.comparison());
    }

    /** Writes everything but the kept records. */
    void save(DataOutput out) throws IOException {
        out.writeByte(VERSION);
        List<SnapshotManifest> remembered = new ArrayList<>();
        gate.remembered().forEach(remembered::add);
        out.writeInt(remembered.size());
        for (SnapshotManifest manifest : remembered) {
            SavedState.writeText(out, manifest.toJson(ManifestSigner.unsigned()));
        }
        out.writeInt(whole.size());
        for (SnapshotVersion version : whole) {
            out.writeLong(version.eventTimeMillis());
        }
        out.writeLong(promoted);
        out.writeLong(held);
        out.writeLong(passed);
        writeCounts(out, quarantined);
        writeCounts(out, refused);
        out.writeLong(judgedThroughMillis);
        out.writeDouble(goldenDifference);
        out.writeLong(assembler.newestGeneration());
    }

    /** Takes over what {@link #save} wrote; the records are kept as they were then. Decides about what it finds undecided. */
    void restore(DataInput in) throws IOException {
        SavedState.expectVersion("gate", VERSION, in);
        for (int left = in.readInt(); left > 0; left--) {
            try {
                gate.restore(SnapshotManifest.parse(SavedState.readText(in)));
            } catch (BadSnapshotException e) {
                throw new IOException("restoring the gate: " + e.getMessage() + "; restore an earlier checkpoint", e);
            }
        }
        for (int left = in.readInt(); left > 0; left--) {
            whole.add(new SnapshotVersion(in.readLong()));
        }
        promoted = in.readLong();
        held = in.readLong();
        passed = in.readLong();
        readCounts(in, GateFault.class, quarantined);
        readCounts(in, Reason.class, refused);
        judgedThroughMillis = in.readLong();
        goldenDifference = in.readDouble();
        assembler.noteGeneration(in.readLong());
    }

    /** Gives the assembler back what had come of snapshots that were not whole; after {@link #restore}. */
    void resume() {
        refresh();
        for (SnapshotVersion version : List.copyOf(kept.versions())) {
            if (!whole.contains(version)) {
                kept.of(version).forEach(assembler::accept);
            }
        }
    }

    private static <E extends Enum<E>> void writeCounts(DataOutput out, Map<E, Long> counts) throws IOException {
        out.writeInt(counts.size());
        for (Map.Entry<E, Long> count : counts.entrySet()) {
            SavedState.writeText(out, count.getKey().name());
            out.writeLong(count.getValue());
        }
    }

    private static <E extends Enum<E>> void readCounts(DataInput in, Class<E> type, Map<E, Long> counts)
            throws IOException {
        for (int left = in.readInt(); left > 0; left--) {
            counts.put(Enum.valueOf(type, SavedState.readText(in)), in.readLong());
        }
    }
}

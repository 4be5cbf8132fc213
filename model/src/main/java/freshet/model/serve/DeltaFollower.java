package freshet.model.serve;

import freshet.model.serve.SubscriberOptions.Deltas;
import freshet.serde.snapshot.Delta;
import freshet.serde.snapshot.DeltaAssembler;
import freshet.serde.snapshot.DeltaAssembly;
import freshet.serde.snapshot.DeltaId;
import freshet.serde.snapshot.SnapshotManifest;
import freshet.serde.snapshot.SnapshotRecord;
import freshet.serde.snapshot.SnapshotVersion;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The deltas behind the snapshot that serves. Those behind the next one wait until it serves: with a gate in between, nobody
 * knows yet whether it will. One thread, the subscriber's.
 */
final class DeltaFollower {
    /** The outcome of a delta that now serves. */
    static final String APPLIED = "delta_applied";

    /** The outcome of a delta behind a snapshot that does not serve, or not yet. */
    static final String WAITING = "delta_waiting";

    /** The outcome of a delta before which another one is missing: the model stays until that comes, or the next snapshot. */
    static final String GAP = "delta_gap";

    /** What comes before the reasons of {@code SnapshotAssembly.Reason}, where it is a delta that was refused. */
    static final String REFUSED_PREFIX = "delta_";

    private final SubscriberOptions options;
    private final Outcomes outcomes;
    private DeltaAssembler assembler;

    /** The snapshot whose deltas are applied; absent where none are. */
    private @Nullable SnapshotVersion base;

    /** The newest snapshot that was followed: what is behind it has not been read past. */
    private @Nullable SnapshotVersion newest;

    /** Place of the last delta behind the base that was applied; 0 before the first. */
    private int applied;

    /** A delta behind the base that came too early: a gap, unless what comes before it was read in the same go. */
    private @Nullable DeltaId waiting;

    DeltaFollower(SubscriberOptions options, Outcomes outcomes) {
        this.options = options;
        this.outcomes = outcomes;
        this.assembler = newAssembler();
    }

    private DeltaAssembler newAssembler() {
        return new DeltaAssembler(options.maxPendingBytes(), options.trusted());
    }

    /**
     * A snapshot serves from now on.
     *
     * @return whether the deltas have to be read again from the first: going forward, those behind it have been read or will be
     */
    boolean follow(SnapshotManifest snapshot) {
        if (options.deltas() == Deltas.IGNORED) {
            return false;
        }
        boolean forward = newest != null && newest.compareTo(snapshot.version()) < 0;
        if (!forward) {
            assembler = newAssembler();
        }
        assembler.follow(snapshot);
        base = snapshot.version();
        newest = base;
        applied = 0;
        waiting = null;
        return !forward;
    }

    /** Applies no more deltas until the next snapshot serves. */
    void abandon() {
        base = null;
    }

    void take(SnapshotRecord record) {
        DeltaAssembly assembly = assembler.accept(record);
        if (assembly instanceof DeltaAssembly.Rejected rejected) {
            outcomes.refused(REFUSED_PREFIX + rejected.reason().label(), rejected.detail());
        } else if (assembly instanceof DeltaAssembly.Gap gap) {
            if (gap.delta().id().base().equals(base)) {
                waiting = gap.delta().id();
            } else {
                outcomes.count(WAITING);
            }
        }
    }

    /** Applies what is there to apply, all of it in one exchange. */
    void advance(ServingModel serving, SnapshotListener listener) {
        List<Delta> ready = takeReady();
        tellOfGap();
        if (ready.isEmpty()) {
            return;
        }
        if (!serving.advance(ready)) {
            abandon();
            return;
        }
        for (Delta delta : ready) {
            outcomes.count(APPLIED);
            listener.advanced(delta.manifest().description());
        }
    }

    private List<Delta> takeReady() {
        List<Delta> ready = new ArrayList<>();
        for (Optional<Delta> next = next(); next.isPresent(); next = next()) {
            ready.add(next.get());
            assembler.markApplied(next.get().manifest());
            applied = next.get().id().sequence();
        }
        return ready;
    }

    private void tellOfGap() {
        if (waiting != null && waiting.sequence() > applied) {
            outcomes.refused(
                    GAP,
                    "delta " + waiting + ": " + new DeltaId(waiting.base(), applied + 1)
                            + " is missing before it; the model stays as it is until that comes or a newer snapshot does");
        }
        waiting = null;
    }

    private Optional<Delta> next() {
        return assembler.next().filter(delta -> delta.id().base().equals(base));
    }
}

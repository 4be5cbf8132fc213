package freshet.model.serve;

import freshet.model.snapshot.NetworkCheck;
import freshet.model.snapshot.SnapshotModel;
import freshet.serde.snapshot.BadSnapshotException;
import freshet.serde.snapshot.Delta;
import freshet.serde.snapshot.RegistryEntry;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.SnapshotManifest;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What serves, and how it is exchanged: a snapshot is looked through, loaded and made to score its golden rows before it takes
 * the place of the one before; whatever is wrong with it, that one serves on. The snapshot that serves is remembered without
 * the deltas that have been applied since, and so is the one before it, so that going back needs no broker. One thread, the
 * subscriber's.
 */
final class ServingModel {
    private final LiveRanker live;
    private final Optional<String> featureFingerprint;
    private final Outcomes outcomes;

    /** As the snapshot has it. */
    private @Nullable SnapshotModel pure;

    /** With deltas; the same while there are none. */
    private @Nullable SnapshotModel served;

    private @Nullable SnapshotModel previous;

    ServingModel(LiveRanker live, Optional<String> featureFingerprint, Outcomes outcomes) {
        this.live = live;
        this.featureFingerprint = featureFingerprint;
        this.outcomes = outcomes;
    }

    /** The snapshot that serves, if this has loaded one. */
    Optional<SnapshotManifest> manifest() {
        return Optional.ofNullable(pure).map(SnapshotModel::manifest);
    }

    /** Whether what serves came of this snapshot. */
    boolean serves(RegistryEntry named) {
        return isOf(pure, named);
    }

    private static boolean isOf(@Nullable SnapshotModel model, RegistryEntry named) {
        return model != null
                && model.manifest().version().equals(named.version())
                && model.manifest().sha256().equals(named.sha256());
    }

    /** Puts a whole snapshot to use; false, and said, when it is not fit for it. */
    boolean load(Snapshot snapshot) {
        String features = snapshot.manifest().description().featureFingerprint();
        if (featureFingerprint.isPresent() && !featureFingerprint.get().equals(features)) {
            outcomes.refused(
                    SnapshotSubscriber.OTHER_FEATURES,
                    "snapshot " + snapshot.version() + ": it is for features with the fingerprint " + features
                            + ", this server extracts those of " + featureFingerprint.get()
                            + "; give the server the configuration that the trainer has");
            return false;
        }
        SnapshotModel model;
        try {
            model = SnapshotModel.of(snapshot);
            Optional<NetworkCheck.Refusal> refusal = NetworkCheck.refusal(model.network());
            if (refusal.isPresent()) {
                outcomes.refused(
                        refusal.get().fault().label(),
                        "snapshot " + snapshot.version() + ", " + refusal.get().detail());
                return false;
            }
        } catch (BadSnapshotException | RuntimeException | OutOfMemoryError e) {
            return bad(e);
        }
        if (!swap(model)) {
            return false;
        }
        previous = pure;
        pure = model;
        return true;
    }

    /** Puts the snapshot that served before to use again, if it is this one. */
    boolean goBackTo(RegistryEntry named) {
        SnapshotModel target = previous;
        if (target == null || !isOf(target, named) || !swap(target)) {
            return false;
        }
        previous = pure;
        pure = target;
        return true;
    }

    /** Serves the snapshot as it is again. */
    void dropDeltas() {
        if (pure != null && served != pure) {
            swap(pure);
        }
    }

    /** Brings what serves to where deltas lead; false, and said, when that is no good model. */
    boolean advance(List<Delta> deltas) {
        SnapshotModel from = served;
        if (from == null) {
            return false;
        }
        try {
            return swap(from.after(deltas));
        } catch (BadSnapshotException | RuntimeException | OutOfMemoryError e) {
            return bad(e);
        }
    }

    private boolean swap(SnapshotModel model) {
        try {
            live.swap(new Ranker(model));
            served = model;
            return true;
        } catch (BadSnapshotException | RuntimeException | OutOfMemoryError | LinkageError e) {
            return bad(e);
        }
    }

    /** Whatever a foreign file makes of our code, the thread lives and the old model serves. */
    private boolean bad(Throwable e) {
        outcomes.refused(
                SnapshotSubscriber.BAD_MODEL, e instanceof BadSnapshotException bad ? bad.getMessage() : e.toString());
        return false;
    }
}

package freshet.jobs.train;

import freshet.jobs.train.TrainRecord.Published;
import freshet.jobs.train.TrainRecord.Topic;
import freshet.model.snapshot.ModelCopy;
import freshet.serde.snapshot.BadSnapshotException;
import freshet.serde.snapshot.Delta;
import freshet.serde.snapshot.DeltaAssembler;
import freshet.serde.snapshot.DeltaAssembly;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.SnapshotAssembler;
import freshet.serde.snapshot.SnapshotAssembly;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The plainest reader of snapshots and deltas: loads each whole snapshot, applies each delta that follows, keeps what it has otherwise. */
final class FollowedTopics {
    private final SnapshotAssembler snapshots = new SnapshotAssembler();
    private final DeltaAssembler deltas = new DeltaAssembler();
    private @Nullable ModelCopy model;

    /** Of the snapshots that were loaded, as event time. */
    final List<Long> loaded = new ArrayList<>();

    /** Of the deltas that were applied, the event time as of which the model then was. */
    final List<Long> applied = new ArrayList<>();

    /** Records of deltas before which one is missing. */
    int gaps;

    void read(List<Published> records) throws BadSnapshotException {
        for (Published published : records) {
            if (published.topic() == Topic.DELTAS) {
                if (deltas.accept(published.record()) instanceof DeltaAssembly.Gap) {
                    gaps++;
                }
                applyWhatFollows();
            } else if (snapshots.accept(published.record()) instanceof SnapshotAssembly.Complete whole) {
                load(whole.snapshot());
            }
        }
    }

    private void load(Snapshot snapshot) throws BadSnapshotException {
        model = ModelCopy.of(snapshot);
        snapshots.markLoaded(snapshot.manifest());
        deltas.follow(snapshot.manifest());
        loaded.add(snapshot.version().eventTimeMillis());
    }

    private void applyWhatFollows() throws BadSnapshotException {
        for (Optional<Delta> next = deltas.next(); next.isPresent() && model != null; next = deltas.next()) {
            model.apply(next.get().files());
            deltas.markApplied(next.get().manifest());
            applied.add(next.get().manifest().description().asOfMillis());
        }
    }

    /** What it has now. */
    ModelCopy model() {
        if (model == null) {
            throw new AssertionError("nothing has been loaded");
        }
        return model;
    }
}

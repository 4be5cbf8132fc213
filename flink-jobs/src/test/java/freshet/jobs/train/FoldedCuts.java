package freshet.jobs.train;

import freshet.jobs.config.FreshetConfig;
import freshet.model.snapshot.DeltaFiles;
import freshet.model.snapshot.ModelCopy;
import freshet.model.snapshot.SnapshotMoment;
import freshet.model.snapshot.SnapshotWriter;
import freshet.serde.snapshot.BadSnapshotException;
import freshet.serde.snapshot.ManifestSigner;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.SnapshotVersion;
import java.util.ArrayList;
import java.util.List;

/** A trainer's cuts, folded and written in the plainest way: the snapshots that a publisher must make of them. */
final class FoldedCuts {
    private FoldedCuts() {}

    static List<Snapshot> snapshots(FreshetConfig config, List<TrainRecord> records) {
        ModelCopy model = new ModelCopy(config.model());
        SnapshotWriter writer = new SnapshotWriter(config.name(), config.featuresJson());
        List<Snapshot> snapshots = new ArrayList<>();
        for (TrainRecord record : records) {
            if (record instanceof TrainRecord.Changed changed) {
                ModelCut cut = changed.cut();
                try {
                    model.apply(DeltaFiles.of(model.spec(), cut.changes()));
                } catch (BadSnapshotException e) {
                    throw new AssertionError(e);
                }
                if (cut.hour() != null) {
                    SnapshotMoment moment = new SnapshotMoment(
                            0,
                            new SnapshotVersion(cut.asOfMillis()),
                            cut.hour().parent(),
                            cut.lineage(),
                            cut.examples(),
                            cut.hour().metrics(),
                            cut.hour().golden());
                    snapshots.add(writer.write(model, moment, ManifestSigner.unsigned()));
                }
            }
        }
        return snapshots;
    }
}

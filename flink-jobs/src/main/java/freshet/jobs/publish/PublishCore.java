package freshet.jobs.publish;

import freshet.jobs.train.ModelCut;
import freshet.jobs.train.TrainRecord.Published;
import freshet.jobs.train.TrainRecord.Topic;
import freshet.model.snapshot.DeltaFiles;
import freshet.model.snapshot.ModelCopy;
import freshet.model.snapshot.SnapshotMoment;
import freshet.model.snapshot.SnapshotWriter;
import freshet.model.spec.ModelSpec;
import freshet.serde.snapshot.BadSnapshotException;
import freshet.serde.snapshot.Delta;
import freshet.serde.snapshot.DeltaDescription;
import freshet.serde.snapshot.DeltaId;
import freshet.serde.snapshot.ManifestSigner;
import freshet.serde.snapshot.SnapshotFile;
import freshet.serde.snapshot.SnapshotManifest;
import freshet.serde.snapshot.SnapshotRecord;
import freshet.serde.snapshot.SnapshotStream;
import freshet.serde.snapshot.SnapshotVersion;
import java.util.List;
import java.util.function.Consumer;

/**
 * Makes of the trainer's cuts what servers read: each cut is folded into a copy of the weights, goes out as a delta, and at the
 * end of an hour the whole copy goes out as a snapshot, file by file, so that no more than one file is held beside the copy. The
 * trainer is not asked again, and goes on meanwhile.
 *
 * <p>The records are a function of the cuts, the generation and the key, so sending them again after a failure does no harm.
 * Not thread-safe.
 */
final class PublishCore {
    private final SnapshotWriter writer;
    private final ManifestSigner signer;
    private final ModelCopy model;
    private final Deltas deltas;
    private long snapshots;
    private long deltasSent;
    private long newestBytes;

    /** Whether deltas go out. */
    enum Deltas {
        SENT,
        NOT_SENT
    }

    PublishCore(ModelSpec spec, SnapshotWriter writer, ManifestSigner signer, Deltas deltas) {
        this.writer = writer;
        this.signer = signer;
        this.deltas = deltas;
        model = new ModelCopy(spec);
        model.trackTouched();
    }

    /** The weights as of the last cut; restored before the first. */
    ModelCopy model() {
        return model;
    }

    /**
     * Takes a cut.
     *
     * @param generation of this trainer
     * @param out receives the records in the order of sending
     */
    void accept(ModelCut cut, long generation, Consumer<Published> out) {
        List<SnapshotFile> files = DeltaFiles.of(model.spec(), cut.changes());
        try {
            model.apply(files);
        } catch (BadSnapshotException e) {
            throw new IllegalStateException(
                    "publishing the model as of " + cut.asOfMillis() + " ms: the trainer's own changes are wrong: "
                            + e.getMessage(),
                    e);
        }
        if (deltas == Deltas.SENT && cut.base() != null) {
            delta(cut, cut.base(), files, generation)
                    .records()
                    .forEach(record -> out.accept(new Published(Topic.DELTAS, record)));
            deltasSent++;
        }
        if (cut.hour() != null) {
            snapshot(cut, cut.hour(), generation, record -> out.accept(new Published(Topic.SNAPSHOTS, record)));
        }
    }

    private Delta delta(ModelCut cut, SnapshotVersion base, List<SnapshotFile> files, long generation) {
        DeltaDescription description = new DeltaDescription(
                writer.name(),
                generation,
                new DeltaId(base, cut.sequence()),
                cut.asOfMillis(),
                writer.modelFingerprint(model.spec()),
                cut.lineageBefore(),
                cut.lineage(),
                cut.examples());
        return Delta.of(description, files, signer);
    }

    private void snapshot(ModelCut cut, ModelCut.Hour hour, long generation, Consumer<SnapshotRecord> out) {
        SnapshotVersion version = new SnapshotVersion(cut.asOfMillis());
        SnapshotMoment moment = new SnapshotMoment(
                generation, version, hour.parent(), cut.lineage(), cut.examples(), hour.metrics(), hour.golden());
        SnapshotStream stream = new SnapshotStream(version, out);
        writer.writeFiles(model, moment, stream::file);
        SnapshotManifest manifest = stream.finish(writer.describe(model, moment), signer);
        snapshots++;
        newestBytes = manifest.bytes();
    }

    /** Snapshots that went out since this was made. */
    long snapshots() {
        return snapshots;
    }

    /** Deltas that went out since this was made. */
    long deltasSent() {
        return deltasSent;
    }

    /** Length of the newest snapshot; 0 before the first. */
    long newestBytes() {
        return newestBytes;
    }
}

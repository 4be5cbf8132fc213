package freshet.model.serve;

import freshet.model.ModelFixtures;
import freshet.model.batch.HashedFeatures;
import freshet.model.learn.Learner;
import freshet.model.snapshot.DeltaFiles;
import freshet.model.snapshot.ModelChanges;
import freshet.model.snapshot.ModelCopy;
import freshet.model.snapshot.SnapshotFixtures;
import freshet.model.snapshot.SnapshotMoment;
import freshet.model.snapshot.SnapshotWriter;
import freshet.model.spec.ModelSpec;
import freshet.serde.example.FeatureValues;
import freshet.serde.example.LabeledExample;
import freshet.serde.snapshot.Delta;
import freshet.serde.snapshot.DeltaDescription;
import freshet.serde.snapshot.DeltaId;
import freshet.serde.snapshot.KeyFiles;
import freshet.serde.snapshot.Lineage;
import freshet.serde.snapshot.ManifestSigner;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.SnapshotRecord;
import freshet.serde.snapshot.SnapshotRecords;
import freshet.serde.snapshot.SnapshotVersion;
import freshet.serde.snapshot.TrustedKeys;
import java.security.KeyPair;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What a trainer has published: a snapshot at each hour and a delta at each quarter behind it, each with what it predicts. */
final class SmallTrainer {
    static final int QUARTERS = 4;
    static final int CANDIDATES = 10;

    private static final KeyPair KEYS = KeyFiles.newPair();
    static final ManifestSigner SIGNER = ManifestSigner.of("test", KEYS.getPrivate());
    static final TrustedKeys TRUSTED = TrustedKeys.of(Map.of("test", KEYS.getPublic()));

    private static final long QUARTER_MILLIS = 900_000;
    private static final SnapshotWriter WRITER = new SnapshotWriter("test", SnapshotFixtures.FEATURES);

    private final List<Snapshot> snapshots = new ArrayList<>();
    private final List<List<Delta>> deltas = new ArrayList<>();
    /** By hour and quarter. */
    private final List<List<float[]>> predictions = new ArrayList<>();

    /** A trainer that has run for so many hours as the given generation. */
    SmallTrainer(int hours, long generation, ManifestSigner signer) {
        this(ModelFixtures.spec(ModelFixtures.FULL), hours, generation, signer);
    }

    SmallTrainer(ModelSpec spec, int hours, long generation, ManifestSigner signer) {
        Learner learner = SnapshotFixtures.learner(spec, generation, 2);
        learner.trackChanges();
        String lineage = Lineage.after(Lineage.START, new byte[] {(byte) generation});
        for (int hour = 0; hour < hours; hour++) {
            SnapshotMoment moment = new SnapshotMoment(
                    generation,
                    version(hour),
                    hour == 0 ? null : version(hour - 1),
                    lineage,
                    100L * hour,
                    new TreeMap<>(),
                    candidates().stream().map(HashedFeatures::of).limit(3).toList());
            snapshots.add(WRITER.write(ModelCopy.of(learner), moment, signer));
            List<float[]> predicted = new ArrayList<>(List.of(predict(learner)));
            List<Delta> behind = new ArrayList<>();
            for (int quarter = 1; quarter <= QUARTERS; quarter++) {
                List<LabeledExample> examples = ModelFixtures.examples(1000L * hour + quarter, 8);
                learner.step(
                        examples, new float[examples.size() * learner.spec().taskCount()]);
                String before = lineage;
                lineage = Lineage.after(lineage, new byte[] {(byte) quarter});
                DeltaDescription description = new DeltaDescription(
                        "test",
                        generation,
                        new DeltaId(version(hour), quarter),
                        asOfMillis(hour, quarter),
                        WRITER.modelFingerprint(learner.spec()),
                        before,
                        lineage,
                        100L * hour + quarter);
                behind.add(Delta.of(description, DeltaFiles.of(learner.spec(), ModelChanges.take(learner)), signer));
                predicted.add(predict(learner));
            }
            deltas.add(behind);
            predictions.add(predicted);
        }
    }

    private static float[] predict(Learner learner) {
        List<LabeledExample> examples = ModelFixtures.examples(5, CANDIDATES);
        float[] predicted = new float[CANDIDATES * learner.spec().taskCount()];
        learner.score(examples, predicted);
        return predicted;
    }

    static List<FeatureValues> candidates() {
        return SnapshotFixtures.features(5, CANDIDATES);
    }

    static SnapshotVersion version(int hour) {
        return SnapshotFixtures.version(hour);
    }

    static long asOfMillis(int hour, int quarter) {
        return version(hour).eventTimeMillis() + quarter * QUARTER_MILLIS;
    }

    Snapshot snapshot(int hour) {
        return snapshots.get(hour);
    }

    /** The delta to a quarter of an hour, from 1. */
    Delta delta(int hour, int quarter) {
        return deltas.get(hour).get(quarter - 1);
    }

    List<SnapshotRecord> snapshotRecords(int hour) {
        return SnapshotRecords.of(snapshot(hour));
    }

    List<SnapshotRecord> deltaRecords(int hour, int quarter) {
        return delta(hour, quarter).records();
    }

    /** What the model said of the {@link #candidates} then. */
    float[] predictions(int hour, int quarter) {
        return predictions.get(hour).get(quarter);
    }
}

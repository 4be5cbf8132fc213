package freshet.model.snapshot;

import freshet.model.batch.HashedFeatures;
import freshet.model.learn.Scorer;
import freshet.model.spec.ModelSpec;
import freshet.serde.example.FeatureValues;
import freshet.serde.snapshot.BadSnapshotException;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.SnapshotManifest;
import java.util.List;

/**
 * Scores with a snapshot in plain Java, to the bit as the learner did when it was written. For as-served metrics and
 * checks; servers use the {@code Ranker}, which is faster and equal to 1e-5. One thread.
 */
public final class SnapshotScorer {
    private final SnapshotModel model;
    private final Scorer scorer;

    public SnapshotScorer(Snapshot snapshot) throws BadSnapshotException {
        this(SnapshotModel.of(snapshot));
    }

    public SnapshotScorer(SnapshotModel model) {
        this.model = model;
        this.scorer = model.newScorer();
    }

    public SnapshotManifest manifest() {
        return model.manifest();
    }

    public ModelSpec spec() {
        return model.spec();
    }

    /**
     * Scores one candidate.
     *
     * @param predictions receives {@code [tasks]}: a probability for a logistic task, the value for a squared one
     */
    public void score(FeatureValues features, float[] predictions) {
        scorer.score(List.of(features), predictions);
    }

    /**
     * Scores several candidates; each gets what it would get alone.
     *
     * @param predictions receives {@code [candidates][tasks]}, row by row
     */
    public void score(List<FeatureValues> candidates, float[] predictions) {
        scorer.score(candidates, predictions);
    }

    /** As {@link #score(List, float[])}, of features whose ids are hashed already. */
    public void scoreHashed(List<HashedFeatures> candidates, float[] predictions) {
        scorer.scoreHashed(candidates, predictions);
    }
}

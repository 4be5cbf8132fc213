package freshet.model.snapshot;

import freshet.model.batch.HashedFeatures;
import freshet.serde.snapshot.SnapshotVersion;
import java.util.List;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * What a snapshot says about itself that the learner does not know.
 *
 * @param generation of the trainer that writes it; see {@link freshet.serde.snapshot.SnapshotDescription}
 * @param version as of when
 * @param parent the snapshot that was written before, if any
 * @param lineage SHA-256 (hex) over everything learnt
 * @param examples labelled examples learnt in the model's life
 * @param metrics task to metric to value since the parent; only what is finite
 * @param golden features of real impressions to score into golden rows behind the made-up ones, a function of the events like
 *     everything else
 */
public record SnapshotMoment(
        long generation,
        SnapshotVersion version,
        @Nullable SnapshotVersion parent,
        String lineage,
        long examples,
        SortedMap<String, SortedMap<String, Double>> metrics,
        List<HashedFeatures> golden) {

    public SnapshotMoment {
        golden = List.copyOf(golden);
    }
}

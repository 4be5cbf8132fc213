package freshet.model.snapshot;

import freshet.serde.example.FeatureValues;
import freshet.serde.snapshot.SnapshotVersion;
import java.util.List;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * What a snapshot says about itself that the learner does not know.
 *
 * @param version as of when
 * @param parent the snapshot that was written before, if any
 * @param examples labelled examples learnt in the model's life
 * @param metrics task to metric to value since the parent; only what is finite
 * @param golden features to score into the golden rows, a function of the events like everything else; they are published with
 *     their ids as they are. If there are none, rows are made up ({@link GoldenRows#madeUp}).
 */
public record SnapshotMoment(
        SnapshotVersion version,
        @Nullable SnapshotVersion parent,
        long examples,
        SortedMap<String, SortedMap<String, Double>> metrics,
        List<FeatureValues> golden) {

    public SnapshotMoment {
        golden = List.copyOf(golden);
    }
}

package freshet.jobs.train;

import freshet.model.batch.HashedFeatures;
import freshet.model.snapshot.ModelChanges;
import freshet.serde.snapshot.SnapshotVersion;
import java.util.List;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * What has changed in the model since the cut before: all that a publisher needs to make deltas and snapshots without the
 * trainer. Immutable as long as nobody writes to the arrays.
 *
 * @param asOfMillis everything decided before this event time, and nothing else, has been learnt
 * @param base the newest snapshot before this cut, which deltas lead on from; absent before the first, and from a rollback until
 *     the next
 * @param sequence place of this cut behind the base, from 1
 * @param lineageBefore lineage of the model at the cut before
 * @param lineage lineage of the model at this cut
 * @param examples labelled examples learnt in the model's life
 * @param changes rows, and all dense parameters
 * @param hour what a snapshot says besides; absent where none is due
 */
public record ModelCut(
        long asOfMillis,
        @Nullable SnapshotVersion base,
        int sequence,
        String lineageBefore,
        String lineage,
        long examples,
        ModelChanges changes,
        @Nullable Hour hour) {

    /**
     * The end of a snapshot interval.
     *
     * @param parent the snapshot before this one in the model's life; absent for the first
     * @param metrics progressive metrics since the last snapshot, by task and name
     * @param golden examples for the golden rows, ids hashed
     */
    public record Hour(
            @Nullable SnapshotVersion parent,
            SortedMap<String, SortedMap<String, Double>> metrics,
            List<HashedFeatures> golden) {

        public Hour {
            golden = List.copyOf(golden);
        }
    }
}

package freshet.model.snapshot;

import freshet.model.learn.Learner;
import freshet.model.table.ChangedRows;
import java.util.ArrayList;
import java.util.List;

/**
 * What has changed in a learner, as it was copied while the learner waited: nothing is sorted, checked or put into files yet
 * ({@link DeltaFiles} does that). Immutable as long as nobody writes to the arrays.
 *
 * @param dense {@code dense.safetensors}
 * @param tables by table index of the spec
 */
public record ModelChanges(byte[] dense, List<ChangedRows> tables) {

    public ModelChanges {
        tables = List.copyOf(tables);
    }

    /**
     * What has changed since the last call, or since {@link Learner#trackChanges}. Takes the time of copying what changed.
     */
    public static ModelChanges take(Learner learner) {
        List<ChangedRows> tables = new ArrayList<>();
        for (int table = 0; table < learner.tableCount(); table++) {
            tables.add(learner.takeChanges(table));
        }
        return new ModelChanges(DenseFile.bytes(learner.denseTensors()), tables);
    }
}

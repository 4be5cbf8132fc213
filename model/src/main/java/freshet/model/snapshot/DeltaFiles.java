package freshet.model.snapshot;

import freshet.model.spec.ModelSpec;
import freshet.model.spec.TableSpec;
import freshet.model.table.RowChanges;
import freshet.serde.snapshot.SnapshotFile;
import java.util.ArrayList;
import java.util.List;

/**
 * The files of a delta: {@code dense.safetensors} as in a snapshot, and the rows that changed, with the ids of those that are
 * gone ({@link RowFiles}). A delta of a learner that starts from nothing is all there is of it, so the files of a snapshot
 * are a delta too.
 */
public final class DeltaFiles {
    private DeltaFiles() {}

    /** The files of what was taken from a learner. */
    public static List<SnapshotFile> of(ModelSpec spec, ModelChanges changes) {
        List<SnapshotFile> files = new ArrayList<>();
        files.add(new SnapshotFile(DenseFile.NAME, changes.dense()));
        RowFiles.Writer rows = new RowFiles.Writer(files::add);
        for (int table = 0; table < changes.tables().size(); table++) {
            TableSpec of = spec.tables().get(table);
            changes.tables().get(table).forEach(of.width(), new RowChanges() {
                @Override
                public void touched(long id, float[] weights) {
                    if (of.needsNoRow(weights)) {
                        rows.removed(of, id);
                    } else {
                        rows.row(of, id, weights);
                    }
                }

                @Override
                public void removed(long id) {
                    rows.removed(of, id);
                }
            });
            rows.endTable(of);
        }
        rows.end();
        return files;
    }
}

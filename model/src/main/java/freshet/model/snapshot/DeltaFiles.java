package freshet.model.snapshot;

import freshet.model.learn.Learner;
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

    /**
     * What has changed in a learner since the last call, or since {@link Learner#trackChanges}. Takes the time of copying what
     * changed.
     */
    public static List<SnapshotFile> drain(Learner learner) {
        List<SnapshotFile> files = new ArrayList<>();
        files.add(new SnapshotFile(DenseFile.NAME, DenseFile.bytes(learner.denseTensors())));
        RowFiles.Writer rows = new RowFiles.Writer(files::add);
        for (int table = 0; table < learner.tableCount(); table++) {
            TableSpec spec = learner.spec().tables().get(table);
            learner.drainChanges(table, new RowChanges() {
                @Override
                public void touched(long id, float[] weights) {
                    rows.row(spec, id, weights);
                }

                @Override
                public void removed(long id) {
                    rows.removed(spec, id);
                }
            });
            rows.endTable(spec);
        }
        rows.end();
        return files;
    }
}

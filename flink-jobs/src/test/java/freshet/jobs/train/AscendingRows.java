package freshet.jobs.train;

import freshet.model.snapshot.ModelChanges;
import freshet.model.table.ChangedRows;
import freshet.model.table.RowChanges;
import it.unimi.dsi.fastutil.floats.FloatArrayList;
import it.unimi.dsi.fastutil.longs.LongArrayList;
import java.util.List;

/** The rows of a cut come in any order: to compare cuts, they are brought into that of their ids. */
final class AscendingRows {
    private AscendingRows() {}

    static TrainRecord of(TrainRecord record) {
        return record instanceof TrainRecord.Changed changed ? ascending(changed.cut()) : record;
    }

    private static TrainRecord ascending(ModelCut cut) {
        List<ChangedRows> tables =
                cut.changes().tables().stream().map(AscendingRows::ascending).toList();
        return new TrainRecord.Changed(new ModelCut(
                cut.asOfMillis(),
                cut.base(),
                cut.sequence(),
                cut.lineageBefore(),
                cut.lineage(),
                cut.examples(),
                new ModelChanges(cut.changes().dense(), tables),
                cut.hour()));
    }

    private static ChangedRows ascending(ChangedRows rows) {
        LongArrayList ids = new LongArrayList();
        FloatArrayList weights = new FloatArrayList();
        LongArrayList removed = new LongArrayList();
        rows.forEach(rows.ids().length == 0 ? 0 : rows.weights().length / rows.ids().length, new RowChanges() {
            @Override
            public void touched(long id, float[] row) {
                ids.add(id);
                weights.addElements(weights.size(), row);
            }

            @Override
            public void removed(long id) {
                removed.add(id);
            }
        });
        return new ChangedRows(ids.toLongArray(), weights.toFloatArray(), removed.toLongArray());
    }
}

package freshet.model.snapshot;

import freshet.model.layer.NamedTensor;
import freshet.model.learn.Learner;
import freshet.model.learn.Scorer;
import freshet.model.spec.ModelSpec;
import freshet.model.spec.TableSpec;
import freshet.model.table.RowConsumer;
import freshet.model.table.RowSource;
import freshet.serde.snapshot.BadSnapshotException;
import freshet.serde.snapshot.SafeTensors;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.SnapshotFile;
import java.util.ArrayList;
import java.util.List;

/**
 * The weights of a model as servers have them, kept up by deltas: what a publisher makes snapshots of while the learner goes on,
 * and what a reader brings from one snapshot to the next. Holds no optimizer state. One thread.
 */
public final class ModelCopy {
    private final ModelSpec spec;
    private final List<WeightTable> tables = new ArrayList<>();
    private List<NamedTensor> tensors = List.of();

    /** The copy of a model of which nothing is known yet. */
    public ModelCopy(ModelSpec spec) {
        this.spec = spec;
        for (TableSpec table : spec.tables()) {
            tables.add(new WeightTable(spec, table));
        }
    }

    /** The copy of a learner as it is now. */
    public static ModelCopy of(Learner learner) {
        ModelCopy copy = new ModelCopy(learner.spec());
        copy.replaceTensors(learner.denseTensors());
        for (int table = 0; table < learner.tableCount(); table++) {
            WeightTable into = copy.tables.get(table);
            learner.forEachRow(table, (id, weights) -> into.put(id, weights, 0));
        }
        return copy;
    }

    /** The copy that a snapshot holds. */
    public static ModelCopy of(Snapshot snapshot) throws BadSnapshotException {
        ModelCopy copy =
                new ModelCopy(ModelFile.parse(snapshot.file(ModelFile.NAME)).spec());
        copy.apply(snapshot.files());
        return copy;
    }

    /**
     * Brings the copy to the state that a delta leads to. Whether it is the right one to apply is for the caller to know
     * ({@code DeltaAssembler}).
     *
     * @throws BadSnapshotException when the files are no delta of this model; the copy is as before
     */
    public void apply(List<SnapshotFile> delta) throws BadSnapshotException {
        List<SafeTensors> rows = RowFiles.open(delta, spec.tables());
        List<NamedTensor> dense = null;
        for (SnapshotFile file : delta) {
            if (file.name().equals(DenseFile.NAME)) {
                dense = DenseFile.parse(file.bytes());
            }
        }
        if (dense == null) {
            throw new BadSnapshotException("applying a delta: found no " + DenseFile.NAME);
        }
        List<List<RowFiles.Part>> parts = new ArrayList<>();
        for (TableSpec table : spec.tables()) {
            parts.add(RowFiles.parts(rows, table));
        }
        for (int table = 0; table < tables.size(); table++) {
            WeightTable into = tables.get(table);
            int width = spec.tables().get(table).width();
            for (RowFiles.Part part : parts.get(table)) {
                for (int i = 0; i < part.ids().length; i++) {
                    into.put(part.ids()[i], part.rows(), i * width);
                }
                for (long removed : part.removed()) {
                    into.remove(removed);
                }
            }
        }
        replaceTensors(dense);
    }

    /** Puts one row in, as when a copy is restored. */
    public void put(int table, long id, float[] weights) {
        tables.get(table).put(id, weights, 0);
    }

    /** Takes over all dense parameters. */
    public void replaceTensors(List<NamedTensor> replacement) {
        tensors = List.copyOf(replacement);
    }

    public ModelSpec spec() {
        return spec;
    }

    /** Dense parameters; see {@link Learner#denseTensors}. */
    public List<NamedTensor> tensors() {
        return tensors;
    }

    /** The rows by table index of the spec, for scoring. */
    public List<RowSource> tables() {
        return List.copyOf(tables);
    }

    /** Number of rows of a table. */
    public int rowCount(int table) {
        return tables.get(table).size();
    }

    /** Hands over every row of a table in ascending order of (signed) id: {@code float[width]}. */
    public void forEachRow(int table, RowConsumer consumer) {
        tables.get(table).forEachRow(consumer);
    }

    Scorer newScorer() {
        return new Scorer(spec, tensors, tables);
    }
}

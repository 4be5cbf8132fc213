package freshet.model.snapshot;

import freshet.model.layer.NamedTensor;
import freshet.model.learn.Learner;
import freshet.model.learn.Scorer;
import freshet.model.spec.ModelSpec;
import freshet.model.spec.TableSpec;
import freshet.model.table.RowChanges;
import freshet.model.table.RowConsumer;
import freshet.model.table.RowSet;
import freshet.model.table.RowSource;
import freshet.serde.snapshot.BadSnapshotException;
import freshet.serde.snapshot.SafeTensors;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.SnapshotFile;
import it.unimi.dsi.fastutil.longs.LongArrayList;
import it.unimi.dsi.fastutil.longs.LongOpenHashSet;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * The weights of a model as servers have them, kept up by deltas: what a publisher makes snapshots of while the learner goes on,
 * and what a reader brings from one snapshot to the next. Holds no optimizer state. One thread.
 */
public final class ModelCopy {
    private final ModelSpec spec;
    private final List<WeightTable> tables = new ArrayList<>();
    /** By table; empty where nobody asks. */
    private final List<LongOpenHashSet> touched = new ArrayList<>();

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
            TableSpec of = learner.spec().tables().get(table);
            learner.forEachRow(table, (id, weights) -> {
                if (!of.needsNoRow(weights)) {
                    into.put(id, weights, 0);
                }
            });
        }
        return copy;
    }

    /** The copy that a snapshot holds. */
    public static ModelCopy of(Snapshot snapshot) throws BadSnapshotException {
        return of(snapshot.files());
    }

    /** The copy that the files of a snapshot hold, or those of {@link #files}. */
    public static ModelCopy of(List<SnapshotFile> files) throws BadSnapshotException {
        for (SnapshotFile file : files) {
            if (file.name().equals(ModelFile.NAME)) {
                ModelCopy copy = new ModelCopy(ModelFile.parse(file.bytes()).spec());
                copy.apply(files);
                return copy;
            }
        }
        throw new BadSnapshotException("reading a model: found no file " + ModelFile.NAME);
    }

    /** The copy as files, for {@link #of(List)}: the model, its dense parameters and its rows. */
    public List<SnapshotFile> files() {
        List<SnapshotFile> files = new ArrayList<>();
        files.add(new SnapshotFile(ModelFile.NAME, new ModelFile(spec, "{}").bytes()));
        files.add(new SnapshotFile(DenseFile.NAME, DenseFile.bytes(tensors)));
        writeRows(files::add);
        return files;
    }

    /** The rows as files, each of which may be let go before the next is made. */
    void writeRows(Consumer<SnapshotFile> out) {
        RowFiles.Writer rows = new RowFiles.Writer(out);
        for (int table = 0; table < tables.size(); table++) {
            TableSpec of = spec.tables().get(table);
            forEachRow(table, (id, weights) -> rows.row(of, id, weights));
            rows.endTable(of);
        }
        rows.end();
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
                noteTouched(table, part);
            }
        }
        replaceTensors(dense);
    }

    /** Begins to remember which rows are touched, for {@link #drainTouched}. */
    public void trackTouched() {
        touched.clear();
        tables.forEach(table -> touched.add(new LongOpenHashSet()));
    }

    private void noteTouched(int table, RowFiles.Part part) {
        if (!touched.isEmpty()) {
            touched.get(table).addAll(LongArrayList.wrap(part.ids()));
            touched.get(table).addAll(LongArrayList.wrap(part.removed()));
        }
    }

    /**
     * Hands over what deltas have touched in a table since the last call, in no order: so that a checkpoint costs what
     * changed.
     */
    public void drainTouched(int table, RowChanges changes) {
        WeightTable from = tables.get(table);
        float[] weights = new float[spec.tables().get(table).width()];
        for (long id : touched.get(table)) {
            if (from.read(id, weights, 0) == RowSource.NONE) {
                changes.removed(id);
            } else {
                changes.touched(id, weights);
            }
        }
        touched.get(table).clear();
    }

    /** Puts one row in, as when a copy is restored. It does not count as touched. */
    public void put(int table, long id, float[] weights) {
        tables.get(table).put(id, weights, 0);
    }

    /** Takes over all dense parameters. */
    public void replaceTensors(List<NamedTensor> replacement) {
        tensors = List.copyOf(replacement);
    }

    /** The dense parameters in saved state. */
    public byte[] saveTensors() {
        return DenseFile.bytes(tensors);
    }

    /** Takes over what {@link #saveTensors} wrote. */
    public void restoreTensors(byte[] saved) throws BadSnapshotException {
        tensors = DenseFile.parse(saved);
    }

    public ModelSpec spec() {
        return spec;
    }

    /** Dense parameters; see {@link Learner#denseTensors}. */
    public List<NamedTensor> tensors() {
        return tensors;
    }

    /** The rows by table index of the spec. */
    public List<RowSet> tables() {
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

    /** A scorer over these rows; it sees what is applied to them, but not new dense parameters. One thread, the copy's. */
    public Scorer newScorer() {
        return new Scorer(spec, tensors, tables);
    }
}

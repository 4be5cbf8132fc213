package freshet.model.snapshot;

import freshet.model.layer.NamedTensor;
import freshet.model.learn.Scorer;
import freshet.model.spec.ModelSpec;
import freshet.model.spec.TableSpec;
import freshet.model.table.InitialValues;
import freshet.model.table.RowSource;
import freshet.serde.snapshot.BadSnapshotException;
import freshet.serde.snapshot.SafeTensors;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.SnapshotManifest;
import java.util.ArrayList;
import java.util.List;

/**
 * A snapshot taken apart: everything needed to score, in memory. Holds its own copies, so the snapshot may be forgotten.
 * Immutable; safe on any thread.
 *
 * @param manifest of the snapshot
 * @param file what the model is
 * @param tensors dense parameters
 * @param tables rows by table index of the spec
 * @param network {@code network.onnx}
 * @param golden inputs with the trainer's own outputs; may be empty
 */
public record SnapshotModel(
        SnapshotManifest manifest,
        ModelFile file,
        List<NamedTensor> tensors,
        List<RowSource> tables,
        byte[] network,
        List<GoldenRows.Row> golden) {

    public SnapshotModel {
        tensors = List.copyOf(tensors);
        tables = List.copyOf(tables);
        golden = List.copyOf(golden);
    }

    /**
     * Takes a verified snapshot apart.
     *
     * @throws BadSnapshotException when its files do not make a model: right by their checksums, wrong all the same
     */
    public static SnapshotModel of(Snapshot snapshot) throws BadSnapshotException {
        ModelFile file = ModelFile.parse(snapshot.file(ModelFile.NAME));
        ModelSpec spec = file.spec();
        List<String> tasks = spec.tasks().stream().map(task -> task.name()).toList();
        if (!tasks.equals(snapshot.manifest().description().tasks())) {
            throw new BadSnapshotException("snapshot " + snapshot.version() + ": the manifest names tasks "
                    + snapshot.manifest().description().tasks() + ", " + ModelFile.NAME + " has " + tasks);
        }
        String golden = snapshot.manifest().description().golden();
        SnapshotModel model = new SnapshotModel(
                snapshot.manifest(),
                file,
                DenseFile.parse(snapshot.file(DenseFile.NAME)),
                tables(snapshot, spec),
                snapshot.file(OnnxNetwork.NAME),
                golden == null ? List.of() : GoldenRows.parse(snapshot.file(golden), spec));
        try {
            model.newScorer();
        } catch (IllegalArgumentException e) {
            throw new BadSnapshotException(
                    "snapshot " + snapshot.version() + ": its parameters do not fit its model: " + e.getMessage(), e);
        }
        return model;
    }

    private static List<RowSource> tables(Snapshot snapshot, ModelSpec spec) throws BadSnapshotException {
        List<SafeTensors> files = RowFiles.open(snapshot.files(), spec.tables());
        List<RowSource> tables = new ArrayList<>();
        for (TableSpec table : spec.tables()) {
            tables.add(RowFiles.frozen(RowFiles.parts(files, table), table, new InitialValues(spec.seed(), table)));
        }
        return tables;
    }

    public ModelSpec spec() {
        return file.spec();
    }

    /** A scorer of its own for one thread; the tables are shared. */
    public Scorer newScorer() {
        return new Scorer(spec(), tensors, tables);
    }
}

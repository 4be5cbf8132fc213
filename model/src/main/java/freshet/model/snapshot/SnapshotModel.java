package freshet.model.snapshot;

import freshet.model.layer.NamedTensor;
import freshet.model.learn.Scorer;
import freshet.model.spec.ModelSpec;
import freshet.model.spec.TableSpec;
import freshet.model.table.InitialValues;
import freshet.model.table.RowSource;
import freshet.serde.snapshot.BadSnapshotException;
import freshet.serde.snapshot.Delta;
import freshet.serde.snapshot.SafeTensors;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.SnapshotManifest;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;

/**
 * A snapshot taken apart: everything needed to score, in memory. Holds its own copies, so the snapshot may be forgotten.
 * Immutable; safe on any thread.
 *
 * @param manifest of the snapshot
 * @param asOfMillis everything decided before this event time has been learnt: the snapshot's, or that of the last delta
 * @param file what the model is
 * @param tensors dense parameters
 * @param tables rows by table index of the spec
 * @param network {@code network.onnx}
 * @param golden inputs with the trainer's own outputs; may be empty
 */
public record SnapshotModel(
        SnapshotManifest manifest,
        long asOfMillis,
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
                snapshot.version().eventTimeMillis(),
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

    /**
     * The model that deltas lead to, one behind the other; this one stays as it is, and shares with it the rows that do not
     * change. Its network is made of the last one's parameters, its golden rows are scored anew in plain Java, so that whoever
     * runs the network can still find out whether it computes the right thing.
     *
     * @param deltas in the order of applying; whether they are the right ones is for the caller to know ({@code DeltaAssembler})
     * @throws BadSnapshotException when they are no deltas of this model
     */
    public SnapshotModel after(List<Delta> deltas) throws BadSnapshotException {
        List<OverlaidTable> over = new ArrayList<>();
        tables.forEach(table -> over.add(OverlaidTable.copyOver(table)));
        for (Delta delta : deltas) {
            List<SafeTensors> rows = RowFiles.open(delta.files(), spec().tables());
            for (int table = 0; table < over.size(); table++) {
                over.get(table).take(RowFiles.parts(rows, spec().tables().get(table)));
            }
        }
        Delta last = deltas.get(deltas.size() - 1);
        List<NamedTensor> dense = DenseFile.parse(last.file(DenseFile.NAME));
        SortedMap<String, String> metadata = SnapshotWriter.metadata(manifest.description());
        metadata.put("examples", Long.toString(last.manifest().description().examples()));
        try {
            Scorer scorer = new Scorer(spec(), dense, over);
            return new SnapshotModel(
                    manifest,
                    last.manifest().description().asOfMillis(),
                    file,
                    dense,
                    List.copyOf(over),
                    OnnxNetwork.bytes(spec(), dense, metadata),
                    GoldenRows.score(
                            spec(),
                            scorer,
                            golden.stream().map(GoldenRows.Row::input).toList()));
        } catch (IllegalArgumentException e) {
            throw new BadSnapshotException(
                    "delta " + last.id() + ": its parameters do not fit its model: " + e.getMessage(), e);
        }
    }

    public ModelSpec spec() {
        return file.spec();
    }

    /** A scorer of its own for one thread; the tables are shared. */
    public Scorer newScorer() {
        return new Scorer(spec(), tensors, tables);
    }
}

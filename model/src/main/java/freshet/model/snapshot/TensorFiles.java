package freshet.model.snapshot;

import freshet.model.layer.NamedTensor;
import freshet.model.learn.Learner;
import freshet.model.spec.ModelSpec;
import freshet.model.spec.TableSpec;
import freshet.model.table.InitialValues;
import freshet.model.table.RowSource;
import freshet.serde.snapshot.BadSnapshotException;
import freshet.serde.snapshot.SafeTensors;
import it.unimi.dsi.fastutil.floats.FloatArrayList;
import it.unimi.dsi.fastutil.longs.LongArrayList;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The two binary files of a snapshot: the dense parameters by name, and the rows of every table. */
final class TensorFiles {

    /** Dense parameters, as {@link Learner#denseTensors} names them. */
    static final String DENSE = "dense.safetensors";

    /**
     * For every table T {@code T.ids [rows]}, ascending, and {@code T.rows [rows, width]}: weights only, no optimizer slots. A
     * table without rows has tensors without elements.
     */
    static final String ROWS = "rows.safetensors";

    private TensorFiles() {}

    static byte[] dense(List<NamedTensor> tensors) {
        SafeTensors.Writer writer = new SafeTensors.Writer();
        for (NamedTensor tensor : tensors) {
            long[] shape = tensor.shape().stream().mapToLong(Integer::longValue).toArray();
            writer.add(tensor.name(), tensor.values(), shape);
        }
        return writer.bytes();
    }

    static List<NamedTensor> parseDense(byte[] bytes) throws BadSnapshotException {
        SafeTensors file = SafeTensors.parse(bytes);
        List<NamedTensor> tensors = new ArrayList<>();
        for (Map.Entry<String, long[]> entry : file.shapes().entrySet()) {
            List<Integer> shape = new ArrayList<>();
            for (long extent : entry.getValue()) {
                shape.add((int) extent);
            }
            tensors.add(new NamedTensor(entry.getKey(), shape, file.floats(entry.getKey(), entry.getValue())));
        }
        return tensors;
    }

    static byte[] rows(Learner learner) {
        SafeTensors.Writer writer = new SafeTensors.Writer();
        for (int table = 0; table < learner.tableCount(); table++) {
            TableSpec spec = learner.spec().tables().get(table);
            int rows = learner.rowCount(table);
            LongArrayList ids = new LongArrayList(rows);
            FloatArrayList values = new FloatArrayList(Math.multiplyExact(rows, spec.width()));
            learner.forEachRow(table, (id, row) -> {
                ids.add(id);
                values.addElements(values.size(), row, 0, spec.width());
            });
            writer.add(ids(spec), ids.toLongArray(), ids.size());
            writer.add(rows(spec), values.toFloatArray(), ids.size(), spec.width());
        }
        return writer.bytes();
    }

    /** By table index of the spec. */
    static List<RowSource> parseRows(byte[] bytes, ModelSpec spec) throws BadSnapshotException {
        SafeTensors file = SafeTensors.parse(bytes);
        List<RowSource> tables = new ArrayList<>();
        for (TableSpec table : spec.tables()) {
            LongBuffer idView = file.longs(ids(table));
            long[] ids = new long[idView.remaining()];
            idView.get(ids);
            for (int i = 1; i < ids.length; i++) {
                if (ids[i - 1] >= ids[i]) {
                    throw new BadSnapshotException(ROWS + ", table " + table.name() + ": found id " + ids[i]
                            + " behind " + ids[i - 1] + ", expected ids ascending and each once");
                }
            }
            float[] rows = file.floats(rows(table), ids.length, table.width());
            requireFinite(table, rows);
            tables.add(new FrozenTable(ids, rows, table.width(), new InitialValues(spec.seed(), table)));
        }
        return tables;
    }

    private static void requireFinite(TableSpec table, float[] rows) throws BadSnapshotException {
        FloatBuffer values = FloatBuffer.wrap(rows);
        while (values.hasRemaining()) {
            if (!Float.isFinite(values.get())) {
                throw new BadSnapshotException(ROWS + ", table " + table.name() + ": found a weight that is not finite"
                        + " in row " + (values.position() - 1) / table.width() + "; the trainer has diverged");
            }
        }
    }

    private static String ids(TableSpec table) {
        return table.name() + ".ids";
    }

    private static String rows(TableSpec table) {
        return table.name() + ".rows";
    }
}

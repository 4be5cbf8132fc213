package freshet.model.export;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import com.google.protobuf.InvalidProtocolBufferException;
import freshet.model.batch.Counted;
import freshet.model.batch.RunningRates;
import freshet.model.math.Ids;
import freshet.model.snapshot.ModelCopy;
import freshet.model.snapshot.NetworkCheck;
import freshet.model.snapshot.OnnxGraph;
import freshet.model.snapshot.OnnxNetwork;
import freshet.model.spec.CrossSpec;
import freshet.model.spec.EmbeddingSpec;
import freshet.model.spec.ModelSpec;
import freshet.model.spec.Pooling;
import freshet.model.spec.RatesSpec;
import freshet.model.spec.TableSpec;
import freshet.model.spec.TaskSpec;
import freshet.serde.snapshot.BadSnapshotException;
import freshet.serde.snapshot.Snapshot;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * A whole snapshot as one ONNX file: raw ids and numbers in, each task's prediction out; hashing, look-up and pooling are nodes
 * of the graph, rows are constants. SNAPSHOT-FORMAT.md has the inputs and outputs. An id without a row has its initial weights,
 * as everywhere. The inputs of running rates are a function of a row and the global rates, so they are computed here and stand
 * in the file in the place of the counts. The network is the snapshot's own, node by node.
 *
 * <p>The same snapshot gives the same bytes. One thread.
 */
public final class SelfContainedModel {

    /** How ids come in. */
    public enum IdInput {
        /** {@code ids.<feature>}: uint8 [batch, n, bytes], UTF-8; {@code lengths.<feature>}: int64 [batch, n], -1 for no id. */
        TEXT,
        /** {@code ids.<feature>}: int64 [batch, n], as {@link Ids#hash}; {@code present.<feature>}: bool [batch, n]. */
        HASHED
    }

    /** Version of the operators: the first with bitwise ones (ONNX 1.13, 2022). */
    public static final int OPSET = 18;

    /** Of the operators of {@code ai.onnx.ml}: the first whose LabelEncoder takes tensors (ONNX 1.15, 2023). */
    public static final int ML_OPSET = 4;

    /** Version of the file format that goes with them. */
    public static final int IR_VERSION = 9;

    /** Names of inputs begin with these, behind which the feature's name stands. */
    public static final String IDS = "ids.";

    public static final String LENGTHS = "lengths.";
    public static final String PRESENT = "present.";

    /** Name of the input with all numbers of the schema, float [batch, numbers]. */
    public static final String NUMBERS = "numbers";

    /** A protocol buffer is at most 2 GiB long, and so is an ONNX file without others beside it. */
    public static final long MAX_BYTES = Integer.MAX_VALUE;

    private static final String ML_DOMAIN = "ai.onnx.ml";
    private static final int FLOAT = DataType.FLOAT_VALUE;
    private static final int INT64 = DataType.INT64_VALUE;
    /** Of a row besides its weights: the id, and the row's number as the LabelEncoder gives it. */
    private static final int BYTES_BESIDE_WEIGHTS = 2 * Long.BYTES;

    /** Ids of a feature or a cross: int64 [batch, n], and float [batch, n], 1 where there is one and 0 where not. */
    private record Column(String ids, String mask) {}

    private final ModelSpec spec;
    private final ModelCopy model;
    private final Snapshot snapshot;
    private final IdInput idInput;
    private final OnnxGraph graph = new OnnxGraph();
    private final NodeWriter nodes = new NodeWriter(graph, "raw");
    private final IdNodes ids = new IdNodes(nodes);
    private final RunningRates rates;
    private final Counted counted;
    /** By slot of the schema. */
    private final Map<Integer, Column> columns = new LinkedHashMap<>();
    /** int64 [1]: how many candidates there are. */
    private String batch = "";

    private SelfContainedModel(Snapshot snapshot, ModelCopy model, IdInput idInput) {
        this.snapshot = snapshot;
        this.model = model;
        this.idInput = idInput;
        spec = model.spec();
        rates = new RunningRates(spec);
        counted = Counted.of(spec, model.tensors());
    }

    /**
     * The file for a snapshot.
     *
     * @param maxRows most rows of all tables together
     * @throws BadSnapshotException when the snapshot is no model
     * @throws IllegalArgumentException when it has too many rows for one file
     */
    public static ModelProto of(Snapshot snapshot, IdInput idInput, long maxRows) throws BadSnapshotException {
        ModelCopy model = ModelCopy.of(snapshot);
        checkSize(model, snapshot, maxRows);
        return new SelfContainedModel(snapshot, model, idInput).build();
    }

    private static void checkSize(ModelCopy model, Snapshot snapshot, long maxRows) throws BadSnapshotException {
        long rows = 0;
        long bytes = snapshot.file(OnnxNetwork.NAME).length;
        for (int table = 0; table < model.spec().tables().size(); table++) {
            long of = model.rowCount(table);
            rows += of;
            bytes += of * (BYTES_BESIDE_WEIGHTS + (long) Float.BYTES * width(model.spec(), table));
        }
        if (rows > maxRows || bytes > MAX_BYTES) {
            throw new IllegalArgumentException(String.format(
                    Locale.ROOT,
                    "exporting snapshot %s as one file: found %d rows, about %d bytes, expected at most %d rows and %d"
                            + " bytes (an ONNX file is a protocol buffer); bound the tables (max_rows, admit_after,"
                            + " expire_after), or serve network.onnx with the rows beside it",
                    snapshot.version(),
                    rows,
                    bytes,
                    maxRows,
                    MAX_BYTES));
        }
    }

    private static int width(ModelSpec spec, int table) {
        TableSpec of = spec.tables().get(table);
        return of.kind() == TableSpec.Kind.RATE ? RatesSpec.inputsPerKey(spec.taskCount()) : of.width();
    }

    private ModelProto build() throws BadSnapshotException {
        ModelProto network = network();
        inputs();
        String x = nodes.concat(1, networkInputs());
        String bias = bias();
        for (TaskSpec task : spec.tasks()) {
            graph.output(task.name(), FLOAT, OnnxGraph.BATCH, "1");
        }
        splice(network.getGraph(), x, bias);
        return describe(network);
    }

    private ModelProto network() throws BadSnapshotException {
        byte[] bytes = snapshot.file(OnnxNetwork.NAME);
        NetworkCheck.check(bytes);
        try {
            return ModelProto.parseFrom(bytes);
        } catch (InvalidProtocolBufferException e) {
            throw new BadSnapshotException(OnnxNetwork.NAME + ": not an ONNX file", e);
        }
    }

    /** Declares the inputs, and makes ids of texts: of all features in one go, since each step costs. */
    private void inputs() {
        List<Integer> slots = List.copyOf(slotsRead());
        if (!spec.schema().numberNames().isEmpty()) {
            graph.input(
                    NUMBERS,
                    FLOAT,
                    OnnxGraph.BATCH,
                    Integer.toString(spec.schema().numberNames().size()));
        }
        for (int slot : slots) {
            String name = spec.schema().idNames().get(slot);
            String count = name + ".count";
            if (idInput == IdInput.TEXT) {
                graph.input(IDS + name, DataType.UINT8_VALUE, OnnxGraph.BATCH, count, "bytes");
                graph.input(LENGTHS + name, INT64, OnnxGraph.BATCH, count);
            } else {
                graph.input(IDS + name, INT64, OnnxGraph.BATCH, count);
                graph.input(PRESENT + name, DataType.BOOL_VALUE, OnnxGraph.BATCH, count);
                columns.put(slot, new Column(IDS + name, nodes.toFloat(PRESENT + name)));
            }
        }
        batch = nodes.shape(
                slots.isEmpty() ? NUMBERS : IDS + spec.schema().idNames().get(slots.get(0)), 0, 1);
        if (idInput == IdInput.TEXT && !slots.isEmpty()) {
            hashTexts(slots);
        }
    }

    private void hashTexts(List<Integer> slots) {
        List<String> names = slots.stream().map(spec.schema().idNames()::get).toList();
        List<String> lengths = names.stream().map(LENGTHS::concat).toList();
        String all = ids.hash(nodes.concat(1, names.stream().map(IDS::concat).toList()), nodes.concat(1, lengths));
        List<String> parts = nodes.split(
                all,
                nodes.concat(
                        0, lengths.stream().map(of -> nodes.shape(of, 1, 2)).toList()),
                names.size());
        for (int i = 0; i < names.size(); i++) {
            String mask = nodes.toFloat(nodes.node("GreaterOrEqual", lengths.get(i), nodes.scalar(0)));
            columns.put(slots.get(i), new Column(parts.get(i), mask));
        }
    }

    private SortedSet<Integer> slotsRead() {
        SortedSet<Integer> slots = new TreeSet<>();
        spec.embeddings().forEach(embedding -> slots.add(embedding.slot()));
        spec.rates().keys().forEach(key -> slots.addAll(key.slots()));
        spec.shallow()
                .crosses()
                .forEach(cross -> cross.slots().stream()
                        .filter(slot -> !missingWhenScoring(slot))
                        .forEach(slots::add));
        return slots;
    }

    private boolean missingWhenScoring(int slot) {
        return spec.shallow().missingWhenScoring()
                && spec.shallow().droppedSlots().contains(slot);
    }

    private Column column(int slot) {
        Column column = columns.get(slot);
        if (column == null) {
            throw new IllegalStateException(
                    "exporting a model: no input for " + spec.schema().idNames().get(slot));
        }
        return column;
    }

    private List<String> networkInputs() {
        List<String> parts = new ArrayList<>();
        for (EmbeddingSpec embedding : spec.embeddings()) {
            parts.add(pooled(column(embedding.slot()), embedding.table(), embedding.pooling()));
        }
        if (!spec.numberSlots().isEmpty()) {
            long[] slots =
                    spec.numberSlots().stream().mapToLong(Integer::longValue).toArray();
            parts.add(nodes.gather(NUMBERS, nodes.longs(slots), 1));
        }
        for (CrossSpec key : spec.rates().keys()) {
            Column column = cross(key.slots().stream().map(this::column).toList());
            parts.add(pooled(column, key.table(), Pooling.MEAN));
        }
        for (int feature = 0; feature < spec.quantiles().slots().size(); feature++) {
            String rank = rank(feature);
            parts.addAll(List.of(rank, nodes.node("Sqrt", rank), nodes.multiply(rank, rank)));
        }
        return parts;
    }

    /** A number as its rank, float [batch, 1]; see {@code RankTables}. */
    private String rank(int feature) {
        int edges = spec.quantiles().edges();
        int from = feature * edges;
        String table = nodes.floats(Arrays.copyOfRange(counted.rankTables(), from, from + edges), edges);
        String value =
                nodes.gather(NUMBERS, nodes.longs(spec.quantiles().slots().get(feature)), 1);
        String smaller = nodes.sum(nodes.toFloat(nodes.node("Less", table, value)), 1, 1);
        String notGreater = nodes.sum(nodes.toFloat(nodes.node("LessOrEqual", table, value)), 1, 1);
        String last = nodes.add(notGreater, nodes.number(-1));
        String low = edge(table, nodes.node("Max", last, nodes.number(0)));
        String high = edge(table, nodes.node("Min", notGreater, nodes.number(edges - 1)));
        // Where the value lies between no two edges this is not a number, and not taken.
        String part = nodes.node("Div", nodes.node("Sub", value, low), nodes.node("Sub", high, low));
        String intervals = nodes.number(spec.quantiles().intervals());
        String between = nodes.node("Div", nodes.add(last, part), intervals);
        String onEdges = nodes.node("Div", nodes.multiply(nodes.add(smaller, last), nodes.number(0.5f)), intervals);
        String inside = nodes.where(
                nodes.node("Less", notGreater, nodes.number(0.5f)),
                nodes.number(0),
                nodes.where(nodes.node("Less", nodes.number(edges - 0.5f), notGreater), nodes.number(1), between));
        return nodes.where(nodes.node("Less", smaller, notGreater), onEdges, inside);
    }

    /** float [batch, 1] -> float [batch, 1]: the edge with this number. */
    private String edge(String table, String number) {
        return nodes.gather(table, nodes.cast(number, INT64), 0);
    }

    private String bias() {
        float[] base = new float[spec.taskCount()];
        for (int task = 0; task < base.length && !spec.rates().keys().isEmpty(); task++) {
            base[task] = rates.globalLogit(counted.globalRates(), task);
        }
        String shape = nodes.concat(0, List.of(batch, nodes.longs(base.length)));
        String bias = nodes.expand(nodes.floats(base, base.length), shape);
        for (int feature = 0; feature < spec.wide().size(); feature++) {
            EmbeddingSpec embedding = spec.embeddings().get(feature);
            bias = nodes.add(bias, pooled(column(embedding.slot()), spec.wide().get(feature), embedding.pooling()));
        }
        for (CrossSpec cross : spec.shallow().crosses()) {
            Column column = cross(cross.slots().stream().map(this::orMissing).toList());
            bias = nodes.add(bias, pooled(column, cross.table(), Pooling.MEAN));
        }
        return bias;
    }

    /** Every combination of the ids of several columns. */
    private Column cross(List<Column> of) {
        Column product = of.get(0);
        for (Column next : of.subList(1, of.size())) {
            String crossed = ids.cross(nodes.unsqueeze(product.ids(), 2), nodes.unsqueeze(next.ids(), 1));
            String mask = nodes.multiply(nodes.unsqueeze(product.mask(), 2), nodes.unsqueeze(next.mask(), 1));
            String flat = nodes.longs(0, -1);
            product = new Column(nodes.node("Reshape", crossed, flat), nodes.node("Reshape", mask, flat));
        }
        return product;
    }

    /** The ids of a feature of the shallow tower: one of its own where it has none. */
    private Column orMissing(int slot) {
        String one = nodes.concat(0, List.of(batch, nodes.longs(1)));
        String missing = nodes.expand(nodes.scalar(Ids.MISSING), one);
        if (missingWhenScoring(slot)) {
            return new Column(missing, nodes.expand(nodes.number(1), one));
        }
        Column column = column(slot);
        String count = nodes.sum(column.mask(), 1, 1);
        String absent = nodes.toFloat(nodes.node("Less", count, nodes.number(0.5f)));
        return new Column(
                nodes.concat(1, List.of(column.ids(), missing)), nodes.concat(1, List.of(column.mask(), absent)));
    }

    /** The rows of a column's ids in a table, pooled: [batch, width]. */
    private String pooled(Column column, int table, Pooling pooling) {
        String weights = pooling.kind() == Pooling.Kind.WEIGHTED ? placeWeights(column, pooling) : column.mask();
        String sum = nodes.sum(nodes.multiply(rows(column.ids(), table), nodes.unsqueeze(weights, 2)), 1, 0);
        if (pooling.kind() == Pooling.Kind.SUM) {
            return sum;
        }
        return nodes.node("Div", sum, nodes.node("Max", nodes.sum(weights, 1, 1), nodes.number(1)));
    }

    /** What each id weighs by its place among those that are there: float [batch, n]. */
    private String placeWeights(Column column, Pooling pooling) {
        String places = nodes.node("CumSum", column.mask(), nodes.scalar(1));
        String power =
                nodes.node("Pow", nodes.number(pooling.placeDecay()), nodes.node("Sub", places, nodes.number(1)));
        return nodes.multiply(power, column.mask());
    }

    /** int64 [batch, n] -> float [batch, n, width]. */
    private String rows(String of, int table) {
        TableSpec spec = this.spec.tables().get(table);
        int count = model.rowCount(table);
        int width = width(this.spec, table);
        long[] keys = new long[count];
        // Behind the rows one for the ids that have none.
        float[] weights = new float[Math.multiplyExact(count + 1, width)];
        int[] filled = new int[1];
        model.forEachRow(table, (id, row) -> {
            keys[filled[0]] = id;
            put(spec, row, weights, filled[0] * width);
            filled[0]++;
        });
        put(spec, new float[spec.width()], weights, count * width);
        String index = index(of, keys);
        String rows = nodes.gather(nodes.floats(weights, count + 1, width), index, 0);
        if (spec.initialRange() == 0) {
            return rows;
        }
        String found = nodes.unsqueeze(nodes.node("Less", index, nodes.scalar(count)), 2);
        return nodes.where(found, rows, ids.initialValues(of, this.spec.seed(), spec));
    }

    private void put(TableSpec table, float[] row, float[] into, int offset) {
        if (table.kind() == TableSpec.Kind.RATE) {
            rates.inputs(row, 0, counted.globalRates(), into, offset);
        } else {
            System.arraycopy(row, 0, into, offset, row.length);
        }
    }

    /** The place of each id among the keys, or their number. */
    private String index(String of, long[] keys) {
        if (keys.length == 0) {
            return nodes.multiply(of, nodes.scalar(0));
        }
        long[] places = new long[keys.length];
        Arrays.setAll(places, place -> place);
        return nodes.node(
                ML_DOMAIN,
                "LabelEncoder",
                List.of(
                        OnnxGraph.longsOf("keys_tensor", keys),
                        OnnxGraph.longsOf("values_tensor", places),
                        OnnxGraph.longsOf("default_tensor", keys.length)),
                of);
    }

    /** Puts the snapshot's network behind what was computed here; a candidate with a number that is not finite gets NaN. */
    private void splice(GraphProto network, String x, String bias) {
        Map<String, String> renamed = new LinkedHashMap<>();
        renamed.put(OnnxNetwork.INPUT, x);
        renamed.put(OnnxNetwork.BIAS, bias);
        spec.tasks().forEach(task -> renamed.put(task.name(), "/prediction." + task.name()));
        network.getInitializerList().forEach(graph::copy);
        for (NodeProto node : network.getNodeList()) {
            NodeProto.Builder copy = node.toBuilder().clearInput().clearOutput();
            node.getInputList().forEach(input -> copy.addInput(renamed.getOrDefault(input, input)));
            node.getOutputList().forEach(output -> copy.addOutput(renamed.getOrDefault(output, output)));
            graph.copy(copy.build());
        }
        String spoilt = spec.schema().numberNames().isEmpty()
                ? nodes.number(0)
                // 0 times a finite number is 0, times another one NaN.
                : nodes.sum(nodes.multiply(NUMBERS, nodes.number(0)), 1, 1);
        for (TaskSpec task : spec.tasks()) {
            graph.copy(NodeProto.newBuilder()
                    .setOpType("Add")
                    .setName("/" + task.name() + ".spoilt")
                    .addInput(renamed.getOrDefault(task.name(), ""))
                    .addInput(spoilt)
                    .addOutput(task.name())
                    .build());
        }
    }

    private ModelProto describe(ModelProto network) {
        ModelProto.Builder file = ModelProto.newBuilder()
                .setIrVersion(IR_VERSION)
                .setProducerName("freshet")
                .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(OPSET))
                .addOpsetImport(
                        OperatorSetIdProto.newBuilder().setDomain(ML_DOMAIN).setVersion(ML_OPSET))
                .setGraph(graph.build("self_contained"))
                .addAllMetadataProps(network.getMetadataPropsList());
        long rows = 0;
        for (int table = 0; table < spec.tables().size(); table++) {
            rows += model.rowCount(table);
        }
        Map<String, String> more = new LinkedHashMap<>();
        more.put("ids", idInput.name().toLowerCase(Locale.ROOT));
        more.put("numbers", String.join(",", spec.schema().numberNames()));
        more.put("rows", Long.toString(rows));
        more.put("snapshot_sha256", snapshot.manifest().sha256());
        more.forEach((key, value) -> file.addMetadataProps(
                StringStringEntryProto.newBuilder().setKey(key).setValue(value)));
        return file.build();
    }
}

package freshet.model.spec;

import com.fasterxml.jackson.databind.node.ObjectNode;
import freshet.serde.config.ConfigNode;
import freshet.serde.example.FeatureSchema;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The whole model: what it reads, how it is built, how it learns. Read from the {@code model:} block of the configuration,
 * together with the tasks and the names of the features.
 *
 * <p>The network's input is one row of {@link #inputWidth} numbers per example: the pooled embedding of every entry of
 * {@code embeddings}, then the {@code numbers}, then the inputs of the {@code rates}, then those of the {@code quantiles}, each in
 * configuration order.
 *
 * @param seed of initial values and dropout
 * @param schema slots of the features
 * @param tasks what is predicted, in order
 * @param tables every table of rows: embeddings, then wide, then rates, then shallow; positions are table indexes
 * @param embeddings sparse features that the network reads
 * @param numberSlots dense features that the network reads: slots of the schema
 * @param wide for every element of {@code embeddings}, in order, the index of its wide table; empty without wide part
 * @param rates running label rates; no keys without them
 * @param quantiles dense features that are read as ranks
 * @param structure what the tasks share
 * @param crossLayers number of DCN-v2 layers between input and bottom
 * @param bottom widths of the layers that all tasks share
 * @param expertCount number of experts (MMoE 2018); 0 in other structures
 * @param expertLayers widths of an expert's layers
 * @param gateDropout share of the experts that a training example loses per task, the gate renormalised
 * @param tower widths of a task's hidden layers, before its last one of width 1
 * @param shallow bias features added to the logit
 * @param balance how the losses of the tasks become one
 * @param watchWeights how positive labels are weighted by watch time
 * @param maxNumber an example with a number, label or weight beyond plus or minus this is not learnt
 * @param batchSize examples of a full mini-batch
 * @param tick a short batch is closed when event time passes a multiple of this
 * @param optimizer update rules
 * @param threads that learn one mini-batch together; has no say in what is learnt, so it is no part of {@link #json}
 * @param json the {@code model:} block as one line of JSON: {@link #read} gives an equal spec from it
 */
public record ModelSpec(
        long seed,
        FeatureSchema schema,
        List<TaskSpec> tasks,
        List<TableSpec> tables,
        List<EmbeddingSpec> embeddings,
        List<Integer> numberSlots,
        List<Integer> wide,
        RatesSpec rates,
        QuantileSpec quantiles,
        Structure structure,
        int crossLayers,
        List<Integer> bottom,
        int expertCount,
        List<Integer> expertLayers,
        float gateDropout,
        List<Integer> tower,
        ShallowSpec shallow,
        BalanceSpec balance,
        WatchWeightSpec watchWeights,
        float maxNumber,
        int batchSize,
        Duration tick,
        OptimizerSpec optimizer,
        int threads,
        String json) {

    /** Names of the tables of the shallow tower begin with this. */
    public static final String SHALLOW_PREFIX = "shallow.";

    private static final String THREADS = "threads";
    private static final int MAX_LAYER_WIDTH = 4096;
    private static final int DEFAULT_DIM = 8;

    public ModelSpec {
        tasks = List.copyOf(tasks);
        tables = List.copyOf(tables);
        embeddings = List.copyOf(embeddings);
        numberSlots = List.copyOf(numberSlots);
        wide = List.copyOf(wide);
        bottom = List.copyOf(bottom);
        expertLayers = List.copyOf(expertLayers);
        tower = List.copyOf(tower);
    }

    /** Whether the logit of any task is calibrated. */
    public boolean isCalibrated() {
        return tasks.stream().anyMatch(TaskSpec::calibrated);
    }

    public int taskCount() {
        return tasks.size();
    }

    /** Index of a task by name, or -1. */
    public int taskIndex(String name) {
        for (int task = 0; task < tasks.size(); task++) {
            if (tasks.get(task).name().equals(name)) {
                return task;
            }
        }
        return -1;
    }

    /** Width of the pooled embeddings; the numbers begin here in the network's input. */
    public int numbersOffset() {
        return embeddings.stream().mapToInt(EmbeddingSpec::dim).sum();
    }

    /** Width of one row of the network's input. */
    public int inputWidth() {
        return quantiles.inputOffset() + quantiles.inputWidth();
    }

    /** Reads the {@code model:} block; every mistake is noted on its node. */
    public static ModelSpec read(ConfigNode model, List<TaskSpec> tasks, FeatureSchema schema) {
        return new Reader(model, tasks, schema).read();
    }

    /** Collects tables while the block is read, so that features and crosses can name them by index. */
    private static final class Reader {
        private final ConfigNode model;
        private final List<TaskSpec> tasks;
        private final FeatureSchema schema;
        private final OptimizerSpec optimizer;
        private final List<TableSpec> tables = new ArrayList<>();

        Reader(ConfigNode model, List<TaskSpec> tasks, FeatureSchema schema) {
            this.model = model;
            this.tasks = tasks;
            this.schema = schema;
            optimizer = new OptimizerReader(model.child("optimizer")).read();
        }

        ModelSpec read() {
            if (tasks.isEmpty()) {
                model.problem("tasks", "found no tasks, expected at least one: there is nothing to learn");
            }
            checkTasks();
            List<EmbeddingSpec> embeddings = embeddings();
            List<Integer> numbers = numbers();
            List<Integer> wide = new ArrayList<>();
            if (model.flag("wide", false)) {
                for (EmbeddingSpec embedding : embeddings) {
                    wide.add(addTable("wide." + embedding.feature(), tasks.size(), optimizer.wide()));
                }
            }
            int ratesOffset = embeddings.stream().mapToInt(EmbeddingSpec::dim).sum() + numbers.size();
            RatesSpec rates = rates(ratesOffset);
            QuantileSpec quantiles = QuantileSpec.read(
                    model.child("quantiles"),
                    schema,
                    ratesOffset + rates.keys().size() * RatesSpec.inputsPerKey(tasks.size()));
            ShallowSpec shallow = shallow();
            ConfigNode experts = model.child("experts");
            int expertCount = experts.integer("count", 0, 0, 256);
            List<Integer> expertLayers = experts.integers("layers", List.of(64), 1, MAX_LAYER_WIDTH);
            if (expertCount > 0 && expertLayers.isEmpty()) {
                experts.problem("layers", "found none, expected the width of at least one layer");
            }
            Structure structure = structure(expertCount);
            return new ModelSpec(
                    model.longInteger("seed", 1),
                    schema,
                    tasks,
                    TableRules.apply(model.children("tables"), tables),
                    embeddings,
                    numbers,
                    wide,
                    rates,
                    quantiles,
                    structure,
                    model.integer("cross_layers", 0, 0, 8),
                    model.integers("bottom", List.of(128), 1, MAX_LAYER_WIDTH),
                    expertCount,
                    expertCount == 0 ? List.of() : expertLayers,
                    (float) model.number("gate_dropout", 0, 0, 0.9),
                    model.integers("tower", List.of(32), 1, MAX_LAYER_WIDTH),
                    shallow,
                    balance(structure),
                    WatchWeightSpec.read(model.child("watch_weights"), tasks, schema),
                    (float) model.number("max_number", 1e6, 1, 1e30),
                    model.integer("batch", 128, 1, 65536),
                    tick(),
                    optimizer,
                    model.integer(THREADS, 1, 1, 64),
                    jsonWithoutThreads());
        }

        private String jsonWithoutThreads() {
            return model.json() instanceof ObjectNode block
                    ? block.deepCopy().without(THREADS).toString()
                    : model.json().toString();
        }

        /** A task may lean on tasks before it only: so there is an order in which all can be computed. */
        private void checkTasks() {
            Map<String, TaskSpec> before = new LinkedHashMap<>();
            for (TaskSpec task : tasks) {
                String productWith = task.productWith();
                if (productWith != null) {
                    TaskSpec factor = before.get(productWith);
                    if (factor == null || !factor.loss().isProbability()) {
                        model.problem(
                                "tasks", notBefore(task, "product_with", productWith, before) + " that is logistic");
                    } else if (factor.calibrated()) {
                        model.problem(
                                "tasks",
                                "found " + productWith + " with calibration, expected none: it is a factor of "
                                        + task.name());
                    }
                }
                for (String read : task.reads()) {
                    if (!before.containsKey(read)) {
                        model.problem("tasks", notBefore(task, "reads", read, before));
                    }
                }
                if (before.putIfAbsent(task.name(), task) != null) {
                    model.problem("tasks", "found the task '" + task.name() + "' twice, expected names of their own");
                }
            }
        }

        private static String notBefore(TaskSpec task, String key, String found, Map<String, TaskSpec> before) {
            return "found '" + key + ": " + found + "' of the task '" + task.name()
                    + "', expected a task listed before it (" + String.join(", ", before.keySet()) + ")";
        }

        private Structure structure(int expertCount) {
            Structure byDefault = expertCount > 0 ? Structure.MMOE : Structure.SHARED_BOTTOM;
            Structure structure = model.oneOf("structure", Structure.class, byDefault);
            if (structure == Structure.MMOE && expertCount == 0) {
                model.problem(
                        "structure", "found 'mmoe' without experts, expected experts: {count: ..., layers: [...]}");
                return byDefault;
            }
            if (structure != Structure.MMOE && expertCount > 0) {
                model.problem("structure", "found experts beside another structure, expected mmoe, or no experts");
                return byDefault;
            }
            return structure;
        }

        private BalanceSpec balance(Structure structure) {
            ConfigNode node = model.child("balance");
            BalanceSpec balance = BalanceSpec.read(node, tasks);
            boolean nothingShared = structure == Structure.SINGLE_TASK
                    || structure == Structure.SHARED_BOTTOM
                            && model.integer("cross_layers", 0, 0, 8) == 0
                            && model.integers("bottom", List.of(128), 1, MAX_LAYER_WIDTH)
                                    .isEmpty();
            if (balance.kind() == BalanceSpec.Kind.PARETO && nothingShared) {
                node.problem("kind", "found 'pareto' where tasks share no dense parameter, expected some to weigh");
            }
            return balance;
        }

        private Duration tick() {
            Duration tick = model.duration("tick", Duration.ofMinutes(1));
            if (tick.isZero()) {
                model.problem("tick", "found 0, expected a span of time above it");
                return Duration.ofMinutes(1);
            }
            return tick;
        }

        private List<EmbeddingSpec> embeddings() {
            List<ConfigNode> nodes = model.children("embeddings");
            Map<String, Integer> dims = new LinkedHashMap<>();
            Map<String, Float> ranges = new LinkedHashMap<>();
            Set<String> features = new HashSet<>();
            for (ConfigNode node : nodes) {
                String table = tableName(node);
                if (node.has("dim")) {
                    int dim = node.integer("dim", DEFAULT_DIM, 1, 1024);
                    Integer other = dims.putIfAbsent(table, dim);
                    if (other != null && other != dim) {
                        node.problem(
                                "dim",
                                "found '" + dim + "', expected " + other + " as elsewhere for the table '" + table
                                        + "'");
                    }
                }
                if (node.has("initial_range")) {
                    ranges.putIfAbsent(table, (float) node.number("initial_range", 0, 0, 10));
                }
            }
            Map<String, Integer> tableIndexes = new LinkedHashMap<>();
            List<EmbeddingSpec> embeddings = new ArrayList<>();
            int inputOffset = 0;
            for (ConfigNode node : nodes) {
                String feature = node.string("feature");
                int slot = schema.idSlot(feature);
                if (slot < 0) {
                    node.problem("feature", unknownFeature(feature));
                }
                if (!features.add(feature)) {
                    node.problem("feature", "found '" + feature + "' a second time, expected each feature once");
                }
                String table = tableName(node);
                int dim = dims.getOrDefault(table, DEFAULT_DIM);
                float range = ranges.getOrDefault(table, 0.05f);
                Integer index = tableIndexes.get(table);
                if (index == null) {
                    tables.add(new TableSpec(
                            "embedding." + table,
                            TableSpec.Kind.EMBEDDING,
                            dim,
                            optimizer.sparse().slots(dim),
                            range));
                    index = tables.size() - 1;
                    tableIndexes.put(table, index);
                }
                embeddings.add(new EmbeddingSpec(feature, slot, index, dim, Pooling.read(node), inputOffset));
                inputOffset += dim;
            }
            return embeddings;
        }

        /** The table a feature's rows lie in: one of its own name unless it says otherwise. */
        private static String tableName(ConfigNode node) {
            return node.has("table")
                    ? node.string("table")
                    : node.json().path("feature").asText();
        }

        private List<Integer> numbers() {
            List<Integer> slots = new ArrayList<>();
            if (!model.has("numbers")) {
                for (int slot = 0; slot < schema.numberNames().size(); slot++) {
                    slots.add(slot);
                }
                return slots;
            }
            for (String name : model.strings("numbers")) {
                int slot = schema.numberSlot(name);
                if (slot < 0) {
                    model.problem(
                            "numbers",
                            "found '" + name + "', expected number features: "
                                    + String.join(", ", schema.numberNames()));
                } else {
                    slots.add(slot);
                }
            }
            return slots;
        }

        private RatesSpec rates(int inputOffset) {
            ConfigNode node = model.child("rates");
            List<CrossSpec> keys = crosses(node, "keys", "rate.", TableSpec.Kind.RATE, 2 * tasks.size());
            List<Integer> offsets = new ArrayList<>();
            for (int key = 0; key < keys.size(); key++) {
                offsets.add(inputOffset + key * RatesSpec.inputsPerKey(tasks.size()));
            }
            return new RatesSpec(keys, (float) node.number("smoothing", 20, 1e-3, 1e6), offsets);
        }

        private ShallowSpec shallow() {
            ConfigNode node = model.child("shallow");
            List<CrossSpec> crosses = crosses(node, "cross", SHALLOW_PREFIX, TableSpec.Kind.LOGIT, tasks.size());
            List<Integer> dropped = new ArrayList<>();
            for (String name : node.strings("dropped_when_serving")) {
                int slot = schema.idSlot(name);
                if (slot < 0) {
                    node.problem("dropped_when_serving", unknownFeature(name));
                }
                dropped.add(slot);
            }
            boolean missingWhenScoring = !dropped.isEmpty();
            if (dropped.isEmpty()) {
                crosses.forEach(cross -> dropped.addAll(cross.slots()));
            }
            return new ShallowSpec(
                    crosses,
                    (float) node.number("dropout", 0, 0, 0.99),
                    dropped.stream().distinct().sorted().toList(),
                    missingWhenScoring);
        }

        private List<CrossSpec> crosses(ConfigNode node, String key, String prefix, TableSpec.Kind kind, int width) {
            List<CrossSpec> crosses = new ArrayList<>();
            Set<List<String>> seen = new HashSet<>();
            for (List<String> features : node.stringLists(key)) {
                if (features.isEmpty()) {
                    node.problem(key, "found an empty list, expected the names of id features");
                    continue;
                }
                if (!seen.add(features)) {
                    node.problem(key, "found " + features + " a second time, expected each once");
                }
                List<Integer> slots = new ArrayList<>();
                for (String feature : features) {
                    if (schema.idSlot(feature) < 0) {
                        node.problem(key, unknownFeature(feature));
                    }
                    slots.add(schema.idSlot(feature));
                }
                int slotsPerRow =
                        kind == TableSpec.Kind.RATE ? 0 : optimizer.shallow().slots(width);
                tables.add(new TableSpec(prefix + String.join("*", features), kind, width, slotsPerRow, 0));
                crosses.add(new CrossSpec(features, slots, tables.size() - 1));
            }
            return crosses;
        }

        private int addTable(String name, int width, OptimizerSpec.Rows rule) {
            tables.add(new TableSpec(name, TableSpec.Kind.LOGIT, width, rule.slots(width), 0));
            return tables.size() - 1;
        }

        private String unknownFeature(String found) {
            return "found '" + found + "', expected an id feature: " + String.join(", ", schema.idNames());
        }
    }
}

package freshet.model.snapshot;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import freshet.model.batch.Counted;
import freshet.model.layer.NamedTensor;
import freshet.model.spec.ModelSpec;
import freshet.model.spec.TaskSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/**
 * {@code network.onnx}: the dense network as any ONNX runtime runs it. Weights are inline, operators those of the standard;
 * {@link NetworkCheck} lets in no others.
 *
 * <pre>
 * inputs    x            float [batch, inputWidth]   pooled embeddings, numbers, inputs of the rates
 *           bias         float [batch, tasks]        what is added to each task's logit: wide, shallow, global log-odds
 * outputs   (the task)   float [batch, 1]            one per task: a probability, an expected time or a value
 * </pre>
 *
 * <p>Matrices that read the same input (the experts' first layers, the gates) stand side by side in one product, since a
 * runtime's cost per operator weighs more than the few numbers in each. The same parameters give the same bytes.
 */
public final class OnnxNetwork {

    /** The file's name in a snapshot. */
    public static final String NAME = "network.onnx";

    /** Name of the input with the network's input rows. */
    public static final String INPUT = "x";

    /** Name of the input with what is added to the logits. */
    public static final String BIAS = "bias";

    /** Version of the operators: known to ONNX 1.12 (2022) and ONNX Runtime 1.13 and later. */
    public static final int OPSET = 17;

    /** Version of the file format that goes with it. */
    public static final int IR_VERSION = 8;

    private final ModelSpec spec;
    private final OnnxGraph graph = new OnnxGraph();
    private final Map<String, NamedTensor> parameters = new LinkedHashMap<>();

    private OnnxNetwork(ModelSpec spec, List<NamedTensor> tensors) {
        this.spec = spec;
        tensors.forEach(tensor -> parameters.put(tensor.name(), tensor));
    }

    /** The file for these parameters, which are named as in {@code ParameterLayout}. */
    static byte[] bytes(ModelSpec spec, List<NamedTensor> tensors, SortedMap<String, String> metadata) {
        return new OnnxNetwork(spec, tensors).model(metadata).toByteArray();
    }

    private ModelProto model(SortedMap<String, String> metadata) {
        graph.input(INPUT, spec.inputWidth());
        graph.input(BIAS, spec.taskCount());
        for (TaskSpec task : spec.tasks()) {
            graph.output(task.name(), 1);
        }
        build();
        ModelProto.Builder model = ModelProto.newBuilder()
                .setIrVersion(IR_VERSION)
                .setProducerName("freshet")
                .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(OPSET))
                .setGraph(graph.build("network"));
        metadata.forEach((key, value) -> model.addMetadataProps(
                StringStringEntryProto.newBuilder().setKey(key).setValue(value)));
        return model.build();
    }

    private void build() {
        List<String> towerInputs = switch (spec.structure()) {
            case MMOE -> mixtures(trunk(""));
            case SHARED_BOTTOM -> repeated(trunk(""));
            case SINGLE_TASK ->
                spec.tasks().stream().map(task -> trunk("." + task.name())).toList();
        };
        List<String> biases = graph.splitColumns(BIAS, ones(spec.taskCount()), "bias");
        List<String> heads = new ArrayList<>();
        for (int i = 0; i < spec.taskCount(); i++) {
            TaskSpec task = spec.tasks().get(i);
            heads.add(tower(task, towerInputs.get(i), heads));
            String logit = graph.add(heads.get(i), biases.get(i), "tower." + task.name() + ".logit");
            predict(task, task.calibrated() ? calibrated(task, i, logit) : logit);
        }
    }

    /**
     * Cross layers and bottom.
     *
     * @param owner stands behind the kind of a layer in names: empty, or a dot and a task's name
     */
    private String trunk(String owner) {
        String x = INPUT;
        for (int layer = 0; layer < spec.crossLayers(); layer++) {
            String name = "cross" + owner + "." + layer;
            String product = dense(x, List.of(name), name);
            x = graph.add(graph.multiply(INPUT, product, name + ".product"), x, name + ".sum");
        }
        for (int layer = 0; layer < spec.bottom().size(); layer++) {
            String name = "bottom" + owner + "." + layer;
            x = graph.relu(dense(x, List.of(name), name));
        }
        return x;
    }

    /** The head of a task; {@code heads} are those of the tasks before it. */
    private String tower(TaskSpec task, String input, List<String> heads) {
        String tower = "tower." + task.name();
        String y = input;
        if (!task.reads().isEmpty()) {
            List<String> parts = new ArrayList<>(List.of(input));
            task.reads().forEach(read -> parts.add(heads.get(spec.taskIndex(read))));
            y = graph.concatColumns(parts, tower + ".input");
        }
        for (int layer = 0; layer < spec.tower().size(); layer++) {
            y = graph.relu(dense(y, List.of(tower + "." + layer), tower + "." + layer));
        }
        return dense(y, List.of(tower + ".out"), tower + ".out");
    }

    /** Slope times the logit plus offset. */
    private String calibrated(TaskSpec task, int index, String logit) {
        String name = "tower." + task.name() + ".calibrated";
        float[] values = parameter(Counted.CALIBRATION).values();
        String slope = graph.floats(name + ".slope", new float[] {values[2 * index]}, 1);
        String offset = graph.floats(name + ".offset", new float[] {values[2 * index + 1]}, 1);
        return graph.add(graph.multiply(logit, slope, name + ".product"), offset, name);
    }

    /** The output of a task: what is predicted by its logit, and by the outputs of tasks before it. */
    private void predict(TaskSpec task, String logit) {
        String productWith = task.productWith();
        if (productWith != null) {
            String conditional = graph.sigmoid(logit, "tower." + task.name() + ".conditional");
            graph.productOutput(productWith, conditional, task.name());
        } else if (task.loss().isOdds()) {
            graph.unary("Exp", logit, task.name());
        } else {
            graph.unary(task.loss().isProbability() ? "Sigmoid" : "Identity", logit, task.name());
        }
    }

    /** The gated mixture of experts of each task, [batch, width]. */
    private List<String> mixtures(String x) {
        int experts = spec.expertCount();
        int tasks = spec.taskCount();
        List<String> firsts = new ArrayList<>();
        List<String> gates = new ArrayList<>();
        for (int expert = 0; expert < experts; expert++) {
            firsts.add("expert." + expert + ".0");
        }
        spec.tasks().forEach(task -> gates.add("gate." + task.name()));

        String outputs = graph.relu(dense(x, firsts, "experts.0"));
        int levels = spec.expertLayers().size();
        if (levels > 1) {
            int[] widths = new int[experts];
            Arrays.fill(widths, spec.expertLayers().get(0));
            List<String> ofExperts = new ArrayList<>(graph.splitColumns(outputs, widths, "experts.0"));
            for (int expert = 0; expert < experts; expert++) {
                for (int level = 1; level < levels; level++) {
                    String name = "expert." + expert + "." + level;
                    ofExperts.set(expert, graph.relu(dense(ofExperts.get(expert), List.of(name), name)));
                }
            }
            outputs = graph.concatColumns(ofExperts, "experts");
        }
        int width = spec.expertLayers().get(levels - 1);
        String stacked = graph.reshape(outputs, "experts.stacked", 0, experts, width);
        String shares = graph.softmax(graph.reshape(dense(x, gates, "gates"), "gates.stacked", 0, tasks, experts));
        String mixed = graph.reshape(graph.matMul(shares, stacked, "mixtures"), "mixtures.flat", 0, tasks * width);
        int[] widths = new int[tasks];
        Arrays.fill(widths, width);
        return graph.splitColumns(mixed, widths, "mixture");
    }

    private List<String> repeated(String x) {
        return spec.tasks().stream().map(task -> x).toList();
    }

    private static int[] ones(int count) {
        int[] ones = new int[count];
        Arrays.fill(ones, 1);
        return ones;
    }

    /** x · [W1 | W2 | ...] + [b1 | b2 | ...] for the layers of these names. */
    private String dense(String x, List<String> layers, String name) {
        List<NamedTensor> weights = new ArrayList<>();
        List<NamedTensor> biases = new ArrayList<>();
        for (String layer : layers) {
            weights.add(parameter(layer + ".weight"));
            biases.add(parameter(layer + ".bias"));
        }
        int inputs = weights.get(0).shape().get(0);
        int outputs = 0;
        for (NamedTensor bias : biases) {
            outputs += bias.values().length;
        }
        float[] weight = new float[inputs * outputs];
        float[] bias = new float[outputs];
        int column = 0;
        for (int block = 0; block < weights.size(); block++) {
            int width = biases.get(block).values().length;
            System.arraycopy(biases.get(block).values(), 0, bias, column, width);
            for (int i = 0; i < inputs; i++) {
                System.arraycopy(weights.get(block).values(), i * width, weight, i * outputs + column, width);
            }
            column += width;
        }
        return graph.gemm(
                x,
                graph.floats(name + ".weight", weight, inputs, outputs),
                graph.floats(name + ".bias", bias, outputs),
                name);
    }

    private NamedTensor parameter(String name) {
        NamedTensor tensor = parameters.get(name);
        if (tensor == null) {
            throw new IllegalArgumentException("writing " + NAME + ": found no parameter '" + name
                    + "', expected it among " + parameters.keySet());
        }
        return tensor;
    }
}

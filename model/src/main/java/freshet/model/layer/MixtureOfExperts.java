package freshet.model.layer;

import freshet.model.math.CounterRandom;
import freshet.model.math.DropoutStream;
import freshet.model.math.ElementKernel;
import freshet.model.math.ProductKernel;
import freshet.model.math.StableMath;
import freshet.model.spec.ModelSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * MMoE (Ma et al. 2018, section 4.2): experts that all tasks share, and per task a softmax gate that mixes their outputs.
 * In training a gate may lose experts and is renormalised over the rest (YouTube 2019, section 5.2.2).
 *
 * <p>x is [batch, inputs], the mixture of one task [batch, width]. Threads as with {@link DenseLayer}.
 */
final class MixtureOfExperts {
    private final int tasks;
    private final int experts;
    private final float dropout;
    private final long dropoutKey;
    /** The experts' first layers, side by side. */
    private final DenseLayer first;
    /** {@code [level - 1][expert]}: their later layers. */
    private final List<List<DenseLayer>> later = new ArrayList<>();

    private final int[] widths;
    private final DenseLayer gates;
    private final float[] zeros;

    /** {@code [level]}: {@code [batch, experts * widths[level]]}. */
    private final Activation[] outputs;
    /** {@code [batch, tasks * experts]}: the gates' logits. */
    private Activation gateLogits = Activation.of(0, 0);
    /** {@code [batch, tasks * experts]}: what multiplies each expert. */
    private float[] gateValues = new float[0];
    /** {@code [batch, tasks * width]}. */
    private Activation mixtures = gateLogits;

    MixtureOfExperts(ParameterLayout layout, ElementKernel elements, ModelSpec spec, int inputs) {
        tasks = spec.taskCount();
        experts = spec.expertCount();
        dropout = spec.gateDropout();
        dropoutKey = CounterRandom.key(spec.seed(), DropoutStream.GATES);
        widths = spec.expertLayers().stream().mapToInt(Integer::intValue).toArray();
        outputs = new Activation[widths.length];
        Arrays.fill(outputs, gateLogits);
        zeros = new float[width()];
        int[] shared = new int[experts];
        Arrays.fill(shared, ParameterLayout.SHARED);
        List<String> firstNames = new ArrayList<>();
        for (int expert = 0; expert < experts; expert++) {
            firstNames.add("expert." + expert + ".0");
        }
        first = new DenseLayer(layout, elements, inputs, firstNames, shared, widths[0], DenseLayer.Activity.RELU);
        for (int level = 1; level < widths.length; level++) {
            List<DenseLayer> layers = new ArrayList<>();
            for (int expert = 0; expert < experts; expert++) {
                layers.add(DenseLayer.of(
                        layout,
                        elements,
                        widths[level - 1],
                        "expert." + expert + "." + level,
                        ParameterLayout.SHARED,
                        widths[level],
                        DenseLayer.Activity.RELU));
            }
            later.add(layers);
        }
        int[] owners = new int[tasks];
        List<String> gateNames = new ArrayList<>();
        for (int task = 0; task < tasks; task++) {
            owners[task] = task;
            gateNames.add("gate." + spec.tasks().get(task).name());
        }
        gates = new DenseLayer(layout, elements, inputs, gateNames, owners, experts, DenseLayer.Activity.NONE);
    }

    /** Width of a mixture. */
    int width() {
        return widths[widths.length - 1];
    }

    List<DenseLayer> layers() {
        List<DenseLayer> layers = new ArrayList<>(List.of(first));
        later.forEach(layers::addAll);
        layers.add(gates);
        return layers;
    }

    /** Makes room for this many examples; x's gradient is overwritten. */
    void connect(Activation x, int batch) {
        for (int level = 0; level < widths.length; level++) {
            outputs[level] = Activation.of(batch, experts * widths[level]);
        }
        gateLogits = Activation.of(batch, tasks * experts);
        gateValues = new float[batch * tasks * experts];
        mixtures = Activation.of(batch, tasks * width());
        gates.connect(x, gateLogits, DenseLayer.Into.SET); // goes back first
        first.connect(x, outputs[0], DenseLayer.Into.ADD);
        for (int level = 1; level < widths.length; level++) {
            for (int expert = 0; expert < experts; expert++) {
                later.get(level - 1)
                        .get(expert)
                        .connect(
                                outputs[level - 1].fromColumn(expert * widths[level - 1]),
                                outputs[level].fromColumn(expert * widths[level]),
                                DenseLayer.Into.SET);
            }
        }
    }

    /** [batch, width]: what the towers of this task read. */
    Activation mixture(int task) {
        return mixtures.fromColumn(task * width());
    }

    /** Rows {@code [from, to)}: x -> the mixture of every task, without dropout. */
    void forward(ProductKernel kernel, int from, int to) {
        first.forward(kernel, from, to);
        for (int level = 0; level < later.size(); level++) {
            for (int expert = 0; expert < experts; expert++) {
                later.get(level).get(expert).forward(kernel, from, to);
            }
        }
        gates.forward(kernel, from, to);
        float[] logits = gateLogits.values().values();
        for (int gate = from * tasks; gate < to * tasks; gate++) {
            softmax(logits, gate * experts, experts, gateValues);
        }
        mix(kernel, from, to);
    }

    /** After {@link #forward}, rows {@code [from, to)}: the mixtures again, some experts lost to each gate. */
    void dropExperts(ProductKernel kernel, int from, int to, long step) {
        long key = CounterRandom.key(dropoutKey, step);
        for (int gate = from * tasks; gate < to * tasks; gate++) {
            int at = gate * experts;
            float kept = 0;
            for (int expert = 0; expert < experts; expert++) {
                if (CounterRandom.uniform(key, at + expert) >= dropout) {
                    kept += gateValues[at + expert];
                }
            }
            if (kept == 0) {
                continue; // every expert was lost, or all that counted: this gate stays whole
            }
            for (int expert = 0; expert < experts; expert++) {
                boolean lost = CounterRandom.uniform(key, at + expert) < dropout;
                gateValues[at + expert] = lost ? 0 : gateValues[at + expert] / kept;
            }
        }
        mix(kernel, from, to);
    }

    /** gate values [tasks, experts] · expert outputs [experts, width] -> mixtures [tasks, width], for each example. */
    private void mix(ProductKernel kernel, int from, int to) {
        int width = width();
        MatrixView expertOutputs = outputs[widths.length - 1].values();
        MatrixView mixed = mixtures.values();
        for (int i = from; i < to; i++) {
            kernel.product(
                    gateValues,
                    i * tasks * experts,
                    experts,
                    1,
                    expertOutputs.values(),
                    expertOutputs.row(i),
                    width,
                    zeros,
                    0,
                    0,
                    mixed.values(),
                    mixed.row(i),
                    width,
                    tasks,
                    experts,
                    width);
        }
    }

    /** Adds up what each gate gave to each expert over the first {@code batch} examples, {@code [tasks * experts]}. */
    void addUse(int batch, double[] sums) {
        int gates = tasks * experts;
        for (int i = 0; i < batch; i++) {
            for (int gate = 0; gate < gates; gate++) {
                sums[gate] += gateValues[i * gates + gate];
            }
        }
    }

    /** Rows {@code [from, to)}: the mixtures' gradients -> x's gradient. */
    void backward(ProductKernel kernel, int from, int to) {
        for (int i = from; i < to; i++) {
            mixBackward(kernel, i);
        }
        gates.backward(kernel, from, to);
        for (int level = later.size() - 1; level >= 0; level--) {
            for (int expert = 0; expert < experts; expert++) {
                later.get(level).get(expert).backward(kernel, from, to);
            }
        }
        first.backward(kernel, from, to);
    }

    private void mixBackward(ProductKernel kernel, int example) {
        int width = width();
        Activation last = outputs[widths.length - 1];
        MatrixView expertOutputs = last.values();
        MatrixView expertGradients = last.gradients();
        MatrixView dMixed = mixtures.gradients();
        // The gradient of each gate value; then of the logits behind them.
        MatrixView dGates = gateLogits.gradients();
        kernel.dots(
                dMixed.values(),
                dMixed.row(example),
                width,
                tasks,
                expertOutputs.values(),
                expertOutputs.row(example),
                width,
                experts,
                width,
                dGates.values(),
                dGates.row(example));
        for (int task = 0; task < tasks; task++) {
            softmaxBackward(gateValues, dGates.values(), (example * tasks + task) * experts, experts);
        }
        // Each expert's gradient is a sum over tasks: the gate values read as their transpose.
        kernel.product(
                gateValues,
                example * tasks * experts,
                1,
                experts,
                dMixed.values(),
                dMixed.row(example),
                width,
                zeros,
                0,
                0,
                expertGradients.values(),
                expertGradients.row(example),
                width,
                experts,
                tasks,
                width);
    }

    /**
     * The softmax's gradient, in place: d logit = value * (d value - sum of value * d value). A gate that lost experts is a
     * softmax over those it kept, so the same formula holds with the renormalised values.
     */
    private static void softmaxBackward(float[] values, float[] gradients, int at, int size) {
        float mean = 0;
        for (int i = at; i < at + size; i++) {
            mean = Math.fma(values[i], values[i] == 0 ? 0 : gradients[i], mean);
        }
        for (int i = at; i < at + size; i++) {
            gradients[i] = values[i] == 0 ? 0 : values[i] * (gradients[i] - mean);
        }
    }

    /** Softmax of {@code size} logits from {@code at} on, into the same places of another array. */
    static void softmax(float[] logits, int at, int size, float[] into) {
        float max = logits[at];
        for (int i = 1; i < size; i++) {
            max = Math.max(max, logits[at + i]);
        }
        float sum = 0;
        for (int i = 0; i < size; i++) {
            float e = StableMath.exp(logits[at + i] - max);
            into[at + i] = e;
            sum += e;
        }
        for (int i = 0; i < size; i++) {
            into[at + i] /= sum;
        }
    }
}

package freshet.model.layer;

import freshet.model.math.CounterRandom;
import freshet.model.math.DropoutStream;
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
 * <p>x is [batch, inputs], the mixture of one task [batch, expertWidth]. Keeps its activations between forward and backward:
 * one thread.
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
    private final ProductKernel product = ProductKernel.best();

    private int capacity;
    /** {@code [level][batch, experts, widths[level]]}. */
    private float[][] outputs = new float[0][];

    private float[][] outputGradients = new float[0][];
    /** {@code [batch, tasks, experts]}: the gates' logits, then what multiplies each expert. */
    private float[] gateLogits = new float[0];

    private float[] gateValues = new float[0];
    private float[] gateGradients = new float[0];
    /** {@code [task][batch, expertWidth]}. */
    private float[][] mixtures = new float[0][];

    private final float[][] expertRows;
    private final float[][] mixtureRows;
    private final float[] mixed;

    MixtureOfExperts(ParameterLayout layout, ModelSpec spec, int inputs) {
        tasks = spec.taskCount();
        experts = spec.expertCount();
        dropout = spec.gateDropout();
        dropoutKey = CounterRandom.key(spec.seed(), DropoutStream.GATES);
        widths = spec.expertLayers().stream().mapToInt(Integer::intValue).toArray();
        int[] shared = new int[experts];
        Arrays.fill(shared, ParameterLayout.SHARED);
        List<String> firstNames = new ArrayList<>();
        for (int expert = 0; expert < experts; expert++) {
            firstNames.add("expert." + expert + ".0");
        }
        first = new DenseLayer(layout, inputs, firstNames, shared, widths[0], DenseLayer.Activation.RELU);
        for (int level = 1; level < widths.length; level++) {
            List<DenseLayer> layers = new ArrayList<>();
            for (int expert = 0; expert < experts; expert++) {
                layers.add(DenseLayer.of(
                        layout,
                        widths[level - 1],
                        "expert." + expert + "." + level,
                        ParameterLayout.SHARED,
                        widths[level],
                        DenseLayer.Activation.RELU));
            }
            later.add(layers);
        }
        int[] owners = new int[tasks];
        List<String> gateNames = new ArrayList<>();
        for (int task = 0; task < tasks; task++) {
            owners[task] = task;
            gateNames.add("gate." + spec.tasks().get(task).name());
        }
        gates = new DenseLayer(layout, inputs, gateNames, owners, experts, DenseLayer.Activation.NONE);
        expertRows = new float[experts][ProductKernel.padded(width())];
        mixtureRows = new float[tasks][ProductKernel.padded(width())];
        mixed = new float[tasks * width()];
    }

    /** Width of a mixture. */
    int width() {
        return widths[widths.length - 1];
    }

    void initialise(long seed, float[] parameters) {
        first.initialise(seed, parameters);
        later.forEach(level -> level.forEach(layer -> layer.initialise(seed, parameters)));
        gates.initialise(seed, parameters);
    }

    void load(float[] parameters) {
        first.load(parameters);
        for (List<DenseLayer> level : later) {
            for (DenseLayer layer : level) {
                layer.load(parameters);
            }
        }
        gates.load(parameters);
    }

    /** x [batch, inputs] -> the mixture of every task, without dropout. */
    void forward(MatrixView x, int batch) {
        reserve(batch);
        first.forward(x, batch, level(outputs, 0));
        for (int level = 1; level < widths.length; level++) {
            for (int expert = 0; expert < experts; expert++) {
                later.get(level - 1)
                        .get(expert)
                        .forward(
                                level(outputs, level - 1).fromColumn(expert * widths[level - 1]),
                                batch,
                                level(outputs, level).fromColumn(expert * widths[level]));
            }
        }
        gates.forward(x, batch, MatrixView.of(gateLogits, tasks * experts));
        for (int gate = 0; gate < batch * tasks; gate++) {
            softmax(gateLogits, gate * experts, experts, gateValues);
        }
        mix(batch);
    }

    /** After {@link #forward}: the mixtures again, some experts lost to each gate. */
    void dropExperts(int batch, long step) {
        long key = CounterRandom.key(dropoutKey, step);
        for (int gate = 0; gate < batch * tasks; gate++) {
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
        mix(batch);
    }

    /** [batch, width]: what the towers of this task read. */
    MatrixView mixture(int task) {
        return MatrixView.of(mixtures[task], width());
    }

    /** gate values [batch, tasks, experts], expert outputs [batch, experts, width] -> mixtures [task][batch, width]. */
    private void mix(int batch) {
        int width = width();
        float[] expertOutputs = outputs[widths.length - 1];
        for (int i = 0; i < batch; i++) {
            for (int expert = 0; expert < experts; expert++) {
                System.arraycopy(expertOutputs, (i * experts + expert) * width, expertRows[expert], 0, width);
            }
            Arrays.fill(mixed, 0f);
            product.addTo(
                    gateValues, i * tasks * experts, experts, 1, expertRows, mixed, 0, width, tasks, experts, width);
            for (int task = 0; task < tasks; task++) {
                System.arraycopy(mixed, task * width, mixtures[task], i * width, width);
            }
        }
    }

    /** Gradients of the mixtures [task][batch, width] -> gradients of the parameters; dx [batch, inputs], added to. */
    void backward(MatrixView x, float[][] dMixtures, int batch, float[] gradients, MatrixView dx) {
        int width = width();
        int last = widths.length - 1;
        for (int level = 0; level <= last; level++) {
            Arrays.fill(outputGradients[level], 0, batch * experts * widths[level], 0f);
        }
        for (int i = 0; i < batch; i++) {
            for (int task = 0; task < tasks; task++) {
                System.arraycopy(dMixtures[task], i * width, mixtureRows[task], 0, width);
            }
            for (int task = 0; task < tasks; task++) {
                gateBackward(i, task, mixtureRows[task], outputs[last]);
            }
            // Each expert's gradient is a sum over tasks: the gate values read as their transpose.
            product.addTo(
                    gateValues,
                    i * tasks * experts,
                    1,
                    experts,
                    mixtureRows,
                    outputGradients[last],
                    i * experts * width,
                    width,
                    experts,
                    tasks,
                    width);
        }
        MatrixView gateView = MatrixView.of(gateLogits, tasks * experts);
        gates.backward(x, gateView, MatrixView.of(gateGradients, tasks * experts), batch, gradients, dx);
        for (int level = last; level > 0; level--) {
            for (int expert = 0; expert < experts; expert++) {
                later.get(level - 1)
                        .get(expert)
                        .backward(
                                level(outputs, level - 1).fromColumn(expert * widths[level - 1]),
                                level(outputs, level).fromColumn(expert * widths[level]),
                                level(outputGradients, level).fromColumn(expert * widths[level]),
                                batch,
                                gradients,
                                level(outputGradients, level - 1).fromColumn(expert * widths[level - 1]));
            }
        }
        first.backward(x, level(outputs, 0), level(outputGradients, 0), batch, gradients, dx);
    }

    /**
     * The softmax's gradient. A gate that lost experts is a softmax over those it kept, so the same formula holds with the
     * renormalised values: d logit = value * (d value - sum of value * d value).
     */
    private void gateBackward(int example, int task, float[] dMixture, float[] expertOutputs) {
        int width = width();
        int at = (example * tasks + task) * experts;
        float mean = 0;
        for (int expert = 0; expert < experts; expert++) {
            float dot = gateValues[at + expert] == 0
                    ? 0
                    : dot(dMixture, expertOutputs, (example * experts + expert) * width, width);
            gateGradients[at + expert] = dot;
            mean = Math.fma(gateValues[at + expert], dot, mean);
        }
        for (int expert = 0; expert < experts; expert++) {
            gateGradients[at + expert] = gateValues[at + expert] * (gateGradients[at + expert] - mean);
        }
    }

    /** The sum of products in four interleaved parts, so that one addition need not wait for the one before it. */
    private static float dot(float[] a, float[] b, int offset, int width) {
        float s0 = 0;
        float s1 = 0;
        float s2 = 0;
        float s3 = 0;
        int j = 0;
        for (; j + 4 <= width; j += 4) {
            s0 = Math.fma(a[j], b[offset + j], s0);
            s1 = Math.fma(a[j + 1], b[offset + j + 1], s1);
            s2 = Math.fma(a[j + 2], b[offset + j + 2], s2);
            s3 = Math.fma(a[j + 3], b[offset + j + 3], s3);
        }
        for (; j < width; j++) {
            s0 = Math.fma(a[j], b[offset + j], s0);
        }
        return s0 + s1 + (s2 + s3);
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

    private MatrixView level(float[][] of, int level) {
        return MatrixView.of(of[level], experts * widths[level]);
    }

    private void reserve(int batch) {
        if (capacity >= batch) {
            return;
        }
        capacity = batch;
        outputs = new float[widths.length][];
        outputGradients = new float[widths.length][];
        for (int level = 0; level < widths.length; level++) {
            outputs[level] = new float[batch * experts * widths[level]];
            outputGradients[level] = new float[batch * experts * widths[level]];
        }
        gateLogits = new float[batch * tasks * experts];
        gateValues = new float[batch * tasks * experts];
        gateGradients = new float[batch * tasks * experts];
        mixtures = new float[tasks][batch * width()];
    }
}

package freshet.model.layer;

import freshet.model.spec.ModelSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The dense network: cross layers, bottom, experts and gates, towers. Reads its input row per example and gives one head per
 * task, to which the logit offsets (wide, shallow, global log-odds) are still to be added.
 *
 * <p>{@link #load} first, and again whenever the parameters have changed. {@link #backward} goes with the last forward pass.
 * Holds activations: one thread.
 */
public final class Network {
    private final int tasks;
    private final int inputWidth;
    private final float gateDropout;
    private final long seed;
    private final ParameterLayout layout = new ParameterLayout();
    private final List<CrossLayer> crosses = new ArrayList<>();
    private final Mlp bottom;
    /** Holds one element, or none for a shared bottom. */
    private final List<MixtureOfExperts> mixture;

    private final List<Mlp> towers = new ArrayList<>();

    private int capacity;
    /** {@code [layer][batch, inputWidth]}: outputs of the cross layers and their gradients. */
    private float[][] crossOutputs = new float[0][];

    private float[][] crossGradients = new float[0][];
    private float[] bottomGradient = new float[0];
    private float[][] towerInputGradients = new float[0][];
    private float[] headGradient = new float[0];
    private MatrixView bottomOutput = MatrixView.of(new float[0], 0);

    public Network(ModelSpec spec) {
        tasks = spec.taskCount();
        inputWidth = spec.inputWidth();
        gateDropout = spec.gateDropout();
        seed = spec.seed();
        for (int layer = 0; layer < spec.crossLayers(); layer++) {
            crosses.add(new CrossLayer(layout, "cross." + layer, inputWidth));
        }
        bottom = new Mlp(layout, "bottom", ParameterLayout.SHARED, inputWidth, spec.bottom());
        mixture =
                spec.expertCount() == 0 ? List.of() : List.of(new MixtureOfExperts(layout, spec, bottom.outputWidth()));
        for (int task = 0; task < tasks; task++) {
            String name = "tower." + spec.tasks().get(task).name();
            towers.add(new Mlp(layout, name, task, towerInputWidth(), spec.tower()).withHead(layout, name, task, 1));
        }
    }

    public ParameterLayout layout() {
        return layout;
    }

    /** Initial parameters: a pure function of the seed and their names. */
    public float[] initialParameters() {
        float[] parameters = new float[layout.floats()];
        crosses.forEach(layer -> layer.initialise(seed, parameters));
        bottom.initialise(seed, parameters);
        mixture.forEach(layer -> layer.initialise(seed, parameters));
        towers.forEach(layer -> layer.initialise(seed, parameters));
        return parameters;
    }

    /** Takes over the parameters: an arena of {@link #layout}. Their later changes are not seen until the next call. */
    public void load(float[] parameters) {
        for (CrossLayer layer : crosses) {
            layer.load(parameters);
        }
        bottom.load(parameters);
        for (MixtureOfExperts layer : mixture) {
            layer.load(parameters);
        }
        for (Mlp tower : towers) {
            tower.load(parameters);
        }
    }

    /** input [batch, inputWidth] -> heads [batch, tasks], without dropout. */
    public void forward(float[] input, int batch, float[] heads) {
        reserve(batch);
        float[] x = input;
        for (int layer = 0; layer < crosses.size(); layer++) {
            crosses.get(layer).forward(input, x, batch, crossOutputs[layer]);
            x = crossOutputs[layer];
        }
        bottomOutput = bottom.forward(MatrixView.of(x, inputWidth), batch);
        for (MixtureOfExperts layer : mixture) {
            layer.forward(bottomOutput, batch);
        }
        towers(batch, heads);
    }

    /** After {@link #forward}: the heads again with the gate dropout of a training step, if there is any. */
    public void drop(int batch, long step, float[] heads) {
        if (gateDropout == 0 || mixture.isEmpty()) {
            return;
        }
        for (MixtureOfExperts layer : mixture) {
            layer.dropExperts(batch, step);
        }
        towers(batch, heads);
    }

    private void towers(int batch, float[] heads) {
        for (int task = 0; task < tasks; task++) {
            MatrixView head = towers.get(task).forward(towerInput(task), batch);
            for (int i = 0; i < batch; i++) {
                heads[i * tasks + task] = head.values()[i];
            }
        }
    }

    /**
     * Gradient of the heads [batch, tasks] -> gradients of the parameters, an arena overwritten; dInput [batch, inputWidth],
     * overwritten.
     */
    public void backward(float[] input, float[] dHeads, int batch, float[] gradients, float[] dInput) {
        int bottomWidth = bottom.outputWidth();
        Arrays.fill(bottomGradient, 0, batch * bottomWidth, 0f);
        MatrixView dBottom = MatrixView.of(bottomGradient, bottomWidth);
        for (int task = 0; task < tasks; task++) {
            for (int i = 0; i < batch; i++) {
                headGradient[i] = dHeads[i * tasks + task];
            }
            MatrixView dTowerInput = dBottom;
            if (!mixture.isEmpty()) {
                Arrays.fill(towerInputGradients[task], 0, batch * towerInputWidth(), 0f);
                dTowerInput = MatrixView.of(towerInputGradients[task], towerInputWidth());
            }
            towers.get(task).backward(towerInput(task), MatrixView.of(headGradient, 1), batch, gradients, dTowerInput);
        }
        for (MixtureOfExperts layer : mixture) {
            layer.backward(bottomOutput, towerInputGradients, batch, gradients, dBottom);
        }
        int size = batch * inputWidth;
        Arrays.fill(dInput, 0, size, 0f);
        for (float[] gradient : crossGradients) {
            Arrays.fill(gradient, 0, size, 0f);
        }
        int last = crosses.size() - 1;
        float[] dBottomInput = last < 0 ? dInput : crossGradients[last];
        float[] bottomInput = last < 0 ? input : crossOutputs[last];
        bottom.backward(
                MatrixView.of(bottomInput, inputWidth),
                dBottom,
                batch,
                gradients,
                MatrixView.of(dBottomInput, inputWidth));
        for (int layer = last; layer >= 0; layer--) {
            float[] x = layer == 0 ? input : crossOutputs[layer - 1];
            float[] dx = layer == 0 ? dInput : crossGradients[layer - 1];
            crosses.get(layer).backward(input, x, crossGradients[layer], batch, gradients, dInput, dx);
        }
    }

    private int towerInputWidth() {
        return mixture.isEmpty() ? bottom.outputWidth() : mixture.get(0).width();
    }

    private MatrixView towerInput(int task) {
        return mixture.isEmpty() ? bottomOutput : mixture.get(0).mixture(task);
    }

    private void reserve(int batch) {
        if (capacity >= batch) {
            return;
        }
        capacity = batch;
        crossOutputs = new float[crosses.size()][batch * inputWidth];
        crossGradients = new float[crosses.size()][batch * inputWidth];
        bottomGradient = new float[batch * bottom.outputWidth()];
        towerInputGradients = new float[tasks][batch * towerInputWidth()];
        headGradient = new float[batch];
    }
}

package freshet.model.layer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Dense layers one after the other, each with ReLU except, if asked for, a last linear one. Keeps its activations between
 * forward and backward: one thread.
 */
final class Mlp {
    private final int inputs;
    private final List<DenseLayer> layers = new ArrayList<>();
    private float[][] outputs = new float[0][];
    private float[][] gradients = new float[0][];
    private int capacity;

    /** @param name layer L is called {@code NAME.L} */
    Mlp(ParameterLayout layout, String name, int task, int inputs, List<Integer> widths) {
        this.inputs = inputs;
        int width = inputs;
        for (int layer = 0; layer < widths.size(); layer++) {
            layers.add(DenseLayer.of(
                    layout, width, name + "." + layer, task, widths.get(layer), DenseLayer.Activation.RELU));
            width = widths.get(layer);
        }
    }

    /** Adds a last layer without ReLU, called {@code NAME.out}. */
    Mlp withHead(ParameterLayout layout, String name, int task, int width) {
        layers.add(DenseLayer.of(layout, outputWidth(), name + ".out", task, width, DenseLayer.Activation.NONE));
        return this;
    }

    int outputWidth() {
        return layers.isEmpty() ? inputs : layers.get(layers.size() - 1).outputs();
    }

    void initialise(long seed, float[] parameters) {
        layers.forEach(layer -> layer.initialise(seed, parameters));
    }

    void load(float[] parameters) {
        for (DenseLayer layer : layers) {
            layer.load(parameters);
        }
    }

    /** x [batch, inputs] -> [batch, outputWidth]; x itself if there are no layers. */
    MatrixView forward(MatrixView x, int batch) {
        reserve(batch);
        MatrixView input = x;
        for (int i = 0; i < layers.size(); i++) {
            MatrixView output = output(i);
            layers.get(i).forward(input, batch, output);
            input = output;
        }
        return input;
    }

    /** dy [batch, outputWidth] -> gradients of the parameters; dx [batch, inputs], added to. */
    void backward(MatrixView x, MatrixView dy, int batch, float[] parameterGradients, MatrixView dx) {
        MatrixView outputGradient = dy;
        for (int i = layers.size() - 1; i >= 0; i--) {
            MatrixView input = i == 0 ? x : output(i - 1);
            MatrixView inputGradient = dx;
            if (i > 0) {
                int width = layers.get(i - 1).outputs();
                Arrays.fill(gradients[i - 1], 0, batch * width, 0f);
                inputGradient = MatrixView.of(gradients[i - 1], width);
            }
            layers.get(i).backward(input, output(i), outputGradient, batch, parameterGradients, inputGradient);
            outputGradient = inputGradient;
        }
        if (layers.isEmpty()) {
            addRows(dy, batch, inputs, dx);
        }
    }

    static void addRows(MatrixView from, int batch, int width, MatrixView to) {
        for (int i = 0; i < batch; i++) {
            for (int j = 0; j < width; j++) {
                to.values()[to.offset() + i * to.stride() + j] += from.values()[from.offset() + i * from.stride() + j];
            }
        }
    }

    private MatrixView output(int layer) {
        return MatrixView.of(outputs[layer], layers.get(layer).outputs());
    }

    private void reserve(int batch) {
        if (capacity >= batch) {
            return;
        }
        capacity = batch;
        outputs = new float[layers.size()][];
        gradients = new float[layers.size()][];
        for (int i = 0; i < layers.size(); i++) {
            outputs[i] = new float[batch * layers.get(i).outputs()];
            gradients[i] = new float[batch * layers.get(i).outputs()];
        }
    }
}

package freshet.model.layer;

import freshet.model.math.ElementKernel;
import freshet.model.math.ProductKernel;
import java.util.ArrayList;
import java.util.List;

/**
 * Dense layers one after the other, each with ReLU except, if asked for, a last linear one. Without layers its output is its
 * input. Threads as with {@link DenseLayer}.
 */
final class Mlp {
    private final int inputs;
    private final ElementKernel elements;
    private final List<DenseLayer> layers = new ArrayList<>();

    /** @param name layer L is called {@code NAME.L} */
    Mlp(ParameterLayout layout, ElementKernel elements, String name, int task, int inputs, List<Integer> widths) {
        this.inputs = inputs;
        this.elements = elements;
        int width = inputs;
        for (int layer = 0; layer < widths.size(); layer++) {
            layers.add(DenseLayer.of(
                    layout, elements, width, name + "." + layer, task, widths.get(layer), DenseLayer.Activity.RELU));
            width = widths.get(layer);
        }
    }

    /** Adds a last layer without ReLU, called {@code NAME.out}. */
    Mlp withHead(ParameterLayout layout, String name, int task, int width) {
        layers.add(
                DenseLayer.of(layout, elements, outputWidth(), name + ".out", task, width, DenseLayer.Activity.NONE));
        return this;
    }

    int outputWidth() {
        return layers.isEmpty() ? inputs : layers.get(layers.size() - 1).outputs();
    }

    List<DenseLayer> layers() {
        return layers;
    }

    /** Makes room for this many examples; returns the output. */
    Activation connect(Activation x, int batch, DenseLayer.Into into) {
        return connect(x, layers.isEmpty() ? x : Activation.of(batch, outputWidth()), batch, into);
    }

    /** The same with a given place for the output. */
    Activation connect(Activation x, Activation y, int batch, DenseLayer.Into into) {
        Activation input = x;
        for (int i = 0; i < layers.size(); i++) {
            DenseLayer layer = layers.get(i);
            Activation output = i == layers.size() - 1 ? y : Activation.of(batch, layer.outputs());
            layer.connect(input, output, i == 0 ? into : DenseLayer.Into.SET);
            input = output;
        }
        return y;
    }

    /** Rows {@code [from, to)}. */
    void forward(ProductKernel kernel, int from, int to) {
        for (int i = 0; i < layers.size(); i++) {
            layers.get(i).forward(kernel, from, to);
        }
    }

    /** Rows {@code [from, to)}: the output's gradient -> the input's. */
    void backward(ProductKernel kernel, int from, int to) {
        for (int i = layers.size() - 1; i >= 0; i--) {
            layers.get(i).backward(kernel, from, to);
        }
    }
}

package freshet.model.layer;

import freshet.model.math.ElementKernel;
import freshet.model.math.ProductKernel;
import freshet.model.spec.ModelSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What lies between the input and the experts or towers: DCN-v2 cross layers, then the bottom. Without either, its output is
 * its input. Threads as with {@link DenseLayer}.
 */
final class Trunk {
    private final int inputWidth;
    private final List<CrossLayer> crosses = new ArrayList<>();
    private final Mlp bottom;
    private Activation input = Activation.of(0, 0);
    private Activation output = input;
    private DenseLayer.Into into = DenseLayer.Into.SET;
    /** Outputs of the cross layers. */
    private final List<Activation> crossOutputs = new ArrayList<>();

    /**
     * @param owner stands behind the kind of a layer in names: empty, or a dot and a task's name
     * @param task the task its parameters belong to, or {@link ParameterLayout#SHARED}
     */
    Trunk(ParameterLayout layout, ElementKernel elements, ModelSpec spec, String owner, int task) {
        inputWidth = spec.inputWidth();
        for (int layer = 0; layer < spec.crossLayers(); layer++) {
            crosses.add(new CrossLayer(layout, elements, "cross" + owner + "." + layer, task, inputWidth));
        }
        bottom = new Mlp(layout, elements, "bottom" + owner, task, inputWidth, spec.bottom());
    }

    List<DenseLayer> layers() {
        List<DenseLayer> layers = new ArrayList<>();
        crosses.forEach(layer -> layers.add(layer.dense()));
        layers.addAll(bottom.layers());
        return layers;
    }

    int outputWidth() {
        return bottom.outputWidth();
    }

    boolean isEmpty() {
        return crosses.isEmpty() && bottom.layers().isEmpty();
    }

    /**
     * Makes room for this many examples.
     *
     * @param newInto whether this trunk is the first to give the input its gradient
     */
    void connect(Activation newInput, int batch, DenseLayer.Into newInto) {
        input = newInput;
        into = newInto;
        crossOutputs.clear();
        Activation x = input;
        for (CrossLayer layer : crosses) {
            x = layer.connect(input, x, batch);
            crossOutputs.add(x);
        }
        output = bottom.connect(x, batch, crosses.isEmpty() ? into : DenseLayer.Into.SET);
    }

    /** [batch, outputWidth]. */
    Activation output() {
        return output;
    }

    /** Rows {@code [from, to)}. */
    void forward(ProductKernel kernel, int from, int to) {
        for (int layer = 0; layer < crosses.size(); layer++) {
            crosses.get(layer).forward(kernel, from, to);
        }
        bottom.forward(kernel, from, to);
    }

    /** Rows {@code [from, to)}: the output's gradient -> the input's. */
    void backward(ProductKernel kernel, int from, int to) {
        if (!crosses.isEmpty() && into == DenseLayer.Into.SET) {
            clear(input, from, to); // every cross layer adds to it
        }
        bottom.backward(kernel, from, to);
        for (int layer = crosses.size() - 1; layer >= 0; layer--) {
            if (layer > 0) {
                clear(crossOutputs.get(layer - 1), from, to);
            }
            crosses.get(layer).backward(kernel, from, to);
        }
    }

    private void clear(Activation activation, int from, int to) {
        Arrays.fill(activation.gradients().values(), from * inputWidth, to * inputWidth, 0f);
    }
}

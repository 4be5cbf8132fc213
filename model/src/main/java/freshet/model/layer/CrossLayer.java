package freshet.model.layer;

import freshet.model.math.ElementKernel;
import freshet.model.math.ProductKernel;

/**
 * One layer of DCN-v2 (Wang et al. 2021, equation 1): {@code y = input ⊙ (x · W + bias) + x}, where input is what the first
 * of these layers read. All are [batch, width] without gaps. Threads as with {@link DenseLayer}.
 */
final class CrossLayer {
    private final int width;
    private final DenseLayer dense;
    private Activation input = Activation.of(0, 0);
    private Activation x = input;
    private Activation y = input;
    private Activation product = input;

    CrossLayer(ParameterLayout layout, ElementKernel elements, String name, int task, int width) {
        this.width = width;
        this.dense = DenseLayer.of(layout, elements, width, name, task, width, DenseLayer.Activity.NONE);
    }

    DenseLayer dense() {
        return dense;
    }

    /** Makes room for this many examples; returns y. */
    Activation connect(Activation input, Activation x, int batch) {
        this.input = input;
        this.x = x;
        y = Activation.of(batch, width);
        product = Activation.of(batch, width);
        dense.connect(x, product, DenseLayer.Into.ADD);
        return y;
    }

    /** Rows {@code [from, to)}: input, x -> y. */
    void forward(ProductKernel kernel, int from, int to) {
        dense.forward(kernel, from, to);
        float[] inputs = input.values().values();
        float[] products = product.values().values();
        float[] xs = x.values().values();
        float[] ys = y.values().values();
        for (int i = from * width; i < to * width; i++) {
            ys[i] = Math.fma(inputs[i], products[i], xs[i]);
        }
    }

    /** Rows {@code [from, to)}: y's gradient -> gradients of input and x, added to. */
    void backward(ProductKernel kernel, int from, int to) {
        float[] inputs = input.values().values();
        float[] products = product.values().values();
        float[] dy = y.gradients().values();
        float[] dProduct = product.gradients().values();
        float[] dInput = input.gradients().values();
        float[] dx = x.gradients().values();
        for (int i = from * width; i < to * width; i++) {
            dProduct[i] = dy[i] * inputs[i];
        }
        for (int i = from * width; i < to * width; i++) {
            dInput[i] = Math.fma(dy[i], products[i], dInput[i]);
        }
        for (int i = from * width; i < to * width; i++) {
            dx[i] += dy[i];
        }
        dense.backward(kernel, from, to);
    }
}

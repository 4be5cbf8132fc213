package freshet.model.layer;

/**
 * One layer of DCN-v2 (Wang et al. 2021, equation 1): {@code y = input ⊙ (x · W + bias) + x}, where input is what the first
 * of these layers read. All are [batch, width]. Keeps its product between forward and backward: one thread.
 */
final class CrossLayer {
    private final int width;
    private final DenseLayer dense;
    private float[] product = new float[0];
    private float[] productGradient = new float[0];

    CrossLayer(ParameterLayout layout, String name, int width) {
        this.width = width;
        this.dense = DenseLayer.of(layout, width, name, ParameterLayout.SHARED, width, DenseLayer.Activation.NONE);
    }

    void initialise(long seed, float[] parameters) {
        dense.initialise(seed, parameters);
    }

    void load(float[] parameters) {
        dense.load(parameters);
    }

    /** input, x -> y, all [batch, width] without gaps. */
    void forward(float[] input, float[] x, int batch, float[] y) {
        int size = batch * width;
        if (product.length < size) {
            product = new float[size];
            productGradient = new float[size];
        }
        dense.forward(MatrixView.of(x, width), batch, MatrixView.of(product, width));
        for (int i = 0; i < size; i++) {
            y[i] = Math.fma(input[i], product[i], x[i]);
        }
    }

    /** dy -> gradients of the parameters; dInput and dx, added to; all [batch, width] without gaps. */
    void backward(float[] input, float[] x, float[] dy, int batch, float[] gradients, float[] dInput, float[] dx) {
        int size = batch * width;
        for (int i = 0; i < size; i++) {
            productGradient[i] = dy[i] * input[i];
            dInput[i] = Math.fma(dy[i], product[i], dInput[i]);
            dx[i] += dy[i];
        }
        dense.backward(
                MatrixView.of(x, width),
                MatrixView.of(product, width),
                MatrixView.of(productGradient, width),
                batch,
                gradients,
                MatrixView.of(dx, width));
    }
}

package freshet.model.optim;

import freshet.model.spec.OptimizerSpec;
import java.util.Arrays;

/**
 * Adagrad per coordinate (Duchi, Hazan, Singer 2011): {@code s += g²; w -= rate * g / (sqrt(s) + 1e-10)}. One slot per weight:
 * the sum s. Immutable; safe on any thread.
 */
public final class Adagrad implements RowOptimizer {
    /** Keeps the quotient finite where the sum is 0; the value is PyTorch's. */
    private static final float EPSILON = 1e-10f;

    private final float initialAccumulator;
    private final float[] rates;

    /**
     * @param rateFactors multiplies the learning rate of each coordinate; as long as a row has weights
     */
    public Adagrad(OptimizerSpec.Adagrad spec, float[] rateFactors) {
        initialAccumulator = spec.initialAccumulator();
        rates = rateFactors.clone();
        for (int i = 0; i < rates.length; i++) {
            rates[i] *= spec.learningRate();
        }
    }

    @Override
    public int slots(int width) {
        return width;
    }

    @Override
    public void initialise(float[] rows, int offset, int width) {
        Arrays.fill(rows, offset + width, offset + 2 * width, initialAccumulator);
    }

    @Override
    public void update(float[] rows, int offset, int width, float[] gradients, int gradientOffset, float scale) {
        for (int i = 0; i < width; i++) {
            float g = gradients[gradientOffset + i] * scale;
            float sum = Math.fma(g, g, rows[offset + width + i]);
            rows[offset + width + i] = sum;
            rows[offset + i] -= rates[i] * g / ((float) Math.sqrt(sum) + EPSILON);
        }
    }
}

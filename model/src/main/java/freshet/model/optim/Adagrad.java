package freshet.model.optim;

import freshet.model.math.ElementKernel;
import freshet.model.spec.OptimizerSpec;
import java.util.Arrays;

/**
 * Adagrad per coordinate (Duchi, Hazan, Singer 2011): {@code s += g²; w -= rate * g / (sqrt(s) + 1e-10)}. One slot per weight:
 * the sum s; one more per row where sums fade. Immutable; safe on any thread.
 */
final class Adagrad implements RowOptimizer {
    /** Keeps the quotient finite where the sum is 0; the value is PyTorch's. */
    static final float EPSILON = 1e-10f;

    private final ElementKernel elements;
    private final OptimizerSpec.Adagrad spec;
    private final AccumulatorDecay decay;
    private final float[] rates;

    /**
     * @param rateFactors multiplies the learning rate of each coordinate; as long as a row has weights
     */
    Adagrad(OptimizerSpec.Adagrad spec, float[] rateFactors, ElementKernel elements) {
        this.elements = elements;
        this.spec = spec;
        decay = new AccumulatorDecay(spec.decay(), spec.initialAccumulator());
        rates = rates(rateFactors, spec.learningRate());
    }

    @Override
    public int slots(int width) {
        return spec.slots(width);
    }

    @Override
    public void initialise(float[] rows, int offset, int width) {
        Arrays.fill(rows, offset + width, offset + 2 * width, spec.initialAccumulator());
        Arrays.fill(rows, offset + 2 * width, offset + width + slots(width), 0f);
    }

    @Override
    public void update(
            float[] rows, int offset, int width, float[] gradients, int gradientOffset, UpdateMoment moment) {
        decay.apply(rows, offset + width, width, moment);
        if (spec.rateFloor() == 0 && spec.maxUpdate() == 0) {
            elements.adagrad(
                    rows,
                    offset,
                    width,
                    gradients,
                    gradientOffset,
                    moment.scale(),
                    rates,
                    moment.rateFactor(),
                    EPSILON);
            return;
        }
        for (int i = 0; i < width; i++) {
            float g = gradients[gradientOffset + i] * moment.scale();
            float sum = Math.fma(g, g, rows[offset + width + i]);
            rows[offset + width + i] = sum;
            float rate = rates[i] * moment.rateFactor();
            rows[offset + i] -= step(rate, g, (float) Math.sqrt(sum) + EPSILON, spec.rateFloor(), spec.maxUpdate());
        }
    }

    /** The learning rate of each coordinate. */
    static float[] rates(float[] factors, float learningRate) {
        float[] rates = factors.clone();
        for (int i = 0; i < rates.length; i++) {
            rates[i] *= learningRate;
        }
        return rates;
    }

    /** How far a weight moves: {@code rate g / root}, the quotient of rate and root not below the floor, and no further than most. */
    static float step(float rate, float g, float root, float rateFloor, float most) {
        float step = rate < rateFloor * root ? rateFloor * g : rate * g / root;
        return most > 0 ? Math.max(-most, Math.min(most, step)) : step;
    }
}

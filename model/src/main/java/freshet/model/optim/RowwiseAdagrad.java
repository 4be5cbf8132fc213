package freshet.model.optim;

import freshet.model.spec.OptimizerSpec;
import java.util.Arrays;

/**
 * Adagrad with one sum per row: {@code s += mean(g²); w -= rate * g / (sqrt(s) + 1e-10)}, g over the row's weights. A row
 * of 16 remembers one number beside its weights in place of 16; one more where sums fade. Immutable; safe on any thread.
 */
final class RowwiseAdagrad implements RowOptimizer {
    private final OptimizerSpec.RowwiseAdagrad spec;
    private final AccumulatorDecay decay;
    private final float[] rates;

    /** @param rateFactors multiplies the learning rate of each coordinate; as long as a row has weights */
    RowwiseAdagrad(OptimizerSpec.RowwiseAdagrad spec, float[] rateFactors) {
        this.spec = spec;
        decay = new AccumulatorDecay(spec.decay(), spec.initialAccumulator());
        rates = Adagrad.rates(rateFactors, spec.learningRate());
    }

    @Override
    public int slots(int width) {
        return spec.slots(width);
    }

    @Override
    public void initialise(float[] rows, int offset, int width) {
        rows[offset + width] = spec.initialAccumulator();
        Arrays.fill(rows, offset + width + 1, offset + width + slots(width), 0f);
    }

    @Override
    public void update(
            float[] rows, int offset, int width, float[] gradients, int gradientOffset, UpdateMoment moment) {
        decay.apply(rows, offset + width, 1, moment);
        float squares = 0;
        for (int i = 0; i < width; i++) {
            float g = gradients[gradientOffset + i] * moment.scale();
            squares = Math.fma(g, g, squares);
        }
        float sum = rows[offset + width] + squares / width;
        rows[offset + width] = sum;
        float root = (float) Math.sqrt(sum) + Adagrad.EPSILON;
        for (int i = 0; i < width; i++) {
            float g = gradients[gradientOffset + i] * moment.scale();
            float rate = rates[i] * moment.rateFactor();
            rows[offset + i] -= Adagrad.step(rate, g, root, spec.rateFloor(), spec.maxUpdate());
        }
    }
}

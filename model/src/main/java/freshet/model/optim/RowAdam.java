package freshet.model.optim;

import freshet.model.math.StableMath;
import freshet.model.spec.OptimizerSpec;
import java.util.Arrays;

/**
 * Adam for rows (Kingma, Ba 2015, algorithm 1), lazy as PyTorch's SparseAdam: a row's moments fade in the steps that touch it, and
 * are corrected for their bias by the number of the step. Slots: the first moment of each weight, then the second. Safe on any
 * thread.
 */
final class RowAdam implements RowOptimizer {
    private final OptimizerSpec.Adam spec;
    private final float[] rates;
    /** Of the last step: the rows of one share it. */
    private volatile Correction correction = new Correction(0, 1, 1);

    /** What undoes the bias of both moments in one step. */
    private record Correction(long step, double firstDivisor, float rootFactor) {}

    /** @param rateFactors multiplies the learning rate of each coordinate; as long as a row has weights */
    RowAdam(OptimizerSpec.Adam spec, float[] rateFactors) {
        this.spec = spec;
        rates = Adagrad.rates(rateFactors, spec.learningRate());
    }

    @Override
    public int slots(int width) {
        return spec.slots(width);
    }

    @Override
    public void initialise(float[] rows, int offset, int width) {
        Arrays.fill(rows, offset + width, offset + 3 * width, 0f);
    }

    @Override
    public void update(
            float[] rows, int offset, int width, float[] gradients, int gradientOffset, UpdateMoment moment) {
        Correction now = correction(moment.step());
        float rateFactor = (float) (moment.rateFactor() / now.firstDivisor);
        for (int i = 0; i < width; i++) {
            int first = offset + width + i;
            int second = first + width;
            float g = gradients[gradientOffset + i] * moment.scale();
            rows[first] = Math.fma(1 - spec.beta1(), g, spec.beta1() * rows[first]);
            rows[second] = Math.fma(1 - spec.beta2(), g * g, spec.beta2() * rows[second]);
            float root = (float) Math.sqrt(rows[second]) * now.rootFactor + spec.epsilon();
            rows[offset + i] -= Adagrad.step(rates[i] * rateFactor, rows[first], root, 0, spec.maxUpdate());
        }
    }

    private Correction correction(long step) {
        Correction last = correction;
        if (last.step != step) {
            last = new Correction(step, 1 - StableMath.power(spec.beta1(), step), (float)
                    (1 / Math.sqrt(1 - StableMath.power(spec.beta2(), step))));
            correction = last;
        }
        return last;
    }

    /** What was going on belonged to the weights before. */
    @Override
    public void adopt(float[] rows, int offset, int width) {
        Arrays.fill(rows, offset + width, offset + 2 * width, 0f);
    }
}

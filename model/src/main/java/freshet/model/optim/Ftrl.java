package freshet.model.optim;

import freshet.model.spec.OptimizerSpec;
import java.util.Arrays;

/**
 * FTRL-proximal per coordinate (McMahan et al. 2013, algorithm 1), with two sums per weight, z and n:
 *
 * <pre>
 * z += g - (sqrt(n + g²) - sqrt(n)) / alpha * w      n += g²
 * w  = 0 where |z| &lt;= l1,  else  -(z - sign(z) l1) / ((beta + sqrt(n)) / alpha + l2)
 * </pre>
 *
 * A row's slots are all its z, then all its n. A new row's z is the one whose weight is the row's initial value. The
 * schedule of learning rates has no part in it: each weight is a function of its sums. Immutable; safe on any thread.
 */
final class Ftrl implements RowOptimizer {
    private final OptimizerSpec.Ftrl spec;
    private final float[] alphas;

    /** @param rateFactors multiplies the learning rate of each coordinate; as long as a row has weights */
    Ftrl(OptimizerSpec.Ftrl spec, float[] rateFactors) {
        this.spec = spec;
        alphas = Adagrad.rates(rateFactors, spec.learningRate());
    }

    @Override
    public int slots(int width) {
        return spec.slots(width);
    }

    @Override
    public void initialise(float[] rows, int offset, int width) {
        Arrays.fill(rows, offset + 2 * width, offset + 3 * width, 0f);
        adopt(rows, offset, width);
    }

    /** Solves the formula for z: the weight follows from it, so a z of other weights would bring them back. */
    @Override
    public void adopt(float[] rows, int offset, int width) {
        for (int i = 0; i < width; i++) {
            float w = rows[offset + i];
            float root = (float) Math.sqrt(rows[offset + 2 * width + i]);
            float strength = (spec.beta() + root) / alphas[i] + spec.l2();
            rows[offset + width + i] = w == 0 ? 0 : -w * strength - Math.copySign(spec.l1(), w);
        }
    }

    @Override
    public void update(
            float[] rows, int offset, int width, float[] gradients, int gradientOffset, UpdateMoment moment) {
        for (int i = 0; i < width; i++) {
            float g = gradients[gradientOffset + i] * moment.scale();
            int z = offset + width + i;
            int n = offset + 2 * width + i;
            float before = (float) Math.sqrt(rows[n]);
            rows[n] = Math.fma(g, g, rows[n]);
            float root = (float) Math.sqrt(rows[n]);
            rows[z] += g - (root - before) / alphas[i] * rows[offset + i];
            rows[offset + i] = weight(rows[z], root, alphas[i]);
        }
    }

    private float weight(float z, float root, float alpha) {
        if (!(Math.abs(z) > spec.l1())) {
            return 0;
        }
        float strength = (spec.beta() + root) / alpha + spec.l2();
        return strength == 0 ? 0 : (Math.copySign(spec.l1(), z) - z) / strength;
    }
}

package freshet.model.loss;

import freshet.model.math.StableMath;

/**
 * The cross entropy of a product of probabilities p = Π σ(zⱼ) (ESMM, Ma et al. 2018, equation 4): the task at hand and those
 * it is a product with. Its slope by each logit is {@code (p - y) σ(-zⱼ) / (1 - p)}: of a single factor, the logistic
 * loss's. 1 - p is summed from terms that are each exact near 0, Σⱼ σ(-zⱼ) Π of the factors before it. Immutable; safe on
 * any thread.
 */
final class ProductLoss {
    /** Offsets of the factors' logits in a row of logits, the first factor first. */
    private final int[] factors;

    ProductLoss(int[] factors) {
        this.factors = factors.clone();
    }

    int[] factors() {
        return factors.clone();
    }

    float prediction(float[] logits, int row) {
        float p = 1;
        for (int factor : factors) {
            p *= StableMath.sigmoid(logits[row + factor]);
        }
        return p;
    }

    private float complement(float[] logits, int row) {
        float p = 1;
        float q = 0;
        for (int factor : factors) {
            q = Math.fma(p, StableMath.sigmoid(-logits[row + factor]), q);
            p *= StableMath.sigmoid(logits[row + factor]);
        }
        return q;
    }

    double value(float[] logits, int row, float label) {
        double minusLogP = 0;
        for (int factor : factors) {
            minusLogP += StableMath.softplus(-logits[row + factor]);
        }
        float q = complement(logits, row);
        double minusLogQ = 0;
        if (q >= Float.MIN_NORMAL) {
            minusLogQ = -StableMath.log((double) q);
        } else {
            minusLogQ = Double.MAX_VALUE; // every factor is sure: the least sure one decides
            for (int factor : factors) {
                minusLogQ = Math.min(minusLogQ, logits[row + factor]);
            }
        }
        return label * minusLogP + (1.0 - label) * minusLogQ;
    }

    /** Adds the slope times {@code scale} to the factors' places in a row of gradients. */
    void addSlopes(float[] logits, int row, float label, float scale, float[] gradients) {
        float error = prediction(logits, row) - label;
        float q = complement(logits, row);
        for (int factor : factors) {
            float share = q >= Float.MIN_NORMAL ? StableMath.sigmoid(-logits[row + factor]) / q : 1;
            gradients[row + factor] += scale * error * share;
        }
    }
}

package freshet.model.optim;

import freshet.model.spec.OptimizerSpec;

/**
 * Adam (Kingma, Ba 2015, algorithm 1) over flat arrays, bias-corrected, in PyTorch's order of operations. The settings are in
 * the object; the moments and the step count are the caller's. Immutable; safe on any thread.
 */
public final class Adam {
    private final OptimizerSpec.Adam spec;

    public Adam(OptimizerSpec.Adam spec) {
        this.spec = spec;
    }

    /**
     * Moves the parameters in {@code [from, to)} against their gradient.
     *
     * @param first decayed mean of gradients
     * @param second decayed mean of squared gradients
     * @param scale gradients are multiplied by this first
     * @param step number of this step, from 1
     * @param rateFactor multiplies the learning rate
     */
    public void update(
            float[] parameters,
            float[] gradients,
            float[] first,
            float[] second,
            int from,
            int to,
            float scale,
            long step,
            float rateFactor) {
        double correction1 = 1 - StrictMath.pow(spec.beta1(), step);
        double correction2 = 1 - StrictMath.pow(spec.beta2(), step);
        float rate = (float) (spec.learningRate() * rateFactor / correction1);
        float rootCorrection = (float) Math.sqrt(correction2);
        float keep1 = spec.beta1();
        float keep2 = spec.beta2();
        float take1 = 1 - keep1;
        float take2 = 1 - keep2;
        float epsilon = spec.epsilon();
        float most = spec.maxUpdate() > 0 ? spec.maxUpdate() : Float.POSITIVE_INFINITY;
        for (int i = from; i < to; i++) {
            float g = gradients[i] * scale;
            float m = keep1 * first[i] + take1 * g;
            float v = keep2 * second[i] + take2 * g * g;
            first[i] = m;
            second[i] = v;
            float distance = rate * m / ((float) Math.sqrt(v) / rootCorrection + epsilon);
            parameters[i] -= Math.max(-most, Math.min(most, distance));
        }
    }
}

package freshet.model.optim;

import freshet.model.math.ElementKernel;
import freshet.model.math.StableMath;
import freshet.model.spec.OptimizerSpec;

/**
 * Adam (Kingma, Ba 2015, algorithm 1) over flat arrays, bias-corrected, in PyTorch's order of operations. The settings are in
 * the object; the moments and the step count are the caller's. Immutable; safe on any thread.
 */
public final class Adam {
    private final OptimizerSpec.Adam spec;
    private final ElementKernel elements;

    public Adam(OptimizerSpec.Adam spec, ElementKernel elements) {
        this.spec = spec;
        this.elements = elements;
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
        double correction1 = 1 - StableMath.power(spec.beta1(), step);
        double correction2 = 1 - StableMath.power(spec.beta2(), step);
        ElementKernel.AdamFactors factors = new ElementKernel.AdamFactors(
                scale,
                spec.beta1(),
                spec.beta2(),
                (float) (spec.learningRate() * rateFactor / correction1),
                (float) (1 / Math.sqrt(correction2)),
                spec.epsilon(),
                spec.maxUpdate() > 0 ? spec.maxUpdate() : Float.POSITIVE_INFINITY);
        elements.adam(parameters, gradients, first, second, from, to, factors);
    }
}

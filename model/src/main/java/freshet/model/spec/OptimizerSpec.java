package freshet.model.spec;

/**
 * The update rules and their settings.
 *
 * @param sparse of embedding rows
 * @param wide of wide rows
 * @param shallow of shallow rows
 * @param dense of everything else
 * @param clipNorm the gradient of a batch is scaled down to this Euclidean norm, taken over dense parameters and touched
 *     rows together; 0 for no clipping
 */
public record OptimizerSpec(Adagrad sparse, Adagrad wide, Adagrad shallow, Adam dense, float clipNorm) {

    /**
     * Adagrad per coordinate (Duchi, Hazan, Singer 2011).
     *
     * @param learningRate positive
     * @param initialAccumulator what the sum of squared gradients starts with; not negative
     */
    public record Adagrad(float learningRate, float initialAccumulator) {}

    /**
     * Adam (Kingma, Ba 2015, algorithm 1).
     *
     * @param learningRate positive
     * @param beta1 decay of the first moment, in [0, 1)
     * @param beta2 decay of the second moment, in [0, 1)
     * @param epsilon added to the root of the second moment; positive
     */
    public record Adam(float learningRate, float beta1, float beta2, float epsilon) {}
}

package freshet.model.math;

/**
 * Loops that treat every element alike: activations, pooling, optimizers. Each is built from operations that are exact in their
 * rounding, in a stated order, so all kernels give the same bits. Stateless; safe on any thread.
 */
public interface ElementKernel {

    /** {@code y = max(y, 0)} for rows of a matrix: element (i, j) at {@code offset + i * stride + j}. */
    void relu(float[] y, int offset, int stride, int rows, int width);

    /** {@code dy = y > 0 ? dy : 0} for rows of two matrices. */
    void reluBackward(float[] y, int yOffset, int yStride, float[] dy, int dyOffset, int dyStride, int rows, int width);

    /**
     * Sums of rows with a factor: for each example i of {@code [from, to)} the sum of the rows {@code indexes[starts[i]]} up to
     * {@code indexes[starts[i + 1]]}, in this order, times {@code shares[i]}.
     *
     * @param rows {@code [, width]}
     * @param into row i at {@code intoOffset + i * intoStride}; zeros without rows
     */
    void pool(
            float[] rows,
            int width,
            int[] indexes,
            int[] starts,
            int from,
            int to,
            float[] shares,
            float[] into,
            int intoOffset,
            int intoStride);

    /**
     * The way back of {@link #pool}: to the gradient of each of its rows adds the gradient of the example's result, in the order
     * of examples and rows, by {@code gradient = fma(shares[i], dInto, gradient)}.
     */
    void poolBackward(
            float[] gradients,
            int width,
            int[] indexes,
            int[] starts,
            int examples,
            float[] shares,
            float[] dInto,
            int dIntoOffset,
            int dIntoStride);

    /**
     * Adam's rule for the elements of {@code [from, to)}: {@code g = gradient * scale; m = keep1 * m + take1 * g; v = keep2 * v +
     * take2 * g * g; d = rate * m / (sqrt(v) * rootFactor + epsilon); w -= max(-most, min(most, d))}.
     */
    void adam(
            float[] parameters,
            float[] gradients,
            float[] first,
            float[] second,
            int from,
            int to,
            AdamFactors factors);

    /**
     * What {@link #adam} multiplies by.
     *
     * @param scale of the gradient
     * @param keep1 of the first moment
     * @param keep2 of the second moment
     * @param rate learning rate, corrected for the bias of the first moment
     * @param rootFactor corrects the root of the second moment for its bias
     * @param epsilon added to that root
     * @param most how far a parameter moves at most
     */
    record AdamFactors(
            float scale, float keep1, float keep2, float rate, float rootFactor, float epsilon, float most) {}

    /**
     * Adagrad's rule for one row: {@code g = gradient * scale; s = fma(g, g, s); w -= rate * factor * g / (sqrt(s) + epsilon)}.
     *
     * @param row {@code width} weights w from {@code offset} on, then as many sums s
     * @param rates {@code width} learning rates
     */
    void adagrad(
            float[] row,
            int offset,
            int width,
            float[] gradients,
            int gradientOffset,
            float scale,
            float[] rates,
            float rateFactor,
            float epsilon);

    /**
     * Does nothing but fused multiply-adds in registers, to measure how fast this machine could be.
     *
     * @return number of floating-point operations done, two for each multiply-add
     */
    long multiplyAdds(int rounds);
}

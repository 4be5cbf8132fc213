package freshet.model.math;

/**
 * One way of multiplying matrices. All ways give the same bits: every output is a sum over the inner index in ascending
 * order, each term added by one fused multiply-add. Stateless; any thread.
 */
public interface ProductKernel {

    /** For benchmarks and logs: {@code plain}, or {@code vector-} and the number of bits. */
    String name();

    /**
     * {@code c[i, j] += sum over p of a[i, p] * b[p][j]}, for i below m, p below k, j below n.
     *
     * @param a element (i, p) at {@code aOffset + i * aRowStride + p * aStride}: strides swapped, it is the transpose
     * @param b {@code float[k][n]}
     * @param c row i from {@code cOffset + i * cRowStride} on
     */
    void addTo(
            float[] a,
            int aOffset,
            int aRowStride,
            int aStride,
            float[][] b,
            float[] c,
            int cOffset,
            int cRowStride,
            int m,
            int k,
            int n);
}

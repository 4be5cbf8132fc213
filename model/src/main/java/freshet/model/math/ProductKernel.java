package freshet.model.math;

/**
 * The product of matrices, the one place where most of the time of a step goes. Every output is a sum over the inner index in
 * ascending order, each term added by one fused multiply-add; vectors run across outputs only. So all kernels give the same
 * bits, however wide their vectors are, and however the outputs are shared out over threads.
 *
 * <p>A kernel belongs to one thread.
 */
public interface ProductKernel {
    /** Floats of the right-hand matrix that are read at once: two of the longest vectors. */
    int READ = 2 * Kernels.MOST_LANES;

    /**
     * How far behind the first column of its last row a right-hand matrix of n columns must be readable: vectors are read
     * two at a time, whatever the lanes behind the last column hold.
     */
    static int padded(int n) {
        return (n + READ - 1) / READ * READ;
    }

    /** For benchmarks and logs: {@code plain}, or {@code vector-} and the number of bits. */
    String name();

    /**
     * {@code c[i, j] = start[i, j] + sum over p of a[i, p] * b[p, j]}, for i below m, p below k, j below n.
     *
     * @param a element (i, p) at {@code aOffset + i * aRowStride + p * aStride}: strides swapped, it is the transpose
     * @param b element (p, j) at {@code bOffset + p * bStride + j}; {@link #padded} says how far it must reach
     * @param start element (i, j) at {@code startOffset + i * startStride + j}: c itself to add to it, a row with stride 0 to
     *     start from the same everywhere
     * @param c element (i, j) at {@code cOffset + i * cStride + j}
     */
    void product(
            float[] a,
            int aOffset,
            int aRowStride,
            int aStride,
            float[] b,
            int bOffset,
            int bStride,
            float[] start,
            int startOffset,
            int startStride,
            float[] c,
            int cOffset,
            int cStride,
            int m,
            int k,
            int n);

    /**
     * Products of every row of one matrix with every row of another: {@code into[intoOffset + i * n + j] = a[i, :] · b[j, :]}.
     * Each is kept in 16 interleaved sums (fused multiply-add, ascending), which are then added in halves: 8 to 8, 4 to 4, 2 to
     * 2, 1 to 1.
     */
    void dots(
            float[] a,
            int aOffset,
            int aStride,
            int m,
            float[] b,
            int bOffset,
            int bStride,
            int n,
            int width,
            float[] into,
            int intoOffset);
}

package freshet.model.math;

/**
 * The product of matrices, the one place where the time of a step goes. Every output is a sum over the inner index in
 * ascending order, each term added by one fused multiply-add: vectors run across outputs only, so the bits do not depend on
 * how wide they are.
 *
 * <p>The right-hand matrix is an array of rows. That looks wasteful, but it is what lets the compiler of JDK 17 turn the inner
 * loop into vectors: with an offset into one flat array the same loop stays scalar, five times slower.
 *
 * <p>Holds scratch memory: one thread.
 */
public final class MatrixProduct {
    private float[] sums = new float[0];

    /**
     * {@code c[i, j] += sum over p of a[i, p] * b[p][j]}, for i below m, p below k, j below n.
     *
     * @param a element (i, p) at {@code aOffset + i * aRowStride + p * aStride}: strides swapped, it is the transpose
     * @param b {@code float[k][n]}
     * @param c row i from {@code cOffset + i * cRowStride} on
     */
    public void addTo(
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
            int n) {
        if (sums.length < n) {
            sums = new float[n];
        }
        for (int i = 0; i < m; i++) {
            System.arraycopy(c, cOffset + i * cRowStride, sums, 0, n);
            int at = aOffset + i * aRowStride;
            int p = 0;
            for (; p + 4 <= k; p += 4, at += 4 * aStride) {
                addFour(
                        a[at],
                        a[at + aStride],
                        a[at + 2 * aStride],
                        a[at + 3 * aStride],
                        b[p],
                        b[p + 1],
                        b[p + 2],
                        b[p + 3],
                        sums,
                        n);
            }
            for (; p < k; p++, at += aStride) {
                addOne(a[at], b[p], sums, n);
            }
            System.arraycopy(sums, 0, c, cOffset + i * cRowStride, n);
        }
    }

    private static void addFour(
            float a0,
            float a1,
            float a2,
            float a3,
            float[] b0,
            float[] b1,
            float[] b2,
            float[] b3,
            float[] sums,
            int n) {
        for (int j = 0; j < n; j++) {
            sums[j] = Math.fma(a3, b3[j], Math.fma(a2, b2[j], Math.fma(a1, b1[j], Math.fma(a0, b0[j], sums[j]))));
        }
    }

    private static void addOne(float a0, float[] b0, float[] sums, int n) {
        for (int j = 0; j < n; j++) {
            sums[j] = Math.fma(a0, b0[j], sums[j]);
        }
    }
}

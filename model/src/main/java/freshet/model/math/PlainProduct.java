package freshet.model.math;

/**
 * The product of matrices as plain loops. The right-hand matrix is an array of rows because that is what lets the compiler of
 * JDK 17 turn the inner loop into vectors: with an offset into one flat array the same loop stays scalar, four times slower.
 *
 * <p>Holds scratch memory: one thread.
 */
public final class PlainProduct implements ProductKernel {
    private float[] sums = new float[0];

    @Override
    public String name() {
        return "plain";
    }

    @Override
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

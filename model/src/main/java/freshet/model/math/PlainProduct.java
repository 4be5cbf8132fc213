package freshet.model.math;

import java.util.Arrays;

/**
 * The product of matrices as plain loops. The right-hand matrix is copied into an array of rows first, because that is what
 * lets the compiler of JDK 17 turn the inner loop into vectors: with an offset into one flat array the same loop stays scalar,
 * four times slower.
 *
 * <p>Holds scratch memory: one thread.
 */
final class PlainProduct implements ProductKernel {
    /** Sums that {@link #dots} keeps side by side. */
    private static final int DOT_PARTS = 16;

    private final float[] parts = new float[DOT_PARTS];
    private float[] sums = new float[0];
    private float[][] rows = new float[0][];

    @Override
    public String name() {
        return "plain";
    }

    @Override
    public void product(
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
            int n) {
        reserve(k, n);
        for (int p = 0; p < k; p++) {
            System.arraycopy(b, bOffset + p * bStride, rows[p], 0, n);
        }
        for (int i = 0; i < m; i++) {
            System.arraycopy(start, startOffset + i * startStride, sums, 0, n);
            int at = aOffset + i * aRowStride;
            int p = 0;
            for (; p + 4 <= k; p += 4, at += 4 * aStride) {
                addFour(
                        a[at],
                        a[at + aStride],
                        a[at + 2 * aStride],
                        a[at + 3 * aStride],
                        rows[p],
                        rows[p + 1],
                        rows[p + 2],
                        rows[p + 3],
                        sums,
                        n);
            }
            for (; p < k; p++, at += aStride) {
                addOne(a[at], rows[p], sums, n);
            }
            System.arraycopy(sums, 0, c, cOffset + i * cStride, n);
        }
    }

    private void reserve(int k, int n) {
        if (sums.length < n) {
            sums = new float[n];
            rows = new float[0][];
        }
        int had = rows.length;
        if (had < k) {
            rows = Arrays.copyOf(rows, k);
            for (int p = had; p < k; p++) {
                rows[p] = new float[sums.length];
            }
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

    @Override
    public void dots(
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
            int intoOffset) {
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                Arrays.fill(parts, 0f);
                for (int p = 0; p < width; p++) {
                    int part = p & DOT_PARTS - 1;
                    parts[part] = Math.fma(a[aOffset + i * aStride + p], b[bOffset + j * bStride + p], parts[part]);
                }
                into[intoOffset + i * n + j] = sum(parts);
            }
        }
    }

    private static float sum(float[] parts) {
        for (int half = DOT_PARTS / 2; half > 0; half /= 2) {
            for (int part = 0; part < half; part++) {
                parts[part] += parts[part + half];
            }
        }
        return parts[0];
    }
}

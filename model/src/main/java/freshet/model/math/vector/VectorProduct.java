package freshet.model.math.vector;

import freshet.model.math.ProductKernel;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The product of matrices with the JDK's Vector API: a tile of the result stays in registers while the inner index runs, one
 * element of the left matrix is broadcast against two vectors of the right one. Twelve rows by two vectors fill the 32
 * registers of AVX-512 (24 sums, 2 right, the broadcasts in passing); narrower machines have half as many, so they use four
 * rows, enough sums in flight to hide the latency of a fused multiply-add.
 *
 * <p>Vectors run across outputs, each output adds its terms in the order of the inner index: the bits are those of the plain
 * kernel, for every vector length. The tiles are written out and small because the compiler of JDK 17 gives up on
 * larger methods.
 *
 * <p>Holds scratch memory: one thread. The only class that needs {@code --add-modules jdk.incubator.vector}, so it is reached by name.
 */
public final class VectorProduct implements ProductKernel {
    private static final VectorSpecies<Float> LANES = FloatVector.SPECIES_PREFERRED;
    private static final int WIDTH = LANES.length();
    private static final boolean MANY_REGISTERS = WIDTH >= 16;
    private static final int EDGE_ROWS = 8;

    /** {@code [EDGE_ROWS, WIDTH]}: see {@link #edge}. */
    private final float[] edge = new float[EDGE_ROWS * WIDTH];

    @Override
    public String name() {
        return "vector-" + LANES.vectorBitSize();
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
        int j = 0;
        for (; j + 2 * WIDTH <= n; j += 2 * WIDTH) {
            int i = 0;
            if (MANY_REGISTERS) {
                for (; i + 12 <= m; i += 12) {
                    tile12x2(
                            a,
                            aOffset + i * aRowStride,
                            aRowStride,
                            aStride,
                            b,
                            j,
                            c,
                            cOffset + i * cRowStride + j,
                            cRowStride,
                            k);
                }
            }
            for (; i + 4 <= m; i += 4) {
                tile4x2(
                        a,
                        aOffset + i * aRowStride,
                        aRowStride,
                        aStride,
                        b,
                        j,
                        c,
                        cOffset + i * cRowStride + j,
                        cRowStride,
                        k);
            }
            for (; i < m; i++) {
                tile1x2(
                        a,
                        aOffset + i * aRowStride,
                        aRowStride,
                        aStride,
                        b,
                        j,
                        c,
                        cOffset + i * cRowStride + j,
                        cRowStride,
                        k);
            }
        }
        for (; j < n; j += WIDTH) {
            if (j + WIDTH <= n) {
                column(a, aOffset, aRowStride, aStride, b, j, c, cOffset + j, cRowStride, m, k);
            } else if (k > 0 && b[0].length >= j + WIDTH) {
                edge(a, aOffset, aRowStride, aStride, b, j, c, cOffset + j, cRowStride, m, k, n - j);
            } else {
                narrow(a, aOffset, aRowStride, aStride, b, j, c, cOffset + j, cRowStride, m, k, n - j);
            }
        }
    }

    /** One vector's width of columns, all rows. */
    private static void column(
            float[] a,
            int at,
            int rowStride,
            int stride,
            float[][] b,
            int j,
            float[] c,
            int to,
            int cStride,
            int m,
            int k) {
        int i = 0;
        for (; i + EDGE_ROWS <= m; i += EDGE_ROWS) {
            tile8x1(a, at + i * rowStride, rowStride, stride, b, j, c, to + i * cStride, cStride, k);
        }
        for (; i < m; i++) {
            tile1x1(a, at + i * rowStride, stride, b, j, c, to + i * cStride, k);
        }
    }

    /**
     * The last columns, fewer than a vector has lanes, of padded rows: through a small copy of the result that has room for
     * whole vectors. Masked vectors would do without it, but JDK 17 puts them on the heap.
     */
    private void edge(
            float[] a,
            int at,
            int rowStride,
            int stride,
            float[][] b,
            int j,
            float[] c,
            int to,
            int cStride,
            int m,
            int k,
            int columns) {
        for (int first = 0; first < m; first += EDGE_ROWS) {
            int rows = Math.min(EDGE_ROWS, m - first);
            for (int i = 0; i < rows; i++) {
                System.arraycopy(c, to + (first + i) * cStride, edge, i * WIDTH, columns);
            }
            column(a, at + first * rowStride, rowStride, stride, b, j, edge, 0, WIDTH, rows, k);
            for (int i = 0; i < rows; i++) {
                System.arraycopy(edge, i * WIDTH, c, to + (first + i) * cStride, columns);
            }
        }
    }

    /** The last columns of rows that have no padding. */
    private static void narrow(
            float[] a,
            int at,
            int rowStride,
            int stride,
            float[][] b,
            int j,
            float[] c,
            int to,
            int cStride,
            int m,
            int k,
            int columns) {
        for (int i = 0; i < m; i++) {
            for (int column = 0; column < columns; column++) {
                float sum = c[to + i * cStride + column];
                for (int p = 0; p < k; p++) {
                    sum = Math.fma(a[at + i * rowStride + p * stride], b[p][j + column], sum);
                }
                c[to + i * cStride + column] = sum;
            }
        }
    }

    private static void tile12x2(
            float[] a, int at, int rowStride, int stride, float[][] b, int j, float[] c, int to, int cStride, int k) {
        FloatVector l0 = FloatVector.fromArray(LANES, c, to + 0 * cStride);
        FloatVector h0 = FloatVector.fromArray(LANES, c, to + 0 * cStride + WIDTH);
        FloatVector l1 = FloatVector.fromArray(LANES, c, to + 1 * cStride);
        FloatVector h1 = FloatVector.fromArray(LANES, c, to + 1 * cStride + WIDTH);
        FloatVector l2 = FloatVector.fromArray(LANES, c, to + 2 * cStride);
        FloatVector h2 = FloatVector.fromArray(LANES, c, to + 2 * cStride + WIDTH);
        FloatVector l3 = FloatVector.fromArray(LANES, c, to + 3 * cStride);
        FloatVector h3 = FloatVector.fromArray(LANES, c, to + 3 * cStride + WIDTH);
        FloatVector l4 = FloatVector.fromArray(LANES, c, to + 4 * cStride);
        FloatVector h4 = FloatVector.fromArray(LANES, c, to + 4 * cStride + WIDTH);
        FloatVector l5 = FloatVector.fromArray(LANES, c, to + 5 * cStride);
        FloatVector h5 = FloatVector.fromArray(LANES, c, to + 5 * cStride + WIDTH);
        FloatVector l6 = FloatVector.fromArray(LANES, c, to + 6 * cStride);
        FloatVector h6 = FloatVector.fromArray(LANES, c, to + 6 * cStride + WIDTH);
        FloatVector l7 = FloatVector.fromArray(LANES, c, to + 7 * cStride);
        FloatVector h7 = FloatVector.fromArray(LANES, c, to + 7 * cStride + WIDTH);
        FloatVector l8 = FloatVector.fromArray(LANES, c, to + 8 * cStride);
        FloatVector h8 = FloatVector.fromArray(LANES, c, to + 8 * cStride + WIDTH);
        FloatVector l9 = FloatVector.fromArray(LANES, c, to + 9 * cStride);
        FloatVector h9 = FloatVector.fromArray(LANES, c, to + 9 * cStride + WIDTH);
        FloatVector l10 = FloatVector.fromArray(LANES, c, to + 10 * cStride);
        FloatVector h10 = FloatVector.fromArray(LANES, c, to + 10 * cStride + WIDTH);
        FloatVector l11 = FloatVector.fromArray(LANES, c, to + 11 * cStride);
        FloatVector h11 = FloatVector.fromArray(LANES, c, to + 11 * cStride + WIDTH);
        for (int p = 0; p < k; p++, at += stride) {
            FloatVector low = FloatVector.fromArray(LANES, b[p], j);
            FloatVector high = FloatVector.fromArray(LANES, b[p], j + WIDTH);
            FloatVector a0 = FloatVector.broadcast(LANES, a[at + 0 * rowStride]);
            l0 = a0.fma(low, l0);
            h0 = a0.fma(high, h0);
            FloatVector a1 = FloatVector.broadcast(LANES, a[at + 1 * rowStride]);
            l1 = a1.fma(low, l1);
            h1 = a1.fma(high, h1);
            FloatVector a2 = FloatVector.broadcast(LANES, a[at + 2 * rowStride]);
            l2 = a2.fma(low, l2);
            h2 = a2.fma(high, h2);
            FloatVector a3 = FloatVector.broadcast(LANES, a[at + 3 * rowStride]);
            l3 = a3.fma(low, l3);
            h3 = a3.fma(high, h3);
            FloatVector a4 = FloatVector.broadcast(LANES, a[at + 4 * rowStride]);
            l4 = a4.fma(low, l4);
            h4 = a4.fma(high, h4);
            FloatVector a5 = FloatVector.broadcast(LANES, a[at + 5 * rowStride]);
            l5 = a5.fma(low, l5);
            h5 = a5.fma(high, h5);
            FloatVector a6 = FloatVector.broadcast(LANES, a[at + 6 * rowStride]);
            l6 = a6.fma(low, l6);
            h6 = a6.fma(high, h6);
            FloatVector a7 = FloatVector.broadcast(LANES, a[at + 7 * rowStride]);
            l7 = a7.fma(low, l7);
            h7 = a7.fma(high, h7);
            FloatVector a8 = FloatVector.broadcast(LANES, a[at + 8 * rowStride]);
            l8 = a8.fma(low, l8);
            h8 = a8.fma(high, h8);
            FloatVector a9 = FloatVector.broadcast(LANES, a[at + 9 * rowStride]);
            l9 = a9.fma(low, l9);
            h9 = a9.fma(high, h9);
            FloatVector a10 = FloatVector.broadcast(LANES, a[at + 10 * rowStride]);
            l10 = a10.fma(low, l10);
            h10 = a10.fma(high, h10);
            FloatVector a11 = FloatVector.broadcast(LANES, a[at + 11 * rowStride]);
            l11 = a11.fma(low, l11);
            h11 = a11.fma(high, h11);
        }
        l0.intoArray(c, to + 0 * cStride);
        h0.intoArray(c, to + 0 * cStride + WIDTH);
        l1.intoArray(c, to + 1 * cStride);
        h1.intoArray(c, to + 1 * cStride + WIDTH);
        l2.intoArray(c, to + 2 * cStride);
        h2.intoArray(c, to + 2 * cStride + WIDTH);
        l3.intoArray(c, to + 3 * cStride);
        h3.intoArray(c, to + 3 * cStride + WIDTH);
        l4.intoArray(c, to + 4 * cStride);
        h4.intoArray(c, to + 4 * cStride + WIDTH);
        l5.intoArray(c, to + 5 * cStride);
        h5.intoArray(c, to + 5 * cStride + WIDTH);
        l6.intoArray(c, to + 6 * cStride);
        h6.intoArray(c, to + 6 * cStride + WIDTH);
        l7.intoArray(c, to + 7 * cStride);
        h7.intoArray(c, to + 7 * cStride + WIDTH);
        l8.intoArray(c, to + 8 * cStride);
        h8.intoArray(c, to + 8 * cStride + WIDTH);
        l9.intoArray(c, to + 9 * cStride);
        h9.intoArray(c, to + 9 * cStride + WIDTH);
        l10.intoArray(c, to + 10 * cStride);
        h10.intoArray(c, to + 10 * cStride + WIDTH);
        l11.intoArray(c, to + 11 * cStride);
        h11.intoArray(c, to + 11 * cStride + WIDTH);
    }

    private static void tile4x2(
            float[] a, int at, int rowStride, int stride, float[][] b, int j, float[] c, int to, int cStride, int k) {
        FloatVector l0 = FloatVector.fromArray(LANES, c, to + 0 * cStride);
        FloatVector h0 = FloatVector.fromArray(LANES, c, to + 0 * cStride + WIDTH);
        FloatVector l1 = FloatVector.fromArray(LANES, c, to + 1 * cStride);
        FloatVector h1 = FloatVector.fromArray(LANES, c, to + 1 * cStride + WIDTH);
        FloatVector l2 = FloatVector.fromArray(LANES, c, to + 2 * cStride);
        FloatVector h2 = FloatVector.fromArray(LANES, c, to + 2 * cStride + WIDTH);
        FloatVector l3 = FloatVector.fromArray(LANES, c, to + 3 * cStride);
        FloatVector h3 = FloatVector.fromArray(LANES, c, to + 3 * cStride + WIDTH);
        for (int p = 0; p < k; p++, at += stride) {
            FloatVector low = FloatVector.fromArray(LANES, b[p], j);
            FloatVector high = FloatVector.fromArray(LANES, b[p], j + WIDTH);
            FloatVector a0 = FloatVector.broadcast(LANES, a[at + 0 * rowStride]);
            l0 = a0.fma(low, l0);
            h0 = a0.fma(high, h0);
            FloatVector a1 = FloatVector.broadcast(LANES, a[at + 1 * rowStride]);
            l1 = a1.fma(low, l1);
            h1 = a1.fma(high, h1);
            FloatVector a2 = FloatVector.broadcast(LANES, a[at + 2 * rowStride]);
            l2 = a2.fma(low, l2);
            h2 = a2.fma(high, h2);
            FloatVector a3 = FloatVector.broadcast(LANES, a[at + 3 * rowStride]);
            l3 = a3.fma(low, l3);
            h3 = a3.fma(high, h3);
        }
        l0.intoArray(c, to + 0 * cStride);
        h0.intoArray(c, to + 0 * cStride + WIDTH);
        l1.intoArray(c, to + 1 * cStride);
        h1.intoArray(c, to + 1 * cStride + WIDTH);
        l2.intoArray(c, to + 2 * cStride);
        h2.intoArray(c, to + 2 * cStride + WIDTH);
        l3.intoArray(c, to + 3 * cStride);
        h3.intoArray(c, to + 3 * cStride + WIDTH);
    }

    private static void tile1x2(
            float[] a, int at, int rowStride, int stride, float[][] b, int j, float[] c, int to, int cStride, int k) {
        FloatVector l0 = FloatVector.fromArray(LANES, c, to + 0 * cStride);
        FloatVector h0 = FloatVector.fromArray(LANES, c, to + 0 * cStride + WIDTH);
        for (int p = 0; p < k; p++, at += stride) {
            FloatVector low = FloatVector.fromArray(LANES, b[p], j);
            FloatVector high = FloatVector.fromArray(LANES, b[p], j + WIDTH);
            FloatVector a0 = FloatVector.broadcast(LANES, a[at + 0 * rowStride]);
            l0 = a0.fma(low, l0);
            h0 = a0.fma(high, h0);
        }
        l0.intoArray(c, to + 0 * cStride);
        h0.intoArray(c, to + 0 * cStride + WIDTH);
    }

    private static void tile8x1(
            float[] a, int at, int rowStride, int stride, float[][] b, int j, float[] c, int to, int cStride, int k) {
        FloatVector c0 = FloatVector.fromArray(LANES, c, to + 0 * cStride);
        FloatVector c1 = FloatVector.fromArray(LANES, c, to + 1 * cStride);
        FloatVector c2 = FloatVector.fromArray(LANES, c, to + 2 * cStride);
        FloatVector c3 = FloatVector.fromArray(LANES, c, to + 3 * cStride);
        FloatVector c4 = FloatVector.fromArray(LANES, c, to + 4 * cStride);
        FloatVector c5 = FloatVector.fromArray(LANES, c, to + 5 * cStride);
        FloatVector c6 = FloatVector.fromArray(LANES, c, to + 6 * cStride);
        FloatVector c7 = FloatVector.fromArray(LANES, c, to + 7 * cStride);
        for (int p = 0; p < k; p++, at += stride) {
            FloatVector right = FloatVector.fromArray(LANES, b[p], j);
            c0 = FloatVector.broadcast(LANES, a[at + 0 * rowStride]).fma(right, c0);
            c1 = FloatVector.broadcast(LANES, a[at + 1 * rowStride]).fma(right, c1);
            c2 = FloatVector.broadcast(LANES, a[at + 2 * rowStride]).fma(right, c2);
            c3 = FloatVector.broadcast(LANES, a[at + 3 * rowStride]).fma(right, c3);
            c4 = FloatVector.broadcast(LANES, a[at + 4 * rowStride]).fma(right, c4);
            c5 = FloatVector.broadcast(LANES, a[at + 5 * rowStride]).fma(right, c5);
            c6 = FloatVector.broadcast(LANES, a[at + 6 * rowStride]).fma(right, c6);
            c7 = FloatVector.broadcast(LANES, a[at + 7 * rowStride]).fma(right, c7);
        }
        c0.intoArray(c, to + 0 * cStride);
        c1.intoArray(c, to + 1 * cStride);
        c2.intoArray(c, to + 2 * cStride);
        c3.intoArray(c, to + 3 * cStride);
        c4.intoArray(c, to + 4 * cStride);
        c5.intoArray(c, to + 5 * cStride);
        c6.intoArray(c, to + 6 * cStride);
        c7.intoArray(c, to + 7 * cStride);
    }

    private static void tile1x1(float[] a, int at, int stride, float[][] b, int j, float[] c, int to, int k) {
        FloatVector c0 = FloatVector.fromArray(LANES, c, to);
        for (int p = 0; p < k; p++, at += stride) {
            c0 = FloatVector.broadcast(LANES, a[at]).fma(FloatVector.fromArray(LANES, b[p], j), c0);
        }
        c0.intoArray(c, to);
    }
}

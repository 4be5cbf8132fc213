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
 * <p>Holds scratch memory: one thread. This package needs {@code --add-modules jdk.incubator.vector}, so it is reached by name.
 */
public final class VectorProduct implements ProductKernel {
    private static final VectorSpecies<Float> LANES = Lanes.LONGEST;
    private static final int WIDTH = LANES.length();
    private static final boolean MANY_REGISTERS = WIDTH >= 16;
    private static final int EDGE_ROWS = 8;
    private static final int EDGE_WIDTH = 2 * WIDTH;
    /** Sums that {@link #dots} keeps side by side: as many as the longest vector of any machine has lanes. */
    private static final int DOT_PARTS = 16;

    /** {@code [EDGE_ROWS, EDGE_WIDTH]}: see {@link #edge}. */
    private final float[] edge = new float[EDGE_ROWS * EDGE_WIDTH];

    /** {@code [, DOT_PARTS]}: the interleaved sums of {@link #dots}. */
    private float[] parts = new float[0];

    @Override
    public String name() {
        return "vector-" + LANES.vectorBitSize();
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
        int j = 0;
        for (; j + EDGE_WIDTH <= n; j += EDGE_WIDTH) {
            twoVectors(
                    a,
                    aOffset,
                    aRowStride,
                    aStride,
                    b,
                    bOffset + j,
                    bStride,
                    start,
                    startOffset + j,
                    startStride,
                    c,
                    cOffset + j,
                    cStride,
                    m,
                    k);
        }
        if (j < n) {
            edge(
                    a,
                    aOffset,
                    aRowStride,
                    aStride,
                    b,
                    bOffset + j,
                    bStride,
                    start,
                    startOffset + j,
                    startStride,
                    c,
                    cOffset + j,
                    cStride,
                    m,
                    k,
                    n - j);
        }
    }

    /** Two vectors' width of columns, all rows. */
    private static void twoVectors(
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
            int k) {
        int i = 0;
        if (MANY_REGISTERS) {
            for (; i + 12 <= m; i += 12) {
                tile12x2(
                        a,
                        aOffset + i * aRowStride,
                        aRowStride,
                        aStride,
                        b,
                        bOffset,
                        bStride,
                        k,
                        start,
                        startOffset + i * startStride,
                        startStride,
                        c,
                        cOffset + i * cStride,
                        cStride);
            }
            for (; i + 8 <= m; i += 8) {
                tile8x2(
                        a,
                        aOffset + i * aRowStride,
                        aRowStride,
                        aStride,
                        b,
                        bOffset,
                        bStride,
                        k,
                        start,
                        startOffset + i * startStride,
                        startStride,
                        c,
                        cOffset + i * cStride,
                        cStride);
            }
        }
        for (; i + 4 <= m; i += 4) {
            tile4x2(
                    a,
                    aOffset + i * aRowStride,
                    aRowStride,
                    aStride,
                    b,
                    bOffset,
                    bStride,
                    k,
                    start,
                    startOffset + i * startStride,
                    startStride,
                    c,
                    cOffset + i * cStride,
                    cStride);
        }
        for (; i < m; i++) {
            tile1x2(
                    a,
                    aOffset + i * aRowStride,
                    aRowStride,
                    aStride,
                    b,
                    bOffset,
                    bStride,
                    k,
                    start,
                    startOffset + i * startStride,
                    startStride,
                    c,
                    cOffset + i * cStride,
                    cStride);
        }
    }

    /**
     * The last columns, fewer than two vectors have lanes: through a small copy of the result that has room for whole vectors.
     * Masked vectors would do without it, but JDK 17 puts them on the heap.
     */
    private void edge(
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
            int columns) {
        for (int first = 0; first < m; first += EDGE_ROWS) {
            int rows = Math.min(EDGE_ROWS, m - first);
            for (int i = 0; i < rows; i++) {
                int from = startOffset + (first + i) * startStride;
                for (int j = 0; j < columns; j++) {
                    edge[i * EDGE_WIDTH + j] = start[from + j];
                }
            }
            int at = aOffset + first * aRowStride;
            if (columns <= WIDTH && rows == EDGE_ROWS) {
                tile8x1(a, at, aRowStride, aStride, b, bOffset, bStride, k, edge, 0, EDGE_WIDTH, edge, 0, EDGE_WIDTH);
            } else {
                twoVectors(
                        a,
                        at,
                        aRowStride,
                        aStride,
                        b,
                        bOffset,
                        bStride,
                        edge,
                        0,
                        EDGE_WIDTH,
                        edge,
                        0,
                        EDGE_WIDTH,
                        rows,
                        k);
            }
            for (int i = 0; i < rows; i++) {
                int to = cOffset + (first + i) * cStride;
                for (int j = 0; j < columns; j++) {
                    c[to + j] = edge[i * EDGE_WIDTH + j];
                }
            }
        }
    }

    /** One vector's width of columns: for {@link #edge}, where a second vector would hold nothing of use. */
    private static void tile8x1(
            float[] a,
            int aOffset,
            int aRowStride,
            int aStride,
            float[] b,
            int bOffset,
            int bStride,
            int k,
            float[] start,
            int startOffset,
            int startStride,
            float[] c,
            int cOffset,
            int cStride) {
        FloatVector s0 = FloatVector.fromArray(LANES, start, startOffset);
        FloatVector s1 = FloatVector.fromArray(LANES, start, startOffset + startStride);
        FloatVector s2 = FloatVector.fromArray(LANES, start, startOffset + 2 * startStride);
        FloatVector s3 = FloatVector.fromArray(LANES, start, startOffset + 3 * startStride);
        FloatVector s4 = FloatVector.fromArray(LANES, start, startOffset + 4 * startStride);
        FloatVector s5 = FloatVector.fromArray(LANES, start, startOffset + 5 * startStride);
        FloatVector s6 = FloatVector.fromArray(LANES, start, startOffset + 6 * startStride);
        FloatVector s7 = FloatVector.fromArray(LANES, start, startOffset + 7 * startStride);
        int x = aOffset;
        int y = bOffset;
        for (int p = 0; p < k; p++) {
            FloatVector right = FloatVector.fromArray(LANES, b, y);
            s0 = FloatVector.broadcast(LANES, a[x]).fma(right, s0);
            s1 = FloatVector.broadcast(LANES, a[x + aRowStride]).fma(right, s1);
            s2 = FloatVector.broadcast(LANES, a[x + 2 * aRowStride]).fma(right, s2);
            s3 = FloatVector.broadcast(LANES, a[x + 3 * aRowStride]).fma(right, s3);
            s4 = FloatVector.broadcast(LANES, a[x + 4 * aRowStride]).fma(right, s4);
            s5 = FloatVector.broadcast(LANES, a[x + 5 * aRowStride]).fma(right, s5);
            s6 = FloatVector.broadcast(LANES, a[x + 6 * aRowStride]).fma(right, s6);
            s7 = FloatVector.broadcast(LANES, a[x + 7 * aRowStride]).fma(right, s7);
            x += aStride;
            y += bStride;
        }
        s0.intoArray(c, cOffset);
        s1.intoArray(c, cOffset + cStride);
        s2.intoArray(c, cOffset + 2 * cStride);
        s3.intoArray(c, cOffset + 3 * cStride);
        s4.intoArray(c, cOffset + 4 * cStride);
        s5.intoArray(c, cOffset + 5 * cStride);
        s6.intoArray(c, cOffset + 6 * cStride);
        s7.intoArray(c, cOffset + 7 * cStride);
    }

    private static void tile12x2(
            float[] a,
            int aOffset,
            int aRowStride,
            int aStride,
            float[] b,
            int bOffset,
            int bStride,
            int k,
            float[] start,
            int startOffset,
            int startStride,
            float[] c,
            int cOffset,
            int cStride) {
        FloatVector l0 = FloatVector.fromArray(LANES, start, startOffset);
        FloatVector h0 = FloatVector.fromArray(LANES, start, startOffset + WIDTH);
        FloatVector l1 = FloatVector.fromArray(LANES, start, startOffset + startStride);
        FloatVector h1 = FloatVector.fromArray(LANES, start, startOffset + startStride + WIDTH);
        FloatVector l2 = FloatVector.fromArray(LANES, start, startOffset + 2 * startStride);
        FloatVector h2 = FloatVector.fromArray(LANES, start, startOffset + 2 * startStride + WIDTH);
        FloatVector l3 = FloatVector.fromArray(LANES, start, startOffset + 3 * startStride);
        FloatVector h3 = FloatVector.fromArray(LANES, start, startOffset + 3 * startStride + WIDTH);
        FloatVector l4 = FloatVector.fromArray(LANES, start, startOffset + 4 * startStride);
        FloatVector h4 = FloatVector.fromArray(LANES, start, startOffset + 4 * startStride + WIDTH);
        FloatVector l5 = FloatVector.fromArray(LANES, start, startOffset + 5 * startStride);
        FloatVector h5 = FloatVector.fromArray(LANES, start, startOffset + 5 * startStride + WIDTH);
        FloatVector l6 = FloatVector.fromArray(LANES, start, startOffset + 6 * startStride);
        FloatVector h6 = FloatVector.fromArray(LANES, start, startOffset + 6 * startStride + WIDTH);
        FloatVector l7 = FloatVector.fromArray(LANES, start, startOffset + 7 * startStride);
        FloatVector h7 = FloatVector.fromArray(LANES, start, startOffset + 7 * startStride + WIDTH);
        FloatVector l8 = FloatVector.fromArray(LANES, start, startOffset + 8 * startStride);
        FloatVector h8 = FloatVector.fromArray(LANES, start, startOffset + 8 * startStride + WIDTH);
        FloatVector l9 = FloatVector.fromArray(LANES, start, startOffset + 9 * startStride);
        FloatVector h9 = FloatVector.fromArray(LANES, start, startOffset + 9 * startStride + WIDTH);
        FloatVector l10 = FloatVector.fromArray(LANES, start, startOffset + 10 * startStride);
        FloatVector h10 = FloatVector.fromArray(LANES, start, startOffset + 10 * startStride + WIDTH);
        FloatVector l11 = FloatVector.fromArray(LANES, start, startOffset + 11 * startStride);
        FloatVector h11 = FloatVector.fromArray(LANES, start, startOffset + 11 * startStride + WIDTH);
        int x = aOffset;
        int y = bOffset;
        for (int p = 0; p < k; p++) {
            FloatVector low = FloatVector.fromArray(LANES, b, y);
            FloatVector high = FloatVector.fromArray(LANES, b, y + WIDTH);
            FloatVector a0 = FloatVector.broadcast(LANES, a[x]);
            l0 = a0.fma(low, l0);
            h0 = a0.fma(high, h0);
            FloatVector a1 = FloatVector.broadcast(LANES, a[x + aRowStride]);
            l1 = a1.fma(low, l1);
            h1 = a1.fma(high, h1);
            FloatVector a2 = FloatVector.broadcast(LANES, a[x + 2 * aRowStride]);
            l2 = a2.fma(low, l2);
            h2 = a2.fma(high, h2);
            FloatVector a3 = FloatVector.broadcast(LANES, a[x + 3 * aRowStride]);
            l3 = a3.fma(low, l3);
            h3 = a3.fma(high, h3);
            FloatVector a4 = FloatVector.broadcast(LANES, a[x + 4 * aRowStride]);
            l4 = a4.fma(low, l4);
            h4 = a4.fma(high, h4);
            FloatVector a5 = FloatVector.broadcast(LANES, a[x + 5 * aRowStride]);
            l5 = a5.fma(low, l5);
            h5 = a5.fma(high, h5);
            FloatVector a6 = FloatVector.broadcast(LANES, a[x + 6 * aRowStride]);
            l6 = a6.fma(low, l6);
            h6 = a6.fma(high, h6);
            FloatVector a7 = FloatVector.broadcast(LANES, a[x + 7 * aRowStride]);
            l7 = a7.fma(low, l7);
            h7 = a7.fma(high, h7);
            FloatVector a8 = FloatVector.broadcast(LANES, a[x + 8 * aRowStride]);
            l8 = a8.fma(low, l8);
            h8 = a8.fma(high, h8);
            FloatVector a9 = FloatVector.broadcast(LANES, a[x + 9 * aRowStride]);
            l9 = a9.fma(low, l9);
            h9 = a9.fma(high, h9);
            FloatVector a10 = FloatVector.broadcast(LANES, a[x + 10 * aRowStride]);
            l10 = a10.fma(low, l10);
            h10 = a10.fma(high, h10);
            FloatVector a11 = FloatVector.broadcast(LANES, a[x + 11 * aRowStride]);
            l11 = a11.fma(low, l11);
            h11 = a11.fma(high, h11);
            x += aStride;
            y += bStride;
        }
        l0.intoArray(c, cOffset);
        h0.intoArray(c, cOffset + WIDTH);
        l1.intoArray(c, cOffset + cStride);
        h1.intoArray(c, cOffset + cStride + WIDTH);
        l2.intoArray(c, cOffset + 2 * cStride);
        h2.intoArray(c, cOffset + 2 * cStride + WIDTH);
        l3.intoArray(c, cOffset + 3 * cStride);
        h3.intoArray(c, cOffset + 3 * cStride + WIDTH);
        l4.intoArray(c, cOffset + 4 * cStride);
        h4.intoArray(c, cOffset + 4 * cStride + WIDTH);
        l5.intoArray(c, cOffset + 5 * cStride);
        h5.intoArray(c, cOffset + 5 * cStride + WIDTH);
        l6.intoArray(c, cOffset + 6 * cStride);
        h6.intoArray(c, cOffset + 6 * cStride + WIDTH);
        l7.intoArray(c, cOffset + 7 * cStride);
        h7.intoArray(c, cOffset + 7 * cStride + WIDTH);
        l8.intoArray(c, cOffset + 8 * cStride);
        h8.intoArray(c, cOffset + 8 * cStride + WIDTH);
        l9.intoArray(c, cOffset + 9 * cStride);
        h9.intoArray(c, cOffset + 9 * cStride + WIDTH);
        l10.intoArray(c, cOffset + 10 * cStride);
        h10.intoArray(c, cOffset + 10 * cStride + WIDTH);
        l11.intoArray(c, cOffset + 11 * cStride);
        h11.intoArray(c, cOffset + 11 * cStride + WIDTH);
    }

    private static void tile8x2(
            float[] a,
            int aOffset,
            int aRowStride,
            int aStride,
            float[] b,
            int bOffset,
            int bStride,
            int k,
            float[] start,
            int startOffset,
            int startStride,
            float[] c,
            int cOffset,
            int cStride) {
        FloatVector l0 = FloatVector.fromArray(LANES, start, startOffset);
        FloatVector h0 = FloatVector.fromArray(LANES, start, startOffset + WIDTH);
        FloatVector l1 = FloatVector.fromArray(LANES, start, startOffset + startStride);
        FloatVector h1 = FloatVector.fromArray(LANES, start, startOffset + startStride + WIDTH);
        FloatVector l2 = FloatVector.fromArray(LANES, start, startOffset + 2 * startStride);
        FloatVector h2 = FloatVector.fromArray(LANES, start, startOffset + 2 * startStride + WIDTH);
        FloatVector l3 = FloatVector.fromArray(LANES, start, startOffset + 3 * startStride);
        FloatVector h3 = FloatVector.fromArray(LANES, start, startOffset + 3 * startStride + WIDTH);
        FloatVector l4 = FloatVector.fromArray(LANES, start, startOffset + 4 * startStride);
        FloatVector h4 = FloatVector.fromArray(LANES, start, startOffset + 4 * startStride + WIDTH);
        FloatVector l5 = FloatVector.fromArray(LANES, start, startOffset + 5 * startStride);
        FloatVector h5 = FloatVector.fromArray(LANES, start, startOffset + 5 * startStride + WIDTH);
        FloatVector l6 = FloatVector.fromArray(LANES, start, startOffset + 6 * startStride);
        FloatVector h6 = FloatVector.fromArray(LANES, start, startOffset + 6 * startStride + WIDTH);
        FloatVector l7 = FloatVector.fromArray(LANES, start, startOffset + 7 * startStride);
        FloatVector h7 = FloatVector.fromArray(LANES, start, startOffset + 7 * startStride + WIDTH);
        int x = aOffset;
        int y = bOffset;
        for (int p = 0; p < k; p++) {
            FloatVector low = FloatVector.fromArray(LANES, b, y);
            FloatVector high = FloatVector.fromArray(LANES, b, y + WIDTH);
            FloatVector a0 = FloatVector.broadcast(LANES, a[x]);
            l0 = a0.fma(low, l0);
            h0 = a0.fma(high, h0);
            FloatVector a1 = FloatVector.broadcast(LANES, a[x + aRowStride]);
            l1 = a1.fma(low, l1);
            h1 = a1.fma(high, h1);
            FloatVector a2 = FloatVector.broadcast(LANES, a[x + 2 * aRowStride]);
            l2 = a2.fma(low, l2);
            h2 = a2.fma(high, h2);
            FloatVector a3 = FloatVector.broadcast(LANES, a[x + 3 * aRowStride]);
            l3 = a3.fma(low, l3);
            h3 = a3.fma(high, h3);
            FloatVector a4 = FloatVector.broadcast(LANES, a[x + 4 * aRowStride]);
            l4 = a4.fma(low, l4);
            h4 = a4.fma(high, h4);
            FloatVector a5 = FloatVector.broadcast(LANES, a[x + 5 * aRowStride]);
            l5 = a5.fma(low, l5);
            h5 = a5.fma(high, h5);
            FloatVector a6 = FloatVector.broadcast(LANES, a[x + 6 * aRowStride]);
            l6 = a6.fma(low, l6);
            h6 = a6.fma(high, h6);
            FloatVector a7 = FloatVector.broadcast(LANES, a[x + 7 * aRowStride]);
            l7 = a7.fma(low, l7);
            h7 = a7.fma(high, h7);
            x += aStride;
            y += bStride;
        }
        l0.intoArray(c, cOffset);
        h0.intoArray(c, cOffset + WIDTH);
        l1.intoArray(c, cOffset + cStride);
        h1.intoArray(c, cOffset + cStride + WIDTH);
        l2.intoArray(c, cOffset + 2 * cStride);
        h2.intoArray(c, cOffset + 2 * cStride + WIDTH);
        l3.intoArray(c, cOffset + 3 * cStride);
        h3.intoArray(c, cOffset + 3 * cStride + WIDTH);
        l4.intoArray(c, cOffset + 4 * cStride);
        h4.intoArray(c, cOffset + 4 * cStride + WIDTH);
        l5.intoArray(c, cOffset + 5 * cStride);
        h5.intoArray(c, cOffset + 5 * cStride + WIDTH);
        l6.intoArray(c, cOffset + 6 * cStride);
        h6.intoArray(c, cOffset + 6 * cStride + WIDTH);
        l7.intoArray(c, cOffset + 7 * cStride);
        h7.intoArray(c, cOffset + 7 * cStride + WIDTH);
    }

    private static void tile4x2(
            float[] a,
            int aOffset,
            int aRowStride,
            int aStride,
            float[] b,
            int bOffset,
            int bStride,
            int k,
            float[] start,
            int startOffset,
            int startStride,
            float[] c,
            int cOffset,
            int cStride) {
        FloatVector l0 = FloatVector.fromArray(LANES, start, startOffset);
        FloatVector h0 = FloatVector.fromArray(LANES, start, startOffset + WIDTH);
        FloatVector l1 = FloatVector.fromArray(LANES, start, startOffset + startStride);
        FloatVector h1 = FloatVector.fromArray(LANES, start, startOffset + startStride + WIDTH);
        FloatVector l2 = FloatVector.fromArray(LANES, start, startOffset + 2 * startStride);
        FloatVector h2 = FloatVector.fromArray(LANES, start, startOffset + 2 * startStride + WIDTH);
        FloatVector l3 = FloatVector.fromArray(LANES, start, startOffset + 3 * startStride);
        FloatVector h3 = FloatVector.fromArray(LANES, start, startOffset + 3 * startStride + WIDTH);
        int x = aOffset;
        int y = bOffset;
        for (int p = 0; p < k; p++) {
            FloatVector low = FloatVector.fromArray(LANES, b, y);
            FloatVector high = FloatVector.fromArray(LANES, b, y + WIDTH);
            FloatVector a0 = FloatVector.broadcast(LANES, a[x]);
            l0 = a0.fma(low, l0);
            h0 = a0.fma(high, h0);
            FloatVector a1 = FloatVector.broadcast(LANES, a[x + aRowStride]);
            l1 = a1.fma(low, l1);
            h1 = a1.fma(high, h1);
            FloatVector a2 = FloatVector.broadcast(LANES, a[x + 2 * aRowStride]);
            l2 = a2.fma(low, l2);
            h2 = a2.fma(high, h2);
            FloatVector a3 = FloatVector.broadcast(LANES, a[x + 3 * aRowStride]);
            l3 = a3.fma(low, l3);
            h3 = a3.fma(high, h3);
            x += aStride;
            y += bStride;
        }
        l0.intoArray(c, cOffset);
        h0.intoArray(c, cOffset + WIDTH);
        l1.intoArray(c, cOffset + cStride);
        h1.intoArray(c, cOffset + cStride + WIDTH);
        l2.intoArray(c, cOffset + 2 * cStride);
        h2.intoArray(c, cOffset + 2 * cStride + WIDTH);
        l3.intoArray(c, cOffset + 3 * cStride);
        h3.intoArray(c, cOffset + 3 * cStride + WIDTH);
    }

    private static void tile1x2(
            float[] a,
            int aOffset,
            int aRowStride,
            int aStride,
            float[] b,
            int bOffset,
            int bStride,
            int k,
            float[] start,
            int startOffset,
            int startStride,
            float[] c,
            int cOffset,
            int cStride) {
        FloatVector l0 = FloatVector.fromArray(LANES, start, startOffset);
        FloatVector h0 = FloatVector.fromArray(LANES, start, startOffset + WIDTH);
        int x = aOffset;
        int y = bOffset;
        for (int p = 0; p < k; p++) {
            FloatVector low = FloatVector.fromArray(LANES, b, y);
            FloatVector high = FloatVector.fromArray(LANES, b, y + WIDTH);
            FloatVector a0 = FloatVector.broadcast(LANES, a[x]);
            l0 = a0.fma(low, l0);
            h0 = a0.fma(high, h0);
            x += aStride;
            y += bStride;
        }
        l0.intoArray(c, cOffset);
        h0.intoArray(c, cOffset + WIDTH);
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
        if (parts.length < m * n * DOT_PARTS) {
            parts = new float[m * n * DOT_PARTS];
        }
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                interleaved(a, aOffset + i * aStride, b, bOffset + j * bStride, width, parts, (i * n + j) * DOT_PARTS);
            }
        }
        for (int dot = 0; dot < m * n; dot++) {
            into[intoOffset + dot] = sum(parts, dot * DOT_PARTS);
        }
    }

    private static void interleaved(float[] a, int aAt, float[] b, int bAt, int width, float[] parts, int to) {
        int whole = width / DOT_PARTS * DOT_PARTS;
        for (int part = 0; part < DOT_PARTS; part += WIDTH) {
            FloatVector sums = FloatVector.zero(LANES);
            for (int p = part; p < whole; p += DOT_PARTS) {
                sums = FloatVector.fromArray(LANES, a, aAt + p).fma(FloatVector.fromArray(LANES, b, bAt + p), sums);
            }
            sums.intoArray(parts, to + part);
        }
        for (int p = whole; p < width; p++) {
            parts[to + p - whole] = Math.fma(a[aAt + p], b[bAt + p], parts[to + p - whole]);
        }
    }

    /** In halves. Written out, so that the sums of one dot need not wait for those of another. */
    private static float sum(float[] parts, int at) {
        float s0 = parts[at] + parts[at + 8];
        float s1 = parts[at + 1] + parts[at + 9];
        float s2 = parts[at + 2] + parts[at + 10];
        float s3 = parts[at + 3] + parts[at + 11];
        float s4 = parts[at + 4] + parts[at + 12];
        float s5 = parts[at + 5] + parts[at + 13];
        float s6 = parts[at + 6] + parts[at + 14];
        float s7 = parts[at + 7] + parts[at + 15];
        return ((s0 + s4) + (s2 + s6)) + ((s1 + s5) + (s3 + s7));
    }
}

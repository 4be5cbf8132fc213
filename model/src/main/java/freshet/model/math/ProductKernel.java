package freshet.model.math;

/**
 * The product of matrices, the one place where the time of a step goes. Every output is a sum over the inner index in
 * ascending order, each term added by one fused multiply-add; vectors run across outputs only. So all kernels give the same
 * bits, however wide their vectors are.
 *
 * <p>A kernel belongs to one thread.
 */
public interface ProductKernel {
    /** Set to {@code true}, this system property keeps to the plain kernel, for comparison. */
    String PLAIN_ONLY_PROPERTY = "freshet.plain.kernel";

    /**
     * The fastest kernel of this machine: with the JDK's Vector API if the JVM was started with
     * {@code --add-modules jdk.incubator.vector}, plain otherwise.
     */
    static ProductKernel best() {
        if (Boolean.getBoolean(PLAIN_ONLY_PROPERTY)
                || ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty()) {
            return new PlainProduct();
        }
        // By name, because whoever refers to it needs the incubating module to compile and to load.
        String vector = "freshet.model.math.vector.VectorProduct";
        try {
            return (ProductKernel)
                    Class.forName(vector).getDeclaredConstructor().newInstance();
        } catch (ReflectiveOperationException | LinkageError e) {
            return new PlainProduct(); // this JDK's incubator no longer fits: the same bits, slower
        }
    }

    /** How long to make the rows of a right-hand matrix of n columns: a multiple of the widest vector. */
    static int padded(int n) {
        return (n + 15) / 16 * 16;
    }

    /** For benchmarks and logs: {@code plain}, or {@code vector-} and the number of bits. */
    String name();

    /**
     * {@code c[i, j] += sum over p of a[i, p] * b[p][j]}, for i below m, p below k, j below n.
     *
     * @param a element (i, p) at {@code aOffset + i * aRowStride + p * aStride}: strides swapped, it is the transpose
     * @param b {@code float[k][n]}; fastest where rows are {@link #padded}, whatever the padding holds
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

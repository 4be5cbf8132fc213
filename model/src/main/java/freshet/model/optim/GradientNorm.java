package freshet.model.optim;

/**
 * The Euclidean norm of a gradient that lies in several arrays: add each, or what {@link #squares} made of it, always in the same
 * order; then read. Not thread-safe but for {@link #squares}.
 */
public final class GradientNorm {
    private double sum;

    /** Forgets what was added. */
    public void reset() {
        sum = 0;
    }

    /** Adds an array's sum of squares. */
    public void add(double squares) {
        sum += squares;
    }

    /** The sum of the squares of {@code [from, to)}, in doubles and eight interleaved parts. */
    public static double squares(float[] values, int from, int to) {
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        double s4 = 0;
        double s5 = 0;
        double s6 = 0;
        double s7 = 0;
        int i = from;
        for (; i + 8 <= to; i += 8) {
            s0 += square(values[i]);
            s1 += square(values[i + 1]);
            s2 += square(values[i + 2]);
            s3 += square(values[i + 3]);
            s4 += square(values[i + 4]);
            s5 += square(values[i + 5]);
            s6 += square(values[i + 6]);
            s7 += square(values[i + 7]);
        }
        for (; i < to; i++) {
            s0 += square(values[i]);
        }
        return ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7));
    }

    private static double square(float value) {
        return (double) value * value;
    }

    /** NaN or infinite if any value was. */
    public double value() {
        return Math.sqrt(sum);
    }
}

package freshet.model.math;

/**
 * exp, log and whole powers with the same bits on every CPU, JDK and compiler tier, which {@code Math.exp} and {@code Math.log} do not
 * promise. Built from additions, products, divisions and fused multiply-adds of doubles, all exact in their rounding, and
 * rounded to float once: within 0.51 units in the last place of the float result.
 */
public final class StableMath {
    private static final double LOG2_E = 1.4426950408889634;
    private static final double LN_2 = 0.6931471805599453;
    private static final double SQRT_2 = 1.4142135623730951;

    /** Beyond this exp is no finite float; below minus {@link #EXP_UNDERFLOW} it is 0. */
    private static final double EXP_OVERFLOW = 89;

    private static final double EXP_UNDERFLOW = 105;

    private StableMath() {}

    /** e^x, as a double good to about 1e-12 relative. NaN for NaN; 0 and infinity where a float ends. */
    static double expDouble(double x) {
        if (!(x < EXP_OVERFLOW)) {
            return x >= EXP_OVERFLOW ? Double.POSITIVE_INFINITY : Double.NaN;
        }
        if (x < -EXP_UNDERFLOW) {
            return 0;
        }
        // x = n ln 2 + r with |r| <= 0.347, then e^r by its Taylor series: the first term left out is r^11 / 11! <
        // 3e-13.
        double n = Math.rint(x * LOG2_E);
        double r = Math.fma(n, -LN_2, x);
        double p = 1.0 / 3628800;
        p = Math.fma(p, r, 1.0 / 362880);
        p = Math.fma(p, r, 1.0 / 40320);
        p = Math.fma(p, r, 1.0 / 5040);
        p = Math.fma(p, r, 1.0 / 720);
        p = Math.fma(p, r, 1.0 / 120);
        p = Math.fma(p, r, 1.0 / 24);
        p = Math.fma(p, r, 1.0 / 6);
        p = Math.fma(p, r, 0.5);
        p = Math.fma(p, r, 1.0);
        p = Math.fma(p, r, 1.0);
        return p * Double.longBitsToDouble((long) n + 1023 << 52);
    }

    /**
     * A whole power, by squaring: good to about {@code exponent * 2e-16} relative, and without the arrays that
     * {@code StrictMath.pow} allocates.
     *
     * @param exponent not negative
     */
    public static double power(double base, long exponent) {
        double power = 1;
        double square = base;
        for (long left = exponent; left != 0; left >>>= 1) {
            if ((left & 1) != 0) {
                power *= square;
            }
            square *= square;
        }
        return power;
    }

    /** ln x for a positive, finite, normal x, as a double good to about 1e-13 relative or absolute, whichever is more. */
    public static double log(double x) {
        long bits = Double.doubleToRawLongBits(x);
        long exponent = (bits >>> 52) - 1023;
        double m = Double.longBitsToDouble(bits & 0x000FFFFFFFFFFFFFL | 0x3FF0000000000000L);
        if (m > SQRT_2) {
            m *= 0.5;
            exponent++;
        }
        // x = 2^exponent m with m in [0.71, 1.42]; ln m = 2 artanh s, |s| <= 0.172: the first term left out is below
        // 2e-14.
        double s = (m - 1) / (m + 1);
        double z = s * s;
        double p = 1.0 / 15;
        p = Math.fma(p, z, 1.0 / 13);
        p = Math.fma(p, z, 1.0 / 11);
        p = Math.fma(p, z, 1.0 / 9);
        p = Math.fma(p, z, 1.0 / 7);
        p = Math.fma(p, z, 1.0 / 5);
        p = Math.fma(p, z, 1.0 / 3);
        p = Math.fma(p, z, 1.0);
        return Math.fma(exponent, LN_2, 2 * s * p);
    }

    /** e^x. */
    public static float exp(float x) {
        return (float) expDouble(x);
    }

    /** ln x: NaN for a negative x, minus infinity for 0. */
    public static float log(float x) {
        if (!(x > 0)) {
            return x == 0 ? Float.NEGATIVE_INFINITY : Float.NaN;
        }
        return x == Float.POSITIVE_INFINITY ? x : (float) log((double) x);
    }

    /** ln(1 + x) for x >= 0, a count. */
    public static float log1p(float x) {
        return x == Float.POSITIVE_INFINITY ? x : (float) log(1.0 + x);
    }

    /** ln(a / b) for positive, finite a and b. */
    public static float logRatio(float a, float b) {
        return (float) log((double) a / b);
    }

    /** The logistic function 1 / (1 + e^-x). */
    public static float sigmoid(float x) {
        return x >= 0 ? (float) (1 / (1 + expDouble(-x))) : sigmoidOfNegative(x);
    }

    private static float sigmoidOfNegative(float x) {
        double e = expDouble(x);
        return (float) (e / (1 + e));
    }

    /** ln(1 + e^x), without overflow. */
    public static double softplus(float x) {
        return x > 0 ? x + log(1 + expDouble(-x)) : log(1 + expDouble(x));
    }

    /**
     * The cross entropy of a probability and a label, both from 0 to 1.
     *
     * @param least how near to 0 and 1 the probability counts as it is: a wrong prediction must not cost infinitely much
     */
    public static double crossEntropy(double prediction, double label, double least) {
        double p = Math.max(least, Math.min(1 - least, prediction));
        return -(label * log(p) + (1 - label) * log(1 - p));
    }
}

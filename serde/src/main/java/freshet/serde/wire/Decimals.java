package freshet.serde.wire;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/**
 * Numbers as text, by a rule of our own, so that a file is the same whichever JDK wrote it ({@code Double.toString} changed in
 * JDK 19). Plain decimal notation, never an exponent; no trailing zeros; never {@code -0}. Stateless, safe on any thread.
 *
 * <p>Three rules:
 * <ul>
 *   <li>{@link #text(double, int)}: the exact binary value, rounded half to even at a number of decimals;
 *   <li>{@link #text(float)}: the exact binary value, rounded half to even to 6, 7, 8 or 9 significant digits, the first of
 *       these that reads back as the same float (9 always does; 6 already restores whatever was written with at most 6);
 *   <li>{@link #text(double)}: likewise with 15, 16 or 17 significant digits.
 * </ul>
 *
 * <p>All have a fast way in doubles, taken only where its error provably cannot change a digit; otherwise
 * {@link BigDecimal} decides.
 */
public final class Decimals {
    private static final int FEWEST_FLOAT_DIGITS = 6;
    private static final int MOST_FLOAT_DIGITS = 9;
    private static final int FEWEST_DOUBLE_DIGITS = 15;
    private static final int MOST_DOUBLE_DIGITS = 17;

    /** Powers of ten that a double holds exactly. */
    private static final double[] POWERS = {
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18
    };

    /** Below this a double's neighbours are at most 1/16 apart, so that the distance to a half means something. */
    private static final double FAST_LIMIT = 1L << 49;

    private Decimals() {}

    /** {@link #append(StringBuilder, double, int)} as a text of its own. */
    public static String text(double value, int decimals) {
        return append(new StringBuilder(24), value, decimals).toString();
    }

    /**
     * Appends a number, rounded half to even.
     *
     * @param value finite
     * @param decimals digits after the point, 0 to 18; trailing zeros among them are not written
     * @return {@code text}
     */
    public static StringBuilder append(StringBuilder text, double value, int decimals) {
        if (decimals < 0 || decimals >= POWERS.length) {
            throw new IllegalArgumentException(
                    "writing a number: found " + decimals + " decimals, expected 0 to " + (POWERS.length - 1));
        }
        requireFinite(value);
        double scaled = Math.abs(value) * POWERS[decimals];
        if (scaled < FAST_LIMIT) {
            double whole = Math.floor(scaled);
            double fraction = scaled - whole;
            // The product is off by half an ulp at most: away from the half it rounds as the exact value does.
            if (Math.abs(fraction - 0.5) > Math.ulp(scaled)) {
                return appendScaled(text, value < 0, (long) whole + (fraction > 0.5 ? 1 : 0), decimals);
            }
        }
        return appendPlain(text, new BigDecimal(value).setScale(decimals, RoundingMode.HALF_EVEN));
    }

    /** {@link #append(StringBuilder, float)} as a text of its own. */
    public static String text(float value) {
        return append(new StringBuilder(16), value).toString();
    }

    /**
     * Appends a float so that {@link Float#parseFloat} gives it back (but for the sign of zero).
     *
     * @param value finite
     * @return {@code text}
     */
    public static StringBuilder append(StringBuilder text, float value) {
        requireFinite(value);
        double magnitude = Math.abs((double) value);
        if (magnitude < 1 << 24 && magnitude == (long) magnitude) {
            return appendScaled(text, value < 0, (long) magnitude, 0);
        }
        if (magnitude >= 1e-6 && magnitude < 1e6) {
            int integerDigits = integerDigits(magnitude);
            for (int digits = FEWEST_FLOAT_DIGITS; digits <= MOST_FLOAT_DIGITS; digits++) {
                int decimals = digits - integerDigits;
                double scaled = magnitude * POWERS[decimals];
                double whole = Math.floor(scaled);
                double fraction = scaled - whole;
                if (Math.abs(fraction - 0.5) <= Math.ulp(scaled)) {
                    break;
                }
                long rounded = (long) whole + (fraction > 0.5 ? 1 : 0);
                double read = rounded / POWERS[decimals];
                if (halfwayBetweenFloats(read)) {
                    break;
                }
                if ((float) read == (float) magnitude) {
                    return appendScaled(text, value < 0, rounded, decimals);
                }
            }
        }
        return appendPlain(text, shortest(value));
    }

    private static BigDecimal shortest(float value) {
        BigDecimal exact = new BigDecimal(value);
        for (int digits = FEWEST_FLOAT_DIGITS; ; digits++) {
            BigDecimal rounded = exact.round(new MathContext(digits, RoundingMode.HALF_EVEN));
            if (digits == MOST_FLOAT_DIGITS || rounded.floatValue() == value) {
                return rounded;
            }
        }
    }

    /** {@link #append(StringBuilder, double)} as a text of its own. */
    public static String text(double value) {
        return append(new StringBuilder(24), value).toString();
    }

    /**
     * Appends a double so that {@link Double#parseDouble} gives it back (but for the sign of zero). Whole numbers are fast,
     * others take microseconds.
     *
     * @param value finite
     * @return {@code text}
     */
    public static StringBuilder append(StringBuilder text, double value) {
        requireFinite(value);
        double magnitude = Math.abs(value);
        if (magnitude < FAST_LIMIT && magnitude == (long) magnitude) {
            return appendScaled(text, value < 0, (long) magnitude, 0);
        }
        BigDecimal exact = new BigDecimal(value);
        for (int digits = FEWEST_DOUBLE_DIGITS; ; digits++) {
            BigDecimal rounded = exact.round(new MathContext(digits, RoundingMode.HALF_EVEN));
            if (digits == MOST_DOUBLE_DIGITS || rounded.doubleValue() == value) {
                return appendPlain(text, rounded);
            }
        }
    }

    /**
     * How many digits a number from 1e-6 to 1e6 has before the point; below 0.1, minus its zeros after the point. The
     * products are exact: 24 bits of the float and at most 14 of the odd part of the power.
     */
    private static int integerDigits(double magnitude) {
        int digits = 0;
        while (magnitude >= POWERS[digits]) {
            digits++;
        }
        while (digits <= 0 && magnitude * POWERS[1 - digits] < 1) {
            digits--;
        }
        return digits;
    }

    /**
     * Whether a correctly rounded quotient landed on the middle between two floats, so that its own rounding error decides to
     * which of them it goes. Elsewhere it lies on the same side of the middle as the exact quotient.
     */
    private static boolean halfwayBetweenFloats(double quotient) {
        return (Double.doubleToRawLongBits(quotient) & ((1L << 29) - 1)) == 1L << 28;
    }

    /** Writes scaled / 10^decimals. */
    private static StringBuilder appendScaled(StringBuilder text, boolean negative, long scaled, int decimals) {
        if (scaled == 0) {
            return text.append('0');
        }
        long digits = scaled;
        int places = decimals;
        while (places > 0 && digits % 10 == 0) {
            digits /= 10;
            places--;
        }
        if (negative) {
            text.append('-');
        }
        int start = text.length();
        text.append(digits);
        if (places > 0) {
            int missing = places + 1 - (text.length() - start);
            for (int i = 0; i < missing; i++) {
                text.insert(start, '0');
            }
            text.insert(text.length() - places, '.');
        }
        return text;
    }

    private static StringBuilder appendPlain(StringBuilder text, BigDecimal value) {
        return value.signum() == 0
                ? text.append('0')
                : text.append(value.stripTrailingZeros().toPlainString());
    }

    private static void requireFinite(double value) {
        if (!Double.isFinite(value)) {
            throw new IllegalArgumentException("writing a number: found " + value + ", expected a finite one");
        }
    }
}

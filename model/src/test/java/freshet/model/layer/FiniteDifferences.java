package freshet.model.layer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.DoubleSupplier;

/**
 * Checks a gradient against differences of the function. In float32 both are noisy, so the tolerance is wide; a wrong term or
 * sign still stands out. Where the slopes to the left and right differ there is a kink of a ReLU nearby, and the
 * gradient lies between them; where they differ much, the place is passed over, and few may be.
 */
public final class FiniteDifferences {
    private static final float STEP = 1f / 256;
    private static final double TOLERANCE = 0.01;
    private static final double MAX_SHARE_OF_KINKS = 0.15;

    private FiniteDifferences() {}

    /**
     * @param function of {@code values[from]} to {@code values[to - 1]}, in that array as it stands
     * @param gradient at the same indexes
     */
    public static void check(String what, DoubleSupplier function, float[] values, int from, int to, float[] gradient) {
        int kinks = 0;
        double largest = 1;
        for (int i = from; i < to; i++) {
            largest = Math.max(largest, Math.abs(gradient[i]));
        }
        double here = function.getAsDouble();
        for (int i = from; i < to; i++) {
            float saved = values[i];
            values[i] = saved + STEP;
            double right = (function.getAsDouble() - here) / STEP;
            values[i] = saved - STEP;
            double left = (here - function.getAsDouble()) / STEP;
            values[i] = saved;
            if (Math.abs(right - left) > 4 * TOLERANCE * largest) {
                kinks++;
                continue;
            }
            double tolerance = TOLERANCE * largest;
            assertThat((double) gradient[i])
                    .as("%s [%d], slopes %s and %s", what, i - from, left, right)
                    .isBetween(Math.min(left, right) - tolerance, Math.max(left, right) + tolerance);
        }
        assertThat(kinks).as("kinks in %s", what).isLessThanOrEqualTo((int) (MAX_SHARE_OF_KINKS * (to - from)) + 1);
    }
}

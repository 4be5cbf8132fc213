package freshet.model.math;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Against StrictMath, which is slower and specified to the bit. */
class StableMathTest {

    @Test
    void expIsTheNearestFloatOrItsNeighbour() {
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 200_000; i++) {
            float x = (float) random.nextDouble(-104, 88.7);
            float expected = (float) StrictMath.exp(x);
            assertThat(StableMath.exp(x)).as("exp(%s)", x).isBetween(Math.nextDown(expected), Math.nextUp(expected));
        }
    }

    @Test
    void expAtTheEnds() {
        assertThat(StableMath.exp(0)).isEqualTo(1f);
        assertThat(StableMath.exp(-0f)).isEqualTo(1f);
        assertThat(StableMath.exp(200)).isEqualTo(Float.POSITIVE_INFINITY);
        assertThat(StableMath.exp(Float.POSITIVE_INFINITY)).isEqualTo(Float.POSITIVE_INFINITY);
        assertThat(StableMath.exp(Float.NEGATIVE_INFINITY)).isEqualTo(0f);
        assertThat(StableMath.exp(-200)).isEqualTo(0f);
        assertThat(StableMath.exp(Float.NaN)).isNaN();
    }

    @Test
    void logIsTheNearestFloatOrItsNeighbour() {
        SplittableRandom random = new SplittableRandom(2);
        for (int i = 0; i < 200_000; i++) {
            float x = Float.intBitsToFloat(random.nextInt(1, 0x7F800000)); // every positive float, subnormal ones too
            float expected = (float) StrictMath.log(x);
            assertThat(StableMath.log(x)).as("log(%s)", x).isBetween(Math.nextDown(expected), Math.nextUp(expected));
        }
    }

    @Test
    void logNearOneKeepsItsDigits() {
        for (double d = 1e-9; d < 0.5; d *= 1.7) {
            assertThat(StableMath.log(1 + d)).isCloseTo(StrictMath.log(1 + d), within(1e-13 * d));
            assertThat(StableMath.log(1 - d)).isCloseTo(StrictMath.log(1 - d), within(1e-13 * d));
        }
    }

    @Test
    void logAtTheEnds() {
        assertThat(StableMath.log(1f)).isEqualTo(0f);
        assertThat(StableMath.log(0f)).isEqualTo(Float.NEGATIVE_INFINITY);
        assertThat(StableMath.log(-1f)).isNaN();
        assertThat(StableMath.log(Float.NaN)).isNaN();
        assertThat(StableMath.log(Float.POSITIVE_INFINITY)).isEqualTo(Float.POSITIVE_INFINITY);
    }

    @Test
    void sigmoidAndSoftplusHoldEverywhere() {
        for (float x = -120; x <= 120; x += 0.37f) {
            double e = StrictMath.exp(-Math.abs(x));
            double sigmoid = x >= 0 ? 1 / (1 + e) : e / (1 + e);
            double softplus = Math.max(x, 0) + StrictMath.log1p(e);
            assertThat((double) StableMath.sigmoid(x)).isCloseTo(sigmoid, within(1e-7 * sigmoid + 1e-44));
            assertThat(StableMath.softplus(x)).isCloseTo(softplus, within(1e-11 * softplus + 1e-15));
        }
        assertThat(StableMath.sigmoid(Float.NaN)).isNaN();
    }

    @Test
    void wholePowersAreThoseOfTheLibrary() {
        for (double base : new double[] {0.9, 0.999, 1, 1.0001}) {
            for (long exponent : new long[] {0, 1, 2, 3, 64, 1_000, 65_537}) {
                assertThat(StableMath.power(base, exponent))
                        .isCloseTo(StrictMath.pow(base, exponent), withinPercentage(1e-9));
            }
        }
        assertThat(StableMath.power(0.9, 10_000_000_000L)).isZero();
    }

    @Test
    void ratiosAndCounts() {
        assertThat((double) StableMath.logRatio(3, 7)).isCloseTo(StrictMath.log(3.0 / 7), within(1e-7));
        assertThat((double) StableMath.log1p(41)).isCloseTo(StrictMath.log1p(41), within(1e-6));
        assertThat(StableMath.log1p(0)).isEqualTo(0f);
    }
}

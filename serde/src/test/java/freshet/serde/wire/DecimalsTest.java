package freshet.serde.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DecimalsTest {

    @ParameterizedTest(name = "{0} with {1} decimals is {2}")
    @CsvSource({
        "0.5, 0, 0",
        "1.5, 0, 2",
        "2.5, 0, 2",
        "-0.5, 0, 0",
        "-1.5, 0, -2",
        "0.125, 2, 0.12",
        "0.375, 2, 0.38",
        "0.1, 3, 0.1",
        "0.1, 18, 0.100000000000000006",
        "1.005, 2, 1",
        "-0.0, 6, 0",
        "-0.0000001, 6, 0",
        "100, 6, 100",
        "1e22, 2, 10000000000000000000000",
        "4.9e-324, 18, 0",
        "0.05, 2, 0.05",
        "-12.3456789, 4, -12.3457",
        "0.999999999, 6, 1"
    })
    void roundsTheExactValueHalfToEven(double value, int decimals, String text) {
        assertThat(Decimals.text(value, decimals)).isEqualTo(text);
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void theFastWayAgreesWithBigDecimal(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < 100_000; i++) {
            int decimals = random.nextInt(19);
            double value = anyDouble(random, decimals);
            assertThat(Decimals.text(value, decimals))
                    .as("%s with %d decimals", value, decimals)
                    .isEqualTo(plain(new BigDecimal(value).setScale(decimals, RoundingMode.HALF_EVEN)));
        }
    }

    private static double anyDouble(Random random, int decimals) {
        return switch (random.nextInt(4)) {
            case 0 -> random.nextGaussian() * 1000;
            case 1 -> (random.nextInt(2_000_001) - 1_000_000) / 64.0; // many exact halves
            case 2 -> (random.nextInt(1_000_000) + 0.5) / StrictMath.pow(10, decimals); // next to a half
            default -> random.nextDouble() * StrictMath.pow(10, random.nextInt(40) - 20);
        };
    }

    @ParameterizedTest(name = "{0} is {1}")
    @CsvSource({
        "0, 0",
        "-0.0, 0",
        "1, 1",
        "-3, -3",
        "0.1, 0.1",
        "0.3, 0.3",
        "123456.7, 123456.7",
        "16777216, 16777216",
        "3.4028235e38, 340282350000000000000000000000000000000",
        "1e-6, 0.000001",
        "2.7182817, 2.7182817",
        "1e10, 10000000000"
    })
    void floatsAreShortAndPlain(float value, String text) {
        assertThat(Decimals.text(value)).isEqualTo(text);
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {4, 5, 6})
    void floatsReadBackAndFollowTheRule(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < 100_000; i++) {
            float value = switch (random.nextInt(4)) {
                case 0 -> Float.intBitsToFloat(random.nextInt());
                case 1 -> random.nextInt(2_000_000) / 1000f;
                case 2 -> (float) StrictMath.log1p(random.nextInt(1_000_000));
                default -> random.nextFloat();
            };
            if (!Float.isFinite(value)) {
                continue;
            }
            String text = Decimals.text(value);
            assertThat(Float.parseFloat(text)).isEqualTo(value == 0 ? 0f : value);
            assertThat(text).isEqualTo(byTheRule(value));
        }
    }

    private static String byTheRule(float value) {
        for (int digits = 6; ; digits++) {
            BigDecimal rounded = new BigDecimal(value).round(new MathContext(digits, RoundingMode.HALF_EVEN));
            if (digits == 9 || Float.parseFloat(rounded.toString()) == value) {
                return plain(rounded);
            }
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {7, 8})
    void doublesReadBack(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < 10_000; i++) {
            double value = random.nextBoolean() ? random.nextInt() / 100.0 : Double.longBitsToDouble(random.nextLong());
            if (Double.isFinite(value)) {
                assertThat(Double.parseDouble(Decimals.text(value))).isEqualTo(value == 0 ? 0.0 : value);
            }
        }
        assertThat(Decimals.text(0.1)).isEqualTo("0.1");
        assertThat(Decimals.text(Math.PI)).isEqualTo("3.141592653589793");
    }

    @Test
    void refusesWhatHasNoDecimals() {
        assertThatIllegalArgumentException().isThrownBy(() -> Decimals.text(Double.NaN, 2));
        assertThatIllegalArgumentException().isThrownBy(() -> Decimals.text(Float.POSITIVE_INFINITY));
        assertThatIllegalArgumentException().isThrownBy(() -> Decimals.text(1.0, 19));
    }

    private static String plain(BigDecimal value) {
        return value.signum() == 0 ? "0" : value.stripTrailingZeros().toPlainString();
    }
}

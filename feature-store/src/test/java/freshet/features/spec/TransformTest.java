package freshet.features.spec;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TransformTest {

    @Test
    void valuesAreTheNamedFunctions() {
        assertThat(Transform.X.apply(2.5)).isEqualTo(2.5f);
        assertThat(Transform.SQRT.apply(2)).isEqualTo((float) Math.sqrt(2));
        assertThat(Transform.SQUARE.apply(3)).isEqualTo(9f);
        assertThat(Transform.LOG1P.apply(1)).isEqualTo(0.6931472f);
    }

    @ParameterizedTest
    @EnumSource
    void isOddFiniteAndZeroWhereMissing(Transform transform) {
        assertThat(transform.apply(Double.NaN)).isZero();
        assertThat(transform.apply(0)).isZero();
        for (double x : new double[] {1e-300, 0.3, 7, 1e300, Double.MAX_VALUE, Double.POSITIVE_INFINITY}) {
            assertThat(transform.apply(x)).isFinite().isNotNegative();
            assertThat(transform.apply(-x)).isEqualTo(-transform.apply(x));
        }
    }
}

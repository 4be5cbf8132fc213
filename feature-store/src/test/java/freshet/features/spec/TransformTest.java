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

    @Test
    void logitKeepsAwayFromTheEdges() {
        assertThat(Transform.LOGIT.apply(0.5)).isZero();
        assertThat(Transform.LOGIT.apply(0.2)).isEqualTo(-Transform.LOGIT.apply(0.8));
        assertThat(Transform.LOGIT.apply(0))
                .isEqualTo(-Transform.LOGIT.apply(1))
                .isEqualTo((float) Math.log(1e-6 / (1 - 1e-6)));
        assertThat(Transform.LOGIT.apply(Double.NaN)).isZero();
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "LOGIT")
    void isOddFiniteAndZeroWhereMissing(Transform transform) {
        assertThat(transform.apply(Double.NaN)).isZero();
        assertThat(transform.apply(0)).isZero();
        for (double x : new double[] {1e-300, 0.3, 7, 1e300, Double.MAX_VALUE, Double.POSITIVE_INFINITY}) {
            assertThat(transform.apply(x)).isFinite().isNotNegative();
            assertThat(transform.apply(-x)).isEqualTo(-transform.apply(x));
        }
    }
}

package freshet.model.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import freshet.model.ModelFixtures;
import freshet.model.layer.FiniteDifferences;
import freshet.model.spec.LossKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TaskLossTest {
    private static final int TASKS = 3;
    private final TaskLoss loss = new TaskLoss(ModelFixtures.spec(ModelFixtures.PLAIN));

    private double gradient(float[] logits, float[] labels, float[] weights, int batch, float[] into) {
        return loss.gradient(
                logits,
                labels,
                weights,
                new float[batch * TASKS],
                batch,
                new float[] {1, 1, 1},
                new double[TASKS],
                into);
    }

    @Test
    void gradientIsThatOfTheLoss() {
        float[] logits = {-2, 0.5f, 1, 0.3f, -0.7f, 3, 1.5f, 2, -1};
        float[] labels = {0, 1, 2, 1, 0, 0.5f, 0, 1, 0};
        float[] weights = {1, 2.5f, 1, 1, 0, 1, 0, 1, 0};
        float[] gradient = new float[logits.length];
        gradient(logits, labels, weights, 3, gradient);
        FiniteDifferences.check(
                "logits", () -> gradient(logits, labels, weights, 3, new float[9]), logits, 0, 9, gradient);
    }

    @Test
    void aTaskAveragesOverTheExamplesThatCarryIt() {
        float[] logits = new float[4 * TASKS];
        float[] labels = new float[4 * TASKS];
        float[] weights = new float[4 * TASKS];
        weights[0] = 1; // click of the first example alone
        float[] gradient = new float[4 * TASKS];
        double value = gradient(logits, labels, weights, 4, gradient);
        assertThat(value).isCloseTo(StrictMath.log(2), within(1e-7));
        assertThat(gradient[0]).isEqualTo(0.5f);

        weights[2 * TASKS] = 1;
        assertThat(gradient(logits, labels, weights, 4, gradient)).isCloseTo(StrictMath.log(2), within(1e-7));
        assertThat(gradient[0]).as("two carry it now: half as much each").isEqualTo(0.25f);
        assertThat(gradient[TASKS]).as("masked").isEqualTo(0f);
    }

    /** A negative, and later the positive that takes it back, are together one positive. */
    @Test
    void aCorrectionUndoesTheNegativeThatWasTrained() {
        float[] logits = {0.7f, 0, 0};
        float[] positive = {1, 0, 0};
        float[] one = {1, 0, 0};
        float[] four = {4, 0, 0};
        float[] ones = {1, 1, 1};
        float[] ofNegative = new float[3];
        float[] ofCorrection = new float[3];
        float[] ofPositive = new float[3];
        double negative = loss.gradient(logits, new float[3], four, new float[3], 1, ones, new double[3], ofNegative);
        double correction = loss.gradient(logits, positive, one, four, 1, ones, new double[3], ofCorrection);
        double alone = loss.gradient(logits, positive, one, new float[3], 1, ones, new double[3], ofPositive);
        assertThat(negative + correction).isCloseTo(alone, within(1e-6));
        assertThat(ofNegative[0] + ofCorrection[0]).isCloseTo(ofPositive[0], within(1e-6f));
        assertThat(ofCorrection[0]).isNegative();
    }

    /** Of 10 % positives and a tenth of the negatives, learnt with the offset, the prediction is that of the whole. */
    @Test
    void theOffsetMakesUpForNegativesThatWereLeftOut() {
        TaskLoss sampled =
                new TaskLoss(ModelFixtures.spec("{}", "[{name: 'a', negatives: {keep: 0.1, undo: 'log_odds'}}]"));
        float[] labels = new float[20];
        float[] weights = new float[20];
        java.util.Arrays.fill(labels, 0, 10, 1f);
        java.util.Arrays.fill(weights, 1f);
        float[] logits = new float[20];
        float[] gradient = new float[20];
        float z = 0;
        for (int step = 0; step < 2000; step++) {
            java.util.Arrays.fill(logits, z);
            sampled.gradient(logits, labels, weights, new float[20], 20, new float[] {1}, new double[1], gradient);
            for (float slope : gradient) {
                z -= slope;
            }
        }
        float[] predicted = new float[1];
        sampled.predict(new float[] {z}, 0, predicted);
        assertThat((double) predicted[0]).isCloseTo(10.0 / 110, within(1e-4));
    }

    @Test
    void aTaskThatNobodyCarriesAddsNothing() {
        float[] gradient = {9, 9, 9};
        assertThat(gradient(new float[] {1, 2, 3}, new float[3], new float[3], 1, gradient))
                .isEqualTo(0);
        assertThat(gradient).containsOnly(0f);
    }

    @Test
    void hugeLogitsStayFinite() {
        float[] gradient = new float[3];
        double value = gradient(new float[] {500, -500, 0}, new float[] {0, 1, 0}, new float[] {1, 1, 0}, 1, gradient);
        assertThat(value).isCloseTo(500 + 2 * 500, within(1e-3));
        assertThat(gradient).containsExactly(1, -2, 0);
    }

    @ParameterizedTest
    @EnumSource(LossKind.class)
    void everyLossHasTheSlopeOfItsValueAndIsFinite(LossKind kind) {
        String name = kind.name().toLowerCase(java.util.Locale.ROOT);
        PointLoss point = PointLoss.of(
                ModelFixtures.tasks("[{name: 'a', loss: '" + name + "'}]").get(0));
        for (float label : new float[] {0, 0.5f, 1, 7}) {
            if (kind.isProbability() && label > 1) {
                continue;
            }
            for (float z = -6; z <= 6; z += 0.37f) {
                double h = 1e-2;
                double slope = (point.value((float) (z + h), label) - point.value((float) (z - h), label)) / (2 * h);
                assertThat((double) point.slope(z, label))
                        .as("%s at %s", label, z)
                        .isCloseTo(slope, within(0.006 * (1 + label)));
            }
            for (float z : new float[] {-1000, -90, 90, 1000}) {
                assertThat(point.value(z, label)).isFinite().isNotNegative();
                assertThat(point.slope(z, label)).isFinite();
            }
        }
    }

    /** Minimised by a constant logit, weighted logistic regression predicts what its documentation says. */
    @Test
    void oddsAreTheTimePerImpression() {
        float[] times = {0, 0, 0, 30, 0, 12, 0, 0, 60, 0};
        for (LossKind kind : new LossKind[] {LossKind.WEIGHTED_LOGISTIC, LossKind.UNBIASED_WEIGHTED_LOGISTIC}) {
            String name = kind.name().toLowerCase(java.util.Locale.ROOT);
            PointLoss point = PointLoss.of(
                    ModelFixtures.tasks("[{name: 'a', loss: '" + name + "'}]").get(0));
            double z = 0;
            for (int step = 0; step < 4000; step++) {
                for (float time : times) {
                    z -= 0.005 * point.slope((float) z, time);
                }
            }
            double expected = kind == LossKind.WEIGHTED_LOGISTIC ? 102.0 / 7 : 102.0 / 10;
            assertThat((double) point.prediction((float) z)).isCloseTo(expected, within(0.05 * expected));
        }
    }

    @Test
    void aProductHasTheGradientOfItsCrossEntropyInEveryFactor() {
        TaskLoss product = new TaskLoss(ModelFixtures.spec("{}", """
                [{name: 'click'}, {name: 'cart', product_with: 'click'}, {name: 'buy', weight: 2, product_with: 'cart'}]
                """));
        float[] logits = {-2, 0.5f, 1, 0.3f, -0.7f, 3, 1.5f, 2, -1};
        float[] labels = {0, 1, 1, 1, 0, 0, 0, 0, 0.5f};
        float[] weights = {1, 2.5f, 1, 0, 0, 1, 1, 1, 1};
        float[] undone = {0, 0, 2, 0, 0, 0, 0, 0, 0};
        float[] ones = {1, 1, 1};
        float[] gradient = new float[9];
        product.gradient(logits, labels, weights, undone, 3, ones, new double[3], gradient);
        FiniteDifferences.check(
                "logits",
                () -> product.gradient(logits, labels, weights, undone, 3, ones, new double[3], new float[9]),
                logits,
                0,
                9,
                gradient);
        float[] predictions = new float[9];
        product.predict(logits, 3, predictions);
        double click = 1 / (1 + Math.exp(-0.3));
        double cart = click / (1 + Math.exp(0.7));
        assertThat((double) predictions[3]).isCloseTo(click, within(1e-6));
        assertThat((double) predictions[4]).isCloseTo(cart, within(1e-6));
        assertThat((double) predictions[5]).isCloseTo(cart / (1 + Math.exp(-3)), within(1e-6));
    }

    @Test
    void aProductThatIsSureOfItselfStaysFinite() {
        TaskLoss product =
                new TaskLoss(ModelFixtures.spec("{}", "[{name: 'click'}, {name: 'buy', product_with: 'click'}]"));
        for (float a : new float[] {-500, -100, 100, 500}) {
            for (float b : new float[] {-500, -100, 100, 500}) {
                for (float label : new float[] {0, 1}) {
                    float[] gradient = new float[2];
                    double value = product.gradient(
                            new float[] {a, b},
                            new float[] {0, label},
                            new float[] {0, 1},
                            new float[2],
                            1,
                            new float[] {1, 1},
                            new double[2],
                            gradient);
                    assertThat(value).isFinite();
                    assertThat(gradient[0]).isBetween(-1f, 1f);
                    assertThat(gradient[1]).isBetween(-1f, 1f);
                }
            }
        }
    }
}

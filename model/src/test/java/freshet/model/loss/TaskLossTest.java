package freshet.model.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import freshet.model.ModelFixtures;
import freshet.model.layer.FiniteDifferences;
import org.junit.jupiter.api.Test;

class TaskLossTest {
    private static final int TASKS = 3;
    private final TaskLoss loss = new TaskLoss(ModelFixtures.spec(ModelFixtures.PLAIN));

    @Test
    void gradientIsThatOfTheLoss() {
        float[] logits = {-2, 0.5f, 1, 0.3f, -0.7f, 3, 1.5f, 2, -1};
        float[] labels = {0, 1, 2, 1, 0, 0.5f, 0, 1, 0};
        float[] weights = {1, 2.5f, 1, 1, 0, 1, 0, 1, 0};
        float[] gradient = new float[logits.length];
        loss.gradient(logits, labels, weights, 3, gradient);
        FiniteDifferences.check(
                "logits", () -> loss.gradient(logits, labels, weights, 3, new float[9]), logits, 0, 9, gradient);
    }

    @Test
    void aTaskAveragesOverTheExamplesThatCarryIt() {
        float[] logits = new float[4 * TASKS];
        float[] labels = new float[4 * TASKS];
        float[] weights = new float[4 * TASKS];
        weights[0] = 1; // click of the first example alone
        float[] gradient = new float[4 * TASKS];
        double value = loss.gradient(logits, labels, weights, 4, gradient);
        assertThat(value).isCloseTo(StrictMath.log(2), within(1e-7));
        assertThat(gradient[0]).isEqualTo(0.5f);

        weights[2 * TASKS] = 1;
        assertThat(loss.gradient(logits, labels, weights, 4, gradient)).isCloseTo(StrictMath.log(2), within(1e-7));
        assertThat(gradient[0]).as("two carry it now: half as much each").isEqualTo(0.25f);
        assertThat(gradient[TASKS]).as("masked").isEqualTo(0f);
    }

    @Test
    void aTaskThatNobodyCarriesAddsNothing() {
        float[] gradient = {9, 9, 9};
        assertThat(loss.gradient(new float[] {1, 2, 3}, new float[3], new float[3], 1, gradient))
                .isEqualTo(0);
        assertThat(gradient).containsOnly(0f);
    }

    @Test
    void hugeLogitsStayFinite() {
        float[] gradient = new float[3];
        double value =
                loss.gradient(new float[] {500, -500, 0}, new float[] {0, 1, 0}, new float[] {1, 1, 0}, 1, gradient);
        assertThat(value).isCloseTo(500 + 2 * 500, within(1e-3));
        assertThat(gradient).containsExactly(1, -2, 0);
    }
}

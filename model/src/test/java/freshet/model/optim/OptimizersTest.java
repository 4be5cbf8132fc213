package freshet.model.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import freshet.model.spec.OptimizerSpec;
import org.junit.jupiter.api.Test;

class OptimizersTest {

    @Test
    void adagradDividesByTheRootOfAllSquaresSoFar() {
        Adagrad adagrad = new Adagrad(new OptimizerSpec.Adagrad(0.1f, 0.5f), new float[] {1, 2});
        float[] row = {9, 1, 1, 0, 0, 9};
        adagrad.initialise(row, 1, 2);
        assertThat(row).containsExactly(9, 1, 1, 0.5f, 0.5f, 9);
        adagrad.update(row, 1, 2, new float[] {7, 3, -1}, 1, 0.5f);
        assertThat(row[3]).isEqualTo(0.5f + 2.25f);
        assertThat((double) row[1]).isCloseTo(1 - 0.1 * 1.5 / Math.sqrt(2.75), within(1e-7));
        assertThat((double) row[2]).as("twice the rate").isCloseTo(1 + 0.2 * 0.5 / Math.sqrt(0.75), within(1e-7));
        assertThat(row[0]).isEqualTo(9);
        assertThat(row[5]).isEqualTo(9);
    }

    @Test
    void adagradWithoutGradientStandsStillEvenAtZero() {
        Adagrad adagrad = new Adagrad(new OptimizerSpec.Adagrad(0.1f, 0), new float[] {1});
        float[] row = {3, 0};
        adagrad.update(row, 0, 1, new float[] {0}, 0, 1);
        assertThat(row).containsExactly(3, 0);
    }

    @Test
    void adamFirstStepIsTheLearningRateWhateverTheGradient() {
        Adam adam = new Adam(new OptimizerSpec.Adam(0.01f, 0.9f, 0.999f, 1e-8f));
        float[] parameters = {1, 1, 1};
        adam.update(parameters, new float[] {100, -0.01f, 5}, new float[3], new float[3], 0, 2, 1, 1, 2);
        assertThat((double) parameters[0]).isCloseTo(0.98, within(1e-5));
        assertThat((double) parameters[1]).isCloseTo(1.02, within(1e-5));
        assertThat(parameters[2]).as("outside the range").isEqualTo(1);
    }

    @Test
    void theNormSeesEveryValueOnce() {
        GradientNorm norm = new GradientNorm();
        float[] values = new float[21];
        double squares = 0;
        for (int i = 0; i < values.length; i++) {
            values[i] = i - 7.5f;
            squares += i < 2 ? 0 : values[i] * values[i];
        }
        norm.add(values, 2, 21);
        norm.add(new float[] {3}, 0, 1);
        assertThat(norm.value()).isCloseTo(Math.sqrt(squares + 9), within(1e-9));
        norm.add(new float[] {Float.NaN}, 0, 1);
        assertThat(norm.value()).isNaN();
        norm.reset();
        assertThat(norm.value()).isEqualTo(0);
    }
}

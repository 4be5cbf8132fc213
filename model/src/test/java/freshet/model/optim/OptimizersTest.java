package freshet.model.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import freshet.model.math.ElementKernel;
import freshet.model.math.Kernels;
import freshet.model.spec.OptimizerSpec;
import org.junit.jupiter.api.Test;

class OptimizersTest {
    private static final ElementKernel ELEMENTS = Kernels.best().elements();

    @Test
    void adagradDividesByTheRootOfAllSquaresSoFar() {
        Adagrad adagrad = new Adagrad(new OptimizerSpec.Adagrad(0.1f, 0.5f), new float[] {1, 2}, ELEMENTS);
        float[] row = {9, 1, 1, 0, 0, 9};
        adagrad.initialise(row, 1, 2);
        assertThat(row).containsExactly(9, 1, 1, 0.5f, 0.5f, 9);
        adagrad.update(row, 1, 2, new float[] {7, 3, -1}, 1, new UpdateMoment(0.5f, 1, 1, 0));
        assertThat(row[3]).isEqualTo(0.5f + 2.25f);
        assertThat((double) row[1]).isCloseTo(1 - 0.1 * 1.5 / Math.sqrt(2.75), within(1e-7));
        assertThat((double) row[2]).as("twice the rate").isCloseTo(1 + 0.2 * 0.5 / Math.sqrt(0.75), within(1e-7));
        assertThat(row[0]).isEqualTo(9);
        assertThat(row[5]).isEqualTo(9);
    }

    @Test
    void adagradWithoutGradientStandsStillEvenAtZero() {
        Adagrad adagrad = new Adagrad(new OptimizerSpec.Adagrad(0.1f, 0), new float[] {1}, ELEMENTS);
        float[] row = {3, 0};
        adagrad.update(row, 0, 1, new float[] {0}, 0, new UpdateMoment(1, 1, 1, 0));
        assertThat(row).containsExactly(3, 0);
    }

    @Test
    void adamFirstStepIsTheLearningRateWhateverTheGradient() {
        Adam adam = new Adam(new OptimizerSpec.Adam(0.01f, 0.9f, 0.999f, 1e-8f), ELEMENTS);
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
        norm.add(GradientNorm.squares(values, 2, 21));
        norm.add(GradientNorm.squares(new float[] {3}, 0, 1));
        assertThat(norm.value()).isCloseTo(Math.sqrt(squares + 9), within(1e-9));
        norm.add(GradientNorm.squares(new float[] {Float.NaN}, 0, 1));
        assertThat(norm.value()).isNaN();
        norm.reset();
        assertThat(norm.value()).isEqualTo(0);
    }

    private static UpdateMoment at(long step, long millis) {
        return new UpdateMoment(1, 1, step, millis);
    }

    @Test
    void anUpdateIsNoLargerThanItsBoundAndARateNoSmallerThanItsFloor() {
        float[] row = {0, 0};
        RowOptimizer bounded = RowOptimizer.of(
                new OptimizerSpec.Adagrad(1, 0, OptimizerSpec.Decay.NONE, 0, 0.25f), new float[] {1}, ELEMENTS);
        bounded.update(row, 0, 1, new float[] {-3}, 0, at(1, 0));
        assertThat(row[0]).isEqualTo(0.25f);

        float[] old = {0, 1e8f};
        RowOptimizer floored = RowOptimizer.of(
                new OptimizerSpec.Adagrad(1, 0, OptimizerSpec.Decay.NONE, 0.01f, 0), new float[] {1}, ELEMENTS);
        floored.update(old, 0, 1, new float[] {2}, 0, at(1, 0));
        assertThat(old[0]).as("1 / sqrt(1e8) is below the floor").isEqualTo(-0.02f);

        Adam adam = new Adam(new OptimizerSpec.Adam(1, 0.9f, 0.999f, 1e-8f, 0.1f), ELEMENTS);
        float[] parameters = {0};
        adam.update(parameters, new float[] {-5}, new float[1], new float[1], 0, 1, 1, 1, 1);
        assertThat(parameters[0]).isEqualTo(0.1f);
    }

    @Test
    void sumsFadeOncePerPeriodAndNeverBelowTheirStart() {
        OptimizerSpec.Adagrad byTime =
                new OptimizerSpec.Adagrad(0.1f, 0.5f, new OptimizerSpec.Decay(0.5f, 0, 1000), 0, 0);
        RowOptimizer rule = RowOptimizer.of(byTime, new float[] {1}, ELEMENTS);
        float[] row = new float[3];
        rule.initialise(row, 0, 1);
        rule.update(row, 0, 1, new float[] {2}, 0, at(1, 100));
        assertThat(row[1]).as("no period has passed").isEqualTo(4.5f);
        rule.update(row, 0, 1, new float[] {0}, 0, at(2, 999));
        assertThat(row[1]).isEqualTo(4.5f);
        rule.update(row, 0, 1, new float[] {1}, 0, at(3, 2500));
        assertThat(row[1]).as("two periods, then the square").isEqualTo(4.5f / 4 + 1);
        rule.update(row, 0, 1, new float[] {0}, 0, at(4, 2400));
        assertThat(row[1]).as("time that goes back fades nothing").isEqualTo(4.5f / 4 + 1);
        rule.update(row, 0, 1, new float[] {0}, 0, at(5, 60_000));
        assertThat(row[1]).isEqualTo(0.5f);

        RowOptimizer bySteps = RowOptimizer.of(
                new OptimizerSpec.RowwiseAdagrad(0.1f, 0, new OptimizerSpec.Decay(0.5f, 10, 0), 0, 0),
                new float[] {1, 1},
                ELEMENTS);
        float[] other = {0, 0, 8, 1};
        bySteps.update(other, 0, 2, new float[] {0, 0}, 0, at(9, 0));
        assertThat(other[2]).isEqualTo(8);
        bySteps.update(other, 0, 2, new float[] {0, 0}, 0, at(10, 0));
        assertThat(other[2]).isEqualTo(4);
    }

    @Test
    void rowwiseAdagradSharesOneSum() {
        RowOptimizer rule = RowOptimizer.of(
                new OptimizerSpec.RowwiseAdagrad(0.1f, 0, OptimizerSpec.Decay.NONE, 0, 0),
                new float[] {1, 1},
                ELEMENTS);
        float[] row = {1, 1, 0};
        rule.update(row, 0, 2, new float[] {3, 4}, 0, at(1, 0));
        assertThat(row[2]).isEqualTo(12.5f);
        assertThat((double) row[0]).isCloseTo(1 - 0.3 / Math.sqrt(12.5), within(1e-6));
        assertThat((double) row[1]).isCloseTo(1 - 0.4 / Math.sqrt(12.5), within(1e-6));
    }

    /** Touched in every step it is the dense rule; otherwise its moments stand still. */
    @Test
    void adamOfARowIsThatOfDenseParameters() {
        OptimizerSpec.Adam spec = new OptimizerSpec.Adam(0.01f, 0.9f, 0.999f, 1e-8f);
        RowOptimizer rule = RowOptimizer.of(spec, new float[] {1, 1}, ELEMENTS);
        float[] row = {1, -1, 9, 9, 9, 9};
        rule.initialise(row, 0, 2);
        Adam dense = new Adam(spec, ELEMENTS);
        float[] parameters = {1, -1};
        float[] first = new float[2];
        float[] second = new float[2];
        java.util.SplittableRandom random = new java.util.SplittableRandom(4);
        for (int t = 1; t <= 200; t++) {
            float[] gradients = {(float) random.nextDouble(-1, 1), (float) random.nextDouble(-3, 1)};
            rule.update(row, 0, 2, gradients, 0, at(t, 0));
            dense.update(parameters, gradients, first, second, 0, 2, 1, t, 1);
            assertThat((double) row[0]).isCloseTo(parameters[0], within(1e-5));
            assertThat((double) row[1]).isCloseTo(parameters[1], within(1e-5));
        }
        rule.adopt(row, 0, 2);
        assertThat(row[2]).as("the first moment").isZero();
        assertThat(row[4]).as("the second").isPositive();
    }

    /** Against the algorithm as the paper prints it, in doubles. */
    @Test
    void ftrlIsThePapersAlgorithm() {
        double alpha = 0.3;
        double beta = 0.7;
        double l1 = 2;
        double l2 = 0.05;
        RowOptimizer rule = RowOptimizer.of(new OptimizerSpec.Ftrl(0.3f, 0.7f, 2, 0.05f), new float[] {1}, ELEMENTS);
        float[] row = {0.2f, 0, 0};
        rule.initialise(row, 0, 1);
        double z = row[1];
        double n = 0;
        assertThat(-(z - Math.signum(z) * l1) / (beta / alpha + l2))
                .as("begins where it is")
                .isCloseTo(0.2, within(1e-6));
        java.util.SplittableRandom random = new java.util.SplittableRandom(3);
        int zeros = 0;
        for (int t = 1; t <= 200; t++) {
            float g = row[0] + (float) random.nextDouble(-1, 1); // a parabola around 0, and noise
            double w = Math.abs(z) <= l1 ? 0 : -(z - Math.signum(z) * l1) / ((beta + Math.sqrt(n)) / alpha + l2);
            z += g - (Math.sqrt(n + g * g) - Math.sqrt(n)) / alpha * w;
            n += g * g;
            rule.update(row, 0, 1, new float[] {g}, 0, at(t, 0));
            double expected = Math.abs(z) <= l1 ? 0 : -(z - Math.signum(z) * l1) / ((beta + Math.sqrt(n)) / alpha + l2);
            assertThat((double) row[0]).isCloseTo(expected, within(1e-4));
            zeros += row[0] == 0 ? 1 : 0;
        }
        assertThat(zeros).as("steps at exactly 0").isBetween(5, 195);
    }

    @Test
    void theScheduleWarmsUpThenHalvesDownToItsFloor() {
        OptimizerSpec.Schedule schedule = new OptimizerSpec.Schedule(10, 100, 0.3f);
        assertThat(schedule.factor(1)).isEqualTo(0.1f);
        assertThat(schedule.factor(5)).isEqualTo(0.5f);
        assertThat(schedule.factor(10)).isEqualTo(1);
        assertThat(schedule.factor(110)).isEqualTo(0.5f);
        assertThat(schedule.factor(1000)).isEqualTo(0.3f);
        assertThat(OptimizerSpec.Schedule.CONSTANT.factor(1)).isEqualTo(1);
    }
}

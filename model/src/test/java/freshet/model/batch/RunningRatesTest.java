package freshet.model.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import freshet.model.ModelFixtures;
import freshet.model.spec.ModelSpec;
import org.junit.jupiter.api.Test;

class RunningRatesTest {
    private static final int CLICK = 0;
    private static final int WATCH = 2;
    private final ModelSpec spec = ModelFixtures.spec(ModelFixtures.FULL); // smoothing 3
    private final RunningRates rates = new RunningRates(spec);
    /** click: 4 of 20; like: 0 of 20; watch: mean 2. */
    private final float[] global = {20, 4, 20, 0, 20, 42};

    @Test
    void anIdNeverSeenSaysNothing() {
        assertThat(inputs(new float[6])).containsOnly(0f);
    }

    @Test
    void anIdOfTheGlobalRateSaysOnlyHowOftenItWasSeen() {
        double mean = 4.5 / 21;
        float[] inputs = inputs(new float[] {1000, (float) (1000 * mean), 0, 0, 0, 0});
        assertThat(inputs).startsWith(0, 0, 0);
        assertThat((double) inputs[9]).isCloseTo(StrictMath.log1p(1000) / 4, within(1e-6));
    }

    @Test
    void smoothedLogOddsMinusTheGlobalOnes() {
        float[] inputs = inputs(new float[] {10, 6, 0, 0, 0, 0});
        double mean = 4.5 / 21;
        double x = StrictMath.log((6 + 3 * mean) / (4 + 3 * (1 - mean))) - StrictMath.log(4.5 / 16.5);
        assertThat((double) inputs[0]).isCloseTo(x / 2, within(1e-6));
        assertThat((double) inputs[1]).isCloseTo(Math.sqrt(x) / 2, within(1e-6));
        assertThat((double) inputs[2]).isCloseTo(x * x / 4, within(1e-5));
    }

    @Test
    void squaredTasksCompareMeans() {
        float[] inputs = inputs(new float[] {0, 0, 0, 0, 5, 0});
        double x = 3 * 2.0 / 8 - 2;
        assertThat((double) inputs[3 * WATCH]).isCloseTo(x / 2, within(1e-6));
        assertThat((double) inputs[3 * WATCH + 1]).isCloseTo(-Math.sqrt(-x) / 2, within(1e-6));
        assertThat((double) inputs[3 * WATCH + 2]).isCloseTo(-x * x / 4, within(1e-5));
    }

    @Test
    void everyCountGivesFiniteInputs() {
        float[] counts = {0, 1e-31f, 1e-20f, 0.5f, 1, 1e4f, 65535};
        for (float count : counts) {
            for (float share : new float[] {0, 1e-30f, 0.5f, 1, 1.0000001f}) {
                float sum = count * share;
                for (float input : inputs(new float[] {count, sum, count, sum, count, sum})) {
                    assertThat(input).isFinite().isBetween(-70f, 70f);
                }
            }
        }
    }

    @Test
    void noiseOfRoundingIsNotBlownUp() {
        double mean = 4.5 / 21;
        float[] inputs = inputs(new float[] {7, (float) (7 * mean) + 1e-6f, 0, 0, 0, 0});
        assertThat(inputs).startsWith(0, 0, 0);
    }

    @Test
    void halvingAFullCountLeavesTheRate() {
        float[] row = new float[6];
        for (int i = 0; i < 200_000; i++) {
            RunningRates.count(row, 0, CLICK, i % 4 == 0 ? 1 : 0, 1);
        }
        assertThat(row[0]).isBetween(32_768f, 65_536f);
        assertThat((double) row[1] / row[0]).isCloseTo(0.25, within(1e-4));
    }

    private float[] inputs(float[] row) {
        float[] inputs = new float[10];
        rates.inputs(row, 0, global, inputs, 0);
        return inputs;
    }
}

package freshet.model.quantile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import freshet.model.spec.QuantileSpec;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LearntRanksTest {
    private static final int INTERVALS = 32;
    private static final double ONE_INTERVAL = 1.1 / INTERVALS;
    private static final int WINDOW = 1_000;
    private static final int SLOT = 1;
    private static final QuantileSpec SPEC = new QuantileSpec(List.of(SLOT), INTERVALS, WINDOW, 0);

    private static float[] example(float value) {
        return new float[] {Float.NaN, value};
    }

    private static float rank(LearntRanks ranks, float value) {
        return RankTables.rank(ranks.tables(), 0, INTERVALS, value);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void theRankIsTheShareOfSmallerValues(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        LearntRanks ranks = new LearntRanks(SPEC);
        float[] values = new float[WINDOW];
        for (int i = 0; i < WINDOW; i++) {
            double uniform = random.nextDouble();
            values[i] = uniform < 0.3 ? 0 : (float) (1e4 * uniform * uniform); // long-tailed, many alike
            ranks.count(example(values[i]));
        }
        for (float value : values) {
            int smaller = 0;
            int equal = 0;
            for (float other : values) {
                smaller += other < value ? 1 : 0;
                equal += other == value ? 1 : 0;
            }
            double share = (smaller + equal / 2.0) / WINDOW;
            assertThat((double) rank(ranks, value)).isCloseTo(share, within(ONE_INTERVAL));
        }
    }

    @Test
    void whatLiesTwoWindowsBackIsForgotten() {
        LearntRanks ranks = new LearntRanks(SPEC);
        count(ranks, WINDOW, 0);
        count(ranks, WINDOW, 1_000);
        assertThat(rank(ranks, 1_000)).as("the newer half").isCloseTo(0.75f, within(0.03f));
        count(ranks, WINDOW, 1_000);
        assertThat(rank(ranks, 1_000)).as("all").isCloseTo(0.5f, within(0.03f));
    }

    private static void count(LearntRanks ranks, int examples, float value) {
        for (int i = 0; i < examples; i++) {
            ranks.count(example(value));
        }
    }

    @Test
    void theTableStandsStillBetweenPowersOfTwo() {
        LearntRanks ranks = new LearntRanks(SPEC);
        count(ranks, 64, 1);
        float[] before = ranks.tables().clone();
        count(ranks, 63, 7);
        assertThat(ranks.tables()).containsExactly(before);
        count(ranks, 1, 7);
        assertThat(rank(ranks, 7)).isCloseTo(0.75f, within(0.03f));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 5, 100, WINDOW, 2_345})
    void restoredItGoesOnToTheBit(int stopAfter) throws IOException {
        SplittableRandom random = new SplittableRandom(stopAfter);
        LearntRanks inOneGo = new LearntRanks(SPEC);
        LearntRanks stopped = new LearntRanks(SPEC);
        for (int i = 0; i < 2_500; i++) {
            if (i == stopAfter) {
                ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                stopped.save(new DataOutputStream(bytes));
                stopped = new LearntRanks(SPEC);
                stopped.restore(new DataInputStream(new ByteArrayInputStream(bytes.toByteArray())));
            }
            float[] example = example((float) random.nextDouble());
            inOneGo.count(example);
            stopped.count(example);
            assertThat(stopped.tables()).containsExactly(inOneGo.tables());
        }
    }
}

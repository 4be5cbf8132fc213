package freshet.jobs.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RankOrderTest {

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void equalsTheShareOfPairsInOrder(long seed) {
        Random random = new Random(seed);
        int count = 200;
        double[] scores = random.ints(count, 0, 20).asDoubleStream().toArray();
        boolean[] positive = new boolean[count];
        RankOrder order = new RankOrder();
        for (int i = 0; i < count; i++) {
            positive[i] = random.nextDouble() < scores[i] / 20;
            order.add(scores[i], positive[i]);
        }
        double inOrder = 0;
        double pairs = 0;
        for (int i = 0; i < count; i++) {
            for (int j = 0; j < count; j++) {
                if (positive[i] && !positive[j]) {
                    pairs++;
                    inOrder += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
                }
            }
        }
        assertThat(order.auc()).isCloseTo(inOrder / pairs, within(1e-12));
    }

    @Test
    void oneClassAloneHasNoOrder() {
        RankOrder order = new RankOrder();
        order.add(1, true);
        assertThat(order.auc()).isNaN();
    }
}

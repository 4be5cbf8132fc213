package freshet.model.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ParetoWeightsTest {

    /** Two gradients: the point of the segment between them that is nearest to 0 (Sener, Koltun 2018, algorithm 1). */
    @Test
    void ofTwoTasksIsTheClosedForm() {
        double[] a = {3, 1};
        double[] b = {-1, 2};
        double[] w = ParetoWeights.solve(gram(a, b), new double[2]);
        double expected = ((b[0] - a[0]) * b[0] + (b[1] - a[1]) * b[1]) / (16 + 1);
        assertThat(w[0]).isCloseTo(expected, within(1e-8));
        assertThat(w[0] + w[1]).isCloseTo(1, within(1e-12));

        assertThat(ParetoWeights.solve(gram(new double[] {1, 0}, new double[] {5, 1}), new double[2]))
                .as("one is shorter and points the same way: it alone")
                .containsExactly(1, 0);
        double[] bounded = ParetoWeights.solve(gram(new double[] {1, 0}, new double[] {5, 1}), new double[] {0, 0.25});
        assertThat(bounded[1]).isCloseTo(0.25, within(1e-12));
        assertThat(ParetoWeights.solve(gram(a, b), new double[] {0.4, 0.6})).containsExactly(0.4, 0.6);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void noPointOfAFineGridIsShorter(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int dims = 1 + (int) (seed % 4);
        double[][] gradients = new double[3][dims];
        for (double[] gradient : gradients) {
            double size = random.nextDouble(0.1, 10);
            for (int i = 0; i < dims; i++) {
                gradient[i] = size * random.nextDouble(-1, 1);
            }
        }
        double[] bounds = {random.nextDouble(0.3), seed % 3 == 0 ? 0 : random.nextDouble(0.3), 0};
        double[][] gram = gram(gradients);
        double[] w = ParetoWeights.solve(gram, bounds);
        assertThat(w[0] + w[1] + w[2]).isCloseTo(1, within(1e-9));
        for (int task = 0; task < 3; task++) {
            assertThat(w[task]).isGreaterThanOrEqualTo(bounds[task] - 1e-9);
        }
        double found = length(gram, w);
        for (double a = bounds[0]; a <= 1; a += 0.01) {
            for (double b = bounds[1]; a + b <= 1 - bounds[2]; b += 0.01) {
                assertThat(found).isLessThanOrEqualTo(length(gram, new double[] {a, b, 1 - a - b}) + 1e-7);
            }
        }
    }

    private static double length(double[][] gram, double[] w) {
        double sum = 0;
        for (int i = 0; i < w.length; i++) {
            for (int j = 0; j < w.length; j++) {
                sum += w[i] * gram[i][j] * w[j];
            }
        }
        return sum;
    }

    private static double[][] gram(double[]... gradients) {
        double[][] gram = new double[gradients.length][gradients.length];
        for (int i = 0; i < gradients.length; i++) {
            for (int j = 0; j < gradients.length; j++) {
                for (int k = 0; k < gradients[i].length; k++) {
                    gram[i][j] += gradients[i][k] * gradients[j][k];
                }
            }
        }
        return gram;
    }
}

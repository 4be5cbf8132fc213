package freshet.model.math;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** With vectors as without, to the bit, for lengths around those of vectors. The plain loops are the definition. */
class ElementKernelTest {
    private final ElementKernel plain = Kernels.PLAIN.elements();
    private final ElementKernel vector = Kernels.VECTOR.elements();

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3, 4, 7, 8, 15, 16, 17, 20, 32, 47, 64})
    void reluAndItsWayBack(int width) {
        float[] y = numbers(1, 2 + 5 * (width + 3));
        float[] dy = numbers(2, 1 + 5 * (width + 1));
        y[2] = -0f;
        float[] y2 = y.clone();
        plain.relu(y, 2, width + 3, 5, width);
        vector.relu(y2, 2, width + 3, 5, width);
        assertThat(y2).isEqualTo(y);
        float[] dy2 = dy.clone();
        plain.reluBackward(y, 2, width + 3, dy, 1, width + 1, 5, width);
        vector.reluBackward(y, 2, width + 3, dy2, 1, width + 1, 5, width);
        assertThat(dy2).isEqualTo(dy);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 4, 8, 15, 16, 17, 20, 24, 32, 47})
    void poolAndItsWayBack(int width) {
        int[] starts = {0, 0, 1, 4, 6};
        int[] indexes = {2, 0, 2, 2, 1, 0};
        float[] shares = {1, 1, 1f / 3, 0.5f};
        float[] rows = numbers(3, 3 * width);
        float[] into = numbers(4, 2 + 4 * (width + 5));
        float[] into2 = into.clone();
        plain.pool(rows, width, indexes, starts, 0, 4, shares, into, 2, width + 5);
        vector.pool(rows, width, indexes, starts, 0, 2, shares, into2, 2, width + 5);
        vector.pool(rows, width, indexes, starts, 2, 4, shares, into2, 2, width + 5);
        assertThat(into2).isEqualTo(into);
        float[] gradients = numbers(5, 3 * width);
        float[] gradients2 = gradients.clone();
        plain.poolBackward(gradients, width, indexes, starts, 4, shares, into, 2, width + 5);
        vector.poolBackward(gradients2, width, indexes, starts, 4, shares, into, 2, width + 5);
        assertThat(gradients2).isEqualTo(gradients);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 4, 8, 15, 16, 17, 20, 24, 32, 47})
    void optimizers(int width) {
        float[] rates = numbers(6, width);
        float[] gradients = numbers(7, 3 + width);
        float[] row = positive(8, 5 + 2 * width);
        float[] row2 = row.clone();
        plain.adagrad(row, 5, width, gradients, 3, 0.7f, rates, 0.9f, 1e-10f);
        vector.adagrad(row2, 5, width, gradients, 3, 0.7f, rates, 0.9f, 1e-10f);
        assertThat(row2).isEqualTo(row);

        ElementKernel.AdamFactors factors =
                new ElementKernel.AdamFactors(0.3f, 0.9f, 0.999f, 0.02f, 1.7f, 1e-8f, 0.01f);
        float[] first = numbers(9, 3 + width);
        float[] second = positive(10, 3 + width);
        float[] parameters = numbers(11, 3 + width);
        float[] first2 = first.clone();
        float[] second2 = second.clone();
        float[] parameters2 = parameters.clone();
        plain.adam(parameters, gradients, first, second, 2, 2 + width, factors);
        vector.adam(parameters2, gradients, first2, second2, 2, 2 + width, factors);
        assertThat(parameters2).isEqualTo(parameters);
        assertThat(first2).isEqualTo(first);
        assertThat(second2).isEqualTo(second);
    }

    private static float[] numbers(long seed, int count) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = (float) random.nextDouble(-1, 1);
        }
        return numbers;
    }

    private static float[] positive(long seed, int count) {
        float[] numbers = numbers(seed, count);
        for (int i = 0; i < count; i++) {
            numbers[i] = Math.abs(numbers[i]);
        }
        return numbers;
    }
}

package freshet.model.math;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against three loops, to the bit. */
class ProductKernelTest {

    @ParameterizedTest(name = "[{0} x {1}] x [{1} x {2}]")
    @CsvSource({
        "1,1,1",
        "3,4,5",
        "5,3,7",
        "7,9,16",
        "12,13,33",
        "16,64,128",
        "1,31,100",
        "128,6,1",
        "2,0,3",
        "0,2,3",
        "25,17,48",
        "29,40,70"
    })
    void everyOutputIsASumInOrder(int m, int k, int n) {
        SplittableRandom random = new SplittableRandom(m * 10_007L + k * 101L + n);
        int offset = 3;
        int stride = k + 2;
        float[] a = numbers(random, offset + Math.max(1, m) * stride);
        float[] transposed = new float[offset + Math.max(1, k) * (m + 1)];
        for (int i = 0; i < m; i++) {
            for (int p = 0; p < k; p++) {
                transposed[offset + p * (m + 1) + i] = a[offset + i * stride + p];
            }
        }
        float[][] b = new float[k][];
        for (int p = 0; p < k; p++) {
            b[p] = numbers(random, n);
        }
        float[] start = numbers(random, 1 + Math.max(1, m) * (n + 3));
        float[] expected = start.clone();
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                for (int p = 0; p < k; p++) {
                    int at = 1 + i * (n + 3) + j;
                    expected[at] = Math.fma(a[offset + i * stride + p], b[p][j], expected[at]);
                }
            }
        }
        for (ProductKernel kernel : List.of(new PlainProduct(), ProductKernel.best())) {
            float[] found = start.clone();
            kernel.addTo(a, offset, stride, 1, b, found, 1, n + 3, m, k, n);
            assertThat(found).as(kernel.name()).isEqualTo(expected);

            float[] foundTransposed = start.clone();
            kernel.addTo(transposed, offset, 1, m + 1, b, foundTransposed, 1, n + 3, m, k, n);
            assertThat(foundTransposed).as(kernel.name()).isEqualTo(expected);

            float[][] paddedRows = new float[k][];
            for (int p = 0; p < k; p++) {
                paddedRows[p] = Arrays.copyOf(b[p], ProductKernel.padded(n));
                Arrays.fill(paddedRows[p], n, paddedRows[p].length, Float.NaN);
            }
            float[] foundPadded = start.clone();
            kernel.addTo(a, offset, stride, 1, paddedRows, foundPadded, 1, n + 3, m, k, n);
            assertThat(foundPadded).as(kernel.name()).isEqualTo(expected);
        }
    }

    @Test
    void theTestsRunWithTheVectorApi() {
        assertThat(ProductKernel.best().name()).startsWith("vector-");
    }

    private static float[] numbers(SplittableRandom random, int count) {
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = (float) random.nextDouble(-1, 1);
        }
        return numbers;
    }
}

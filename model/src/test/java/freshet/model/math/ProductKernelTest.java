package freshet.model.math;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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
        int bStride = n + 1;
        float[] b = numbers(random, 2 + k * bStride + ProductKernel.padded(n));
        float[] start = numbers(random, 1 + Math.max(1, m) * (n + 3));
        float[] added = start.clone();
        float[] fresh = start.clone();
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                int at = 1 + i * (n + 3) + j;
                fresh[at] = start[1 + j];
                for (int p = 0; p < k; p++) {
                    added[at] = Math.fma(a[offset + i * stride + p], b[2 + p * bStride + j], added[at]);
                    fresh[at] = Math.fma(a[offset + i * stride + p], b[2 + p * bStride + j], fresh[at]);
                }
            }
        }
        for (ProductKernel kernel : List.of(Kernels.PLAIN.product(), Kernels.VECTOR.product())) {
            float[] found = start.clone();
            kernel.product(a, offset, stride, 1, b, 2, bStride, found, 1, n + 3, found, 1, n + 3, m, k, n);
            assertThat(found).as(kernel.name()).isEqualTo(added);

            float[] foundTransposed = start.clone();
            kernel.product(
                    transposed,
                    offset,
                    1,
                    m + 1,
                    b,
                    2,
                    bStride,
                    foundTransposed,
                    1,
                    n + 3,
                    foundTransposed,
                    1,
                    n + 3,
                    m,
                    k,
                    n);
            assertThat(foundTransposed).as(kernel.name()).isEqualTo(added);

            float[] foundFresh = start.clone();
            kernel.product(a, offset, stride, 1, b, 2, bStride, start, 1, 0, foundFresh, 1, n + 3, m, k, n);
            assertThat(foundFresh).as(kernel.name()).isEqualTo(fresh);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 15, 16, 17, 32, 64, 75})
    void dotsAreSixteenSumsAddedInHalves(int width) {
        SplittableRandom random = new SplittableRandom(width);
        float[] a = numbers(random, 5 + 3 * (width + 1));
        float[] b = numbers(random, 2 + 4 * (width + 3));
        float[] expected = new float[1 + 3 * 4];
        for (int i = 0; i < 3; i++) {
            for (int j = 0; j < 4; j++) {
                float[] parts = new float[16];
                for (int p = 0; p < width; p++) {
                    parts[p % 16] = Math.fma(a[5 + i * (width + 1) + p], b[2 + j * (width + 3) + p], parts[p % 16]);
                }
                for (int half = 8; half > 0; half /= 2) {
                    for (int part = 0; part < half; part++) {
                        parts[part] += parts[part + half];
                    }
                }
                expected[1 + i * 4 + j] = parts[0];
            }
        }
        for (ProductKernel kernel : List.of(Kernels.PLAIN.product(), Kernels.VECTOR.product())) {
            float[] found = new float[expected.length];
            kernel.dots(a, 5, width + 1, 3, b, 2, width + 3, 4, width, found, 1);
            assertThat(found).as(kernel.name()).isEqualTo(expected);
        }
    }

    @Test
    void theTestsRunWithTheVectorApi() {
        assertThat(Kernels.best().product().name()).startsWith("vector-");
    }

    private static float[] numbers(SplittableRandom random, int count) {
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = (float) random.nextDouble(-1, 1);
        }
        return numbers;
    }
}

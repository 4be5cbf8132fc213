package freshet.model.quantile;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuantileSketchTest {
    private static final int K = 128;

    /** The largest error of a rank, over 99 edges, as a part of all values. */
    private static double worstRank(float[] values, float[] edges) {
        float[] sorted = values.clone();
        Arrays.sort(sorted);
        double worst = 0;
        for (int edge = 0; edge < edges.length; edge++) {
            int at = Arrays.binarySearch(sorted, edges[edge]);
            assertThat(at).as("an edge is one of the values").isNotNegative();
            worst = Math.max(worst, Math.abs((at + 1.0) / sorted.length - (edge + 1.0) / (edges.length + 1)));
        }
        return worst;
    }

    private static float[] values(String order, int count) {
        SplittableRandom random = new SplittableRandom(count);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = order.equals("normal") ? (float) random.nextGaussian() : i + random.nextInt(2) * 0.25f;
        }
        if (order.equals("falling")) {
            for (int i = 0; i < count; i++) {
                values[i] = -values[i];
            }
        }
        return values;
    }

    @ParameterizedTest
    @CsvSource({"normal,100", "normal,5000", "normal,200000", "rising,200000", "falling,65536"})
    void ranksAreNearlyRight(String order, int count) {
        float[] values = values(order, count);
        QuantileSketch sketch = new QuantileSketch(K);
        QuantileSketch[] parts = {new QuantileSketch(K), new QuantileSketch(K), new QuantileSketch(K)};
        for (int i = 0; i < count; i++) {
            sketch.add(values[i]);
            parts[i % 7 < 4 ? 0 : i % 7 < 6 ? 1 : 2].add(values[i]);
        }
        assertThat(worstRank(values, sketch.edges(100))).isLessThan(0.016);
        QuantileSketch merged = new QuantileSketch(K);
        for (QuantileSketch part : parts) {
            merged.merge(part);
        }
        assertThat(merged.count()).isEqualTo(count);
        assertThat(worstRank(values, merged.edges(100))).isLessThan(0.02);
    }

    @Test
    void savedAndRestoredItGoesOnToTheBit() throws IOException {
        float[] values = values("normal", 9000);
        QuantileSketch inOneGo = new QuantileSketch(K);
        QuantileSketch stopped = new QuantileSketch(K);
        for (int i = 0; i < values.length; i++) {
            inOneGo.add(values[i]);
            stopped.add(values[i]);
            if (i % 1234 == 0) {
                ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                stopped.save(new DataOutputStream(bytes));
                stopped = QuantileSketch.restore(K, new DataInputStream(new ByteArrayInputStream(bytes.toByteArray())));
            }
        }
        assertThat(stopped.edges(100)).isEqualTo(inOneGo.edges(100));
        assertThat(stopped.count()).isEqualTo(inOneGo.count());
    }

    @Test
    void aValueFallsBehindTheEdgesBelowIt() {
        float[] edges = {1, 2, 2, 5};
        assertThat(QuantileSketch.bucket(edges, 0)).isZero();
        assertThat(QuantileSketch.bucket(edges, 2)).isEqualTo(1);
        assertThat(QuantileSketch.bucket(edges, 3)).isEqualTo(3);
        assertThat(QuantileSketch.bucket(edges, 9)).isEqualTo(4);
        assertThat(new QuantileSketch(K).edges(10)).isEmpty();
    }
}

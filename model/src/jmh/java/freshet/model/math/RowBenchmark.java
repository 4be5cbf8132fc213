package freshet.model.math;

import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What is done with one embedding row of width 16: hash its id, pool it, pool its gradient, move it. Time per row. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class RowBenchmark {
    private static final int WIDTH = 16;
    private static final int EXAMPLES = 256;
    private static final int BAG = 8;
    private static final int LOOKUPS = EXAMPLES * BAG;
    private static final int ROWS = 4096;

    @Param({"vector", "plain"})
    public String kernels;

    private ElementKernel elements;
    private String[] texts;
    private float[] rows;
    private float[] gradients;
    private float[] pooled;
    private int[] indexes;
    private int[] starts;
    private float[] shares;
    private float[] rates;

    /** Rows of weights and squares, and bags of eight. */
    @Setup
    public void fill() {
        elements = Kernels.valueOf(kernels.toUpperCase(Locale.ROOT)).elements();
        rows = new float[2 * ROWS * WIDTH];
        gradients = new float[ROWS * WIDTH];
        pooled = new float[EXAMPLES * WIDTH];
        indexes = new int[LOOKUPS];
        starts = new int[EXAMPLES + 1];
        shares = new float[EXAMPLES];
        rates = new float[WIDTH];
        texts = new String[LOOKUPS];
        for (int i = 0; i < LOOKUPS; i++) {
            indexes[i] = (int) (CounterRandom.uniform(1, i) * ROWS);
            texts[i] = "7-" + (10_000_000 + indexes[i]);
        }
        for (int i = 0; i < EXAMPLES; i++) {
            starts[i + 1] = (i + 1) * BAG;
            shares[i] = 1f / BAG;
        }
        for (int i = 0; i < rows.length; i++) {
            rows[i] = CounterRandom.uniform(2, i);
        }
        Arrays.fill(rates, 1e-3f);
    }

    /** {@link Ids#hash} of eleven letters. */
    @Benchmark
    @OperationsPerInvocation(LOOKUPS)
    public long hash() {
        long sum = 0;
        for (String text : texts) {
            sum += Ids.hash(text);
        }
        return sum;
    }

    /** {@link ElementKernel#pool}. */
    @Benchmark
    @OperationsPerInvocation(LOOKUPS)
    public float[] pool() {
        elements.pool(rows, WIDTH, indexes, starts, 0, EXAMPLES, shares, pooled, 0, WIDTH);
        return pooled;
    }

    /** {@link ElementKernel#poolBackward}. */
    @Benchmark
    @OperationsPerInvocation(LOOKUPS)
    public float[] poolBackward() {
        elements.poolBackward(gradients, WIDTH, indexes, starts, EXAMPLES, shares, pooled, 0, WIDTH);
        return gradients;
    }

    /** {@link ElementKernel#adagrad}. */
    @Benchmark
    @OperationsPerInvocation(LOOKUPS)
    public float[] adagrad() {
        for (int index : indexes) {
            elements.adagrad(rows, 2 * index * WIDTH, WIDTH, gradients, index * WIDTH, 1, rates, 1, 1e-8f);
        }
        return rows;
    }
}

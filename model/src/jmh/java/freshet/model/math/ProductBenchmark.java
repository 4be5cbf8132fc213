package freshet.model.math;

import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The three products of a layer at the sizes of the standard model's, batch 256: with the weights, with their transpose, and the
 * transposed input with the gradient. {@code flops} counts floating-point operations, two to a multiply-add.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class ProductBenchmark {
    private static final int BATCH = 256;

    /** Inputs x outputs of a layer. */
    @Param({"428x128", "128x256", "64x32"})
    public String layer;

    @Param({"vector", "plain"})
    public String kernels;

    private ProductKernel kernel;
    private int inputs;
    private int outputs;
    private float[] x;
    private float[] weights;
    private float[] columns;
    private float[] y;
    private float[] dx;
    private float[] dWeights;
    private float[] zeros;

    /** Floating-point operations, which JMH divides by the time. */
    @AuxCounters(AuxCounters.Type.OPERATIONS)
    @State(Scope.Thread)
    public static class Flops {
        /** Counted up by each call. */
        public long flops;

        /** Forgets the warm-up. */
        @Setup(Level.Iteration)
        public void reset() {
            flops = 0;
        }
    }

    /** Fills the matrices with small numbers. */
    @Setup
    public void fill() {
        inputs = Integer.parseInt(layer.substring(0, layer.indexOf('x')));
        outputs = Integer.parseInt(layer.substring(layer.indexOf('x') + 1));
        kernel = Kernels.valueOf(kernels.toUpperCase(Locale.ROOT)).product();
        x = numbers(1, BATCH * inputs);
        weights = numbers(2, inputs * outputs + ProductKernel.READ);
        columns = numbers(3, outputs * ProductKernel.padded(inputs));
        y = numbers(4, BATCH * outputs + ProductKernel.READ);
        dx = new float[BATCH * inputs];
        dWeights = new float[inputs * outputs];
        zeros = new float[ProductKernel.padded(Math.max(inputs, outputs))];
    }

    private static float[] numbers(long seed, int count) {
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = CounterRandom.uniform(CounterRandom.key(seed, 0), i) - 0.5f;
        }
        return numbers;
    }

    private long flop() {
        return 2L * BATCH * inputs * outputs;
    }

    /** {@code y = x · W}. */
    @Benchmark
    public float[] forward(Flops counted) {
        kernel.product(x, 0, inputs, 1, weights, 0, outputs, zeros, 0, 0, y, 0, outputs, BATCH, inputs, outputs);
        counted.flops += flop();
        return y;
    }

    /** {@code dx = dy · transposed W}. */
    @Benchmark
    public float[] inputGradient(Flops counted) {
        int stride = ProductKernel.padded(inputs);
        kernel.product(y, 0, outputs, 1, columns, 0, stride, zeros, 0, 0, dx, 0, inputs, BATCH, outputs, inputs);
        counted.flops += flop();
        return dx;
    }

    /** {@code dW = transposed x · dy}. */
    @Benchmark
    public float[] weightGradient(Flops counted) {
        kernel.product(x, 0, 1, inputs, y, 0, outputs, zeros, 0, 0, dWeights, 0, outputs, inputs, BATCH, outputs);
        counted.flops += flop();
        return dWeights;
    }
}

package freshet.model.layer;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.model.ModelFixtures;
import freshet.model.spec.ModelSpec;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The gradient of every layer, and of the network, by finite differences of a random sum of the outputs. */
class LayerGradientTest {
    private static final int BATCH = 5;
    private final SplittableRandom random = new SplittableRandom(11);

    @ParameterizedTest
    @ValueSource(strings = {"NONE", "RELU"})
    void denseLayerOfTwoBlocks(String activation) {
        ParameterLayout layout = new ParameterLayout();
        DenseLayer layer = new DenseLayer(
                layout, 4, List.of("a", "b"), new int[] {-1, -1}, 3, DenseLayer.Activation.valueOf(activation));
        float[] parameters = random(layout.floats());
        layer.initialise(5, parameters);
        float[] x = random(BATCH * 4);
        float[] y = new float[BATCH * 6];
        float[] c = random(BATCH * 6);
        MatrixView in = MatrixView.of(x, 4);
        MatrixView out = MatrixView.of(y, 6);
        DoubleSupplier function = () -> {
            layer.load(parameters);
            layer.forward(in, BATCH, out);
            return dot(c, y);
        };
        assertThat(function.getAsDouble()).isFinite();
        float[] gradients = new float[layout.floats()];
        float[] dx = new float[x.length];
        layer.backward(in, out, MatrixView.of(c.clone(), 6), BATCH, gradients, MatrixView.of(dx, 4));
        check(layout, function, parameters, gradients);
        FiniteDifferences.check("x", function, x, 0, x.length, dx);
    }

    @Test
    void crossLayer() {
        ParameterLayout layout = new ParameterLayout();
        CrossLayer layer = new CrossLayer(layout, "cross.0", 4);
        float[] parameters = new float[layout.floats()];
        layer.initialise(5, parameters);
        float[] input = random(BATCH * 4);
        float[] x = random(BATCH * 4);
        float[] y = new float[BATCH * 4];
        float[] c = random(BATCH * 4);
        DoubleSupplier function = () -> {
            layer.load(parameters);
            layer.forward(input, x, BATCH, y);
            return dot(c, y);
        };
        assertThat(function.getAsDouble()).isFinite();
        float[] gradients = new float[layout.floats()];
        float[] dInput = new float[x.length];
        float[] dx = new float[x.length];
        layer.backward(input, x, c, BATCH, gradients, dInput, dx);
        check(layout, function, parameters, gradients);
        FiniteDifferences.check("input", function, input, 0, input.length, dInput);
        FiniteDifferences.check("x", function, x, 0, x.length, dx);
    }

    @Test
    void mlpWithHead() {
        ParameterLayout layout = new ParameterLayout();
        Mlp mlp = new Mlp(layout, "tower", 0, 4, List.of(6, 5)).withHead(layout, "tower", 0, 1);
        float[] parameters = new float[layout.floats()];
        mlp.initialise(5, parameters);
        float[] x = random(BATCH * 4);
        float[] c = random(BATCH);
        MatrixView in = MatrixView.of(x, 4);
        DoubleSupplier function = () -> {
            mlp.load(parameters);
            return dot(c, mlp.forward(in, BATCH).values());
        };
        assertThat(function.getAsDouble()).isFinite();
        float[] gradients = new float[layout.floats()];
        float[] dx = new float[x.length];
        mlp.backward(in, MatrixView.of(c.clone(), 1), BATCH, gradients, MatrixView.of(dx, 4));
        check(layout, function, parameters, gradients);
        FiniteDifferences.check("x", function, x, 0, x.length, dx);
    }

    @ParameterizedTest(name = "step {0}")
    @ValueSource(longs = {-1, 0, 1, 2})
    void mixtureOfExpertsWithAndWithoutDropout(long step) {
        ModelSpec spec = ModelFixtures.spec(ModelFixtures.FULL);
        ParameterLayout layout = new ParameterLayout();
        MixtureOfExperts mixture = new MixtureOfExperts(layout, spec, 4);
        float[] parameters = new float[layout.floats()];
        mixture.initialise(5, parameters);
        for (ParameterLayout.Entry entry : layout.entries()) {
            if (entry.name().endsWith(".bias")) { // away from 0, where an expert that is all closed has its kink
                System.arraycopy(random(entry.size()), 0, parameters, entry.offset(), entry.size());
            }
        }
        float[] x = random(BATCH * 4);
        int width = mixture.width();
        float[][] c = {random(BATCH * width), random(BATCH * width), random(BATCH * width)};
        MatrixView in = MatrixView.of(x, 4);
        DoubleSupplier function = () -> {
            mixture.load(parameters);
            mixture.forward(in, BATCH);
            if (step >= 0) {
                mixture.dropExperts(BATCH, step);
            }
            double sum = 0;
            for (int task = 0; task < c.length; task++) {
                sum += dot(c[task], mixture.mixture(task).values());
            }
            return sum;
        };
        assertThat(function.getAsDouble()).isFinite();
        float[] gradients = new float[layout.floats()];
        float[] dx = new float[x.length];
        mixture.backward(in, c, BATCH, gradients, MatrixView.of(dx, 4));
        check(layout, function, parameters, gradients);
        FiniteDifferences.check("x", function, x, 0, x.length, dx);
    }

    @Test
    void droppedExpertsLeaveAGateThatSumsToOne() {
        ModelSpec spec = ModelFixtures.spec(ModelFixtures.FULL);
        ParameterLayout layout = new ParameterLayout();
        MixtureOfExperts mixture = new MixtureOfExperts(layout, spec, 4);
        float[] parameters = new float[layout.floats()];
        // Experts that all say 1: the mixture is then the sum of the gate.
        for (ParameterLayout.Entry entry : layout.entries()) {
            if (entry.name().startsWith("expert") && entry.name().endsWith(".1.bias")) {
                Arrays.fill(parameters, entry.offset(), entry.offset() + entry.size(), 1f);
            }
        }
        mixture.load(parameters);
        MatrixView x = MatrixView.of(random(200 * 4), 4);
        for (long step = 0; step < 3; step++) {
            mixture.forward(x, 200);
            mixture.dropExperts(200, step);
            for (float value : mixture.mixture(1).values()) {
                assertThat(value).isBetween(0.99999f, 1.00001f);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"full", "shared bottom", "no bottom", "no tower", "cross only"})
    void wholeNetwork(String structure) {
        String model = switch (structure) {
            case "full" -> ModelFixtures.FULL;
            case "shared bottom" -> ModelFixtures.PLAIN;
            case "no bottom" -> ModelFixtures.PLAIN.replace("bottom: [5]", "bottom: []");
            case "no tower" -> ModelFixtures.PLAIN.replace("tower: [4]", "tower: []");
            default -> ModelFixtures.PLAIN.replace("bottom: [5], tower: [4]", "cross_layers: 2, bottom: [], tower: []");
        };
        ModelSpec spec = ModelFixtures.spec(model);
        Network network = new Network(spec);
        float[] parameters = network.initialParameters();
        float[] input = random(BATCH * spec.inputWidth());
        for (int i = 0; i < input.length; i++) {
            input[i] *= 0.5f;
        }
        float[] heads = new float[BATCH * spec.taskCount()];
        float[] c = random(heads.length);
        DoubleSupplier function = () -> {
            network.load(parameters);
            network.forward(input, BATCH, heads);
            network.drop(BATCH, 4, heads);
            return dot(c, heads);
        };
        assertThat(function.getAsDouble()).isFinite();
        float[] gradients = new float[network.layout().floats()];
        float[] dInput = new float[input.length];
        network.backward(input, c, BATCH, gradients, dInput);
        check(network.layout(), function, parameters, gradients);
        FiniteDifferences.check("input", function, input, 0, input.length, dInput);
    }

    @Test
    void oneBatchOfManyIsTheSumOfManyOfOne() {
        ModelSpec spec = ModelFixtures.spec(ModelFixtures.FULL.replace("gate_dropout: 0.3", "gate_dropout: 0"));
        Network network = new Network(spec);
        network.load(network.initialParameters());
        int width = spec.inputWidth();
        float[] input = random(BATCH * width);
        float[] c = random(BATCH * spec.taskCount());
        float[] heads = new float[BATCH * spec.taskCount()];
        float[] gradients = new float[network.layout().floats()];
        float[] dInput = new float[input.length];
        network.forward(input, BATCH, heads);
        network.backward(input, c, BATCH, gradients, dInput);

        double[] sums = new double[gradients.length];
        for (int i = 0; i < BATCH; i++) {
            float[] one = Arrays.copyOfRange(input, i * width, (i + 1) * width);
            float[] head = new float[spec.taskCount()];
            float[] gradient = new float[gradients.length];
            float[] dOne = new float[width];
            network.forward(one, 1, head);
            network.backward(one, Arrays.copyOfRange(c, i * head.length, (i + 1) * head.length), 1, gradient, dOne);
            assertThat(head).isEqualTo(Arrays.copyOfRange(heads, i * head.length, (i + 1) * head.length));
            assertThat(dOne).isEqualTo(Arrays.copyOfRange(dInput, i * width, (i + 1) * width));
            for (int j = 0; j < sums.length; j++) {
                sums[j] += gradient[j];
            }
        }
        for (int j = 0; j < sums.length; j++) {
            assertThat(Math.abs(gradients[j] - sums[j])).isLessThan(1e-5 * (1 + Math.abs(sums[j])));
        }
    }

    private static void check(ParameterLayout layout, DoubleSupplier function, float[] parameters, float[] gradients) {
        for (ParameterLayout.Entry entry : layout.entries()) {
            FiniteDifferences.check(
                    entry.name(), function, parameters, entry.offset(), entry.offset() + entry.size(), gradients);
        }
    }

    private float[] random(int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextDouble(-1, 1);
        }
        return values;
    }

    private static double dot(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (double) a[i] * b[i];
        }
        return sum;
    }
}

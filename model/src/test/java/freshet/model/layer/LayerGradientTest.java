package freshet.model.layer;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.model.ModelFixtures;
import freshet.model.math.Crew;
import freshet.model.math.ElementKernel;
import freshet.model.math.Kernels;
import freshet.model.math.ProductKernel;
import freshet.model.spec.ModelSpec;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The gradient of every layer, and of the network, by finite differences of a random sum of the outputs. */
class LayerGradientTest {
    private static final int BATCH = 5;
    private final SplittableRandom random = new SplittableRandom(11);

    private final ElementKernel elements = Kernels.best().elements();
    private final ProductKernel kernel = Kernels.best().product();

    @ParameterizedTest(name = "{0}, blocks of {1}")
    @CsvSource({"NONE,3", "RELU,3", "NONE,16", "RELU,16"})
    void denseLayerOfTwoBlocks(DenseLayer.Activity activity, int width) {
        ParameterLayout layout = new ParameterLayout();
        DenseLayer layer = new DenseLayer(layout, elements, 4, List.of("a", "b"), new int[] {-1, -1}, width, activity);
        float[] parameters = random(layout.floats());
        layer.initialise(5, parameters);
        Activation x = randomActivation(4);
        Activation y = Activation.of(BATCH, 2 * width);
        float[] c = random(BATCH * 2 * width);
        layer.connect(x, y, DenseLayer.Into.SET);
        DoubleSupplier function = () -> {
            load(List.of(layer), parameters);
            layer.forward(kernel, 0, BATCH);
            return dot(c, y.values().values());
        };
        assertThat(function.getAsDouble()).isFinite();
        gradientOf(y, c);
        layer.backward(kernel, 0, BATCH);
        check(layout, function, parameters, weightGradients(layout, List.of(layer)));
        checkInput("x", function, x);
    }

    @Test
    void gradientsInPartsAreThoseOfTheWholeBatch() {
        for (int width : new int[] {3, 16}) {
            ParameterLayout layout = new ParameterLayout();
            int inputs = 100;
            DenseLayer layer = new DenseLayer(
                    layout, elements, inputs, List.of("a", "b"), new int[] {-1, -1}, width, DenseLayer.Activity.RELU);
            float[] parameters = random(layout.floats());
            Activation x = randomActivation(inputs);
            Activation y = Activation.of(BATCH, 2 * width);
            layer.connect(x, y, DenseLayer.Into.SET);
            load(List.of(layer), parameters);
            float[] c = random(BATCH * 2 * width);

            layer.forward(kernel, 0, BATCH);
            gradientOf(y, c);
            layer.backward(kernel, 0, BATCH);
            float[] whole = weightGradients(layout, List.of(layer));
            float[] outputs = y.values().values().clone();
            float[] dx = x.gradients().values().clone();

            float[] parts = random(layout.floats());
            gradientOf(y, c);
            for (int[] rows : new int[][] {{2, BATCH}, {0, 2}}) {
                layer.forward(kernel, rows[0], rows[1]);
                layer.backward(kernel, rows[0], rows[1]);
            }
            for (int piece = layer.pieces() - 1; piece >= 0; piece--) {
                layer.weightGradient(kernel, piece, 0, 2, parts);
                layer.weightGradient(kernel, piece, 2, BATCH, parts);
            }
            assertThat(y.values().values()).isEqualTo(outputs);
            assertThat(x.gradients().values()).isEqualTo(dx);
            for (ParameterLayout.Entry entry : layout.entries()) {
                int end = entry.offset() + entry.size();
                assertThat(Arrays.copyOfRange(parts, entry.offset(), end))
                        .as(entry.name())
                        .isEqualTo(Arrays.copyOfRange(whole, entry.offset(), end));
            }
        }
    }

    @Test
    void crossLayer() {
        ParameterLayout layout = new ParameterLayout();
        CrossLayer layer = new CrossLayer(layout, elements, "cross.0", ParameterLayout.SHARED, 4);
        float[] parameters = new float[layout.floats()];
        layer.dense().initialise(5, parameters);
        Activation input = randomActivation(4);
        Activation x = randomActivation(4);
        Activation y = layer.connect(input, x, BATCH);
        float[] c = random(BATCH * 4);
        DoubleSupplier function = () -> {
            load(List.of(layer.dense()), parameters);
            layer.forward(kernel, 0, BATCH);
            return dot(c, y.values().values());
        };
        assertThat(function.getAsDouble()).isFinite();
        gradientOf(y, c);
        layer.backward(kernel, 0, BATCH);
        check(layout, function, parameters, weightGradients(layout, List.of(layer.dense())));
        checkInput("input", function, input);
        checkInput("x", function, x);
    }

    @Test
    void mlpWithHead() {
        ParameterLayout layout = new ParameterLayout();
        Mlp mlp = new Mlp(layout, elements, "tower", 0, 4, List.of(6, 5)).withHead(layout, "tower", 0, 1);
        float[] parameters = new float[layout.floats()];
        mlp.layers().forEach(layer -> layer.initialise(5, parameters));
        Activation x = randomActivation(4);
        Activation y = mlp.connect(x, BATCH, DenseLayer.Into.SET);
        float[] c = random(BATCH);
        DoubleSupplier function = () -> {
            load(mlp.layers(), parameters);
            mlp.forward(kernel, 0, BATCH);
            return dot(c, y.values().values());
        };
        assertThat(function.getAsDouble()).isFinite();
        gradientOf(y, c);
        mlp.backward(kernel, 0, BATCH);
        check(layout, function, parameters, weightGradients(layout, mlp.layers()));
        checkInput("x", function, x);
    }

    @ParameterizedTest(name = "step {0}")
    @ValueSource(longs = {-1, 0, 1, 2})
    void mixtureOfExpertsWithAndWithoutDropout(long step) {
        ModelSpec spec = ModelFixtures.spec(ModelFixtures.FULL);
        ParameterLayout layout = new ParameterLayout();
        MixtureOfExperts mixture = new MixtureOfExperts(layout, elements, spec, 4);
        float[] parameters = new float[layout.floats()];
        mixture.layers().forEach(layer -> layer.initialise(5, parameters));
        for (ParameterLayout.Entry entry : layout.entries()) {
            if (entry.name().endsWith(".bias")) { // away from 0, where an expert that is all closed has its kink
                System.arraycopy(random(entry.size()), 0, parameters, entry.offset(), entry.size());
            }
        }
        Activation x = randomActivation(4);
        mixture.connect(x, BATCH);
        Activation all = mixture.mixture(0);
        float[] c = random(BATCH * all.values().stride());
        DoubleSupplier function = () -> {
            load(mixture.layers(), parameters);
            mixture.forward(kernel, 0, BATCH);
            if (step >= 0) {
                mixture.dropExperts(kernel, 0, BATCH, step);
            }
            return dot(c, all.values().values());
        };
        assertThat(function.getAsDouble()).isFinite();
        gradientOf(all, c);
        mixture.backward(kernel, 0, BATCH);
        check(layout, function, parameters, weightGradients(layout, mixture.layers()));
        checkInput("x", function, x);
    }

    @Test
    void droppedExpertsLeaveAGateThatSumsToOne() {
        ModelSpec spec = ModelFixtures.spec(ModelFixtures.FULL);
        ParameterLayout layout = new ParameterLayout();
        MixtureOfExperts mixture = new MixtureOfExperts(layout, elements, spec, 4);
        float[] parameters = new float[layout.floats()];
        // Experts that all say 1: the mixture is then the sum of the gate.
        for (ParameterLayout.Entry entry : layout.entries()) {
            if (entry.name().startsWith("expert") && entry.name().endsWith(".1.bias")) {
                Arrays.fill(parameters, entry.offset(), entry.offset() + entry.size(), 1f);
            }
        }
        int batch = 200;
        Activation x = new Activation(MatrixView.of(random(batch * 4), 4), MatrixView.of(new float[batch * 4], 4));
        mixture.connect(x, batch);
        load(mixture.layers(), parameters);
        for (long step = 0; step < 3; step++) {
            mixture.forward(kernel, 0, batch);
            mixture.dropExperts(kernel, 0, batch, step);
            float[] mixtures = mixture.mixture(0).values().values();
            for (int i = 0; i < batch * mixture.mixture(0).values().stride(); i++) {
                assertThat(mixtures[i]).isBetween(0.99999f, 1.00001f);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "full",
                "shared bottom",
                "no bottom",
                "no tower",
                "cross only",
                "single task",
                "single task, no bottom",
                "single task, nothing",
                "towers that read",
                "towers that read one bottom"
            })
    void wholeNetwork(String structure) {
        String model = switch (structure) {
            case "full" -> ModelFixtures.FULL;
            case "shared bottom" -> ModelFixtures.PLAIN;
            case "single task" ->
                ModelFixtures.SEPARATE.replace("'uncertainty'", "'fixed'").replace("seed: 7", "seed: 9");
            case "single task, no bottom" ->
                ModelFixtures.SEPARATE.replace("'uncertainty'", "'fixed'").replace("bottom: [6]", "bottom: []");
            case "single task, nothing" ->
                ModelFixtures.PLAIN.replace("bottom: [5]", "structure: 'single_task', bottom: []");
            case "towers that read" -> ModelFixtures.FULL;
            case "towers that read one bottom" -> ModelFixtures.PLAIN;
            case "no bottom" -> ModelFixtures.PLAIN.replace("bottom: [5]", "bottom: []");
            case "no tower" -> ModelFixtures.PLAIN.replace("tower: [4]", "tower: []");
            default -> ModelFixtures.PLAIN.replace("bottom: [5], tower: [4]", "cross_layers: 2, bottom: [], tower: []");
        };
        // Gradients that flow through what is read; where they stop they are not those of the function.
        String tasks = structure.startsWith("towers that read")
                ? ModelFixtures.LINKED_TASKS.replace("reads: ['click']}", "reads: ['click'], read_gradient: 'flow'}")
                : ModelFixtures.TASKS;
        ModelSpec spec = ModelFixtures.spec(model, tasks);
        Network network = new Network(spec, Crew.alone());
        float[] parameters = network.initialParameters();
        network.reserve(BATCH);
        float[] input = network.input();
        int inputs = BATCH * spec.inputWidth();
        System.arraycopy(random(inputs), 0, input, 0, inputs);
        for (int i = 0; i < inputs; i++) {
            input[i] *= 0.5f;
        }
        float[] c = random(BATCH * spec.taskCount());
        DoubleSupplier function = () -> {
            network.load(parameters);
            network.forward(BATCH);
            network.drop(BATCH, 4);
            return dot(c, network.heads());
        };
        assertThat(function.getAsDouble()).isFinite();
        float[] gradients = new float[network.layout().floats()];
        System.arraycopy(c, 0, network.headGradients(), 0, c.length);
        network.backward(BATCH, gradients);
        assertThat(Arrays.copyOf(network.headGradients(), c.length))
                .as("the caller's")
                .isEqualTo(c);
        float[] dInput = network.inputGradients().clone();
        check(network.layout(), function, parameters, gradients);
        FiniteDifferences.check("input", function, input, 0, inputs, dInput);
    }

    @Test
    void noGradientFlowsThroughAHeadThatIsReadUnlessAskedFor() {
        String tasks = "[{name: 'click'}, {name: 'like', reads: ['click']}]";
        assertThat(clicksTowerGradient(tasks)).containsOnly(0f);
        String flowing = tasks.replace("['click']", "['click'], read_gradient: 'flow'");
        assertThat(clicksTowerGradient(flowing)).isNotEqualTo(new float[4]);
    }

    /** The gradient of click's last layer when only like's head has one. */
    private float[] clicksTowerGradient(String tasks) {
        ModelSpec spec = ModelFixtures.spec(ModelFixtures.FULL, tasks);
        Network network = new Network(spec, Crew.alone());
        network.load(network.initialParameters());
        network.reserve(BATCH);
        System.arraycopy(random(BATCH * spec.inputWidth()), 0, network.input(), 0, BATCH * spec.inputWidth());
        network.forward(BATCH);
        for (int i = 0; i < BATCH; i++) {
            network.headGradients()[2 * i + 1] = 1;
        }
        float[] gradients = new float[network.layout().floats()];
        network.backward(BATCH, gradients);
        int from = network.layout().entry("tower.click.out.weight").offset();
        return Arrays.copyOfRange(gradients, from, from + 4);
    }

    @Test
    void oneBatchOfManyIsTheSumOfManyOfOne() {
        ModelSpec spec = ModelFixtures.spec(ModelFixtures.FULL.replace("gate_dropout: 0.3", "gate_dropout: 0"));
        Network network = new Network(spec, Crew.alone());
        network.load(network.initialParameters());
        network.reserve(BATCH);
        int width = spec.inputWidth();
        int tasks = spec.taskCount();
        float[] input = random(BATCH * width);
        float[] c = random(BATCH * tasks);
        float[] gradients = new float[network.layout().floats()];
        System.arraycopy(input, 0, network.input(), 0, input.length);
        network.forward(BATCH);
        float[] heads = network.heads().clone();
        System.arraycopy(c, 0, network.headGradients(), 0, c.length);
        network.backward(BATCH, gradients);
        float[] dInput = network.inputGradients().clone();

        double[] sums = new double[gradients.length];
        for (int i = 0; i < BATCH; i++) {
            float[] gradient = new float[gradients.length];
            System.arraycopy(input, i * width, network.input(), 0, width);
            network.forward(1);
            System.arraycopy(c, i * tasks, network.headGradients(), 0, tasks);
            network.backward(1, gradient);
            assertThat(Arrays.copyOf(network.heads(), tasks))
                    .isEqualTo(Arrays.copyOfRange(heads, i * tasks, (i + 1) * tasks));
            assertThat(Arrays.copyOf(network.inputGradients(), width))
                    .isEqualTo(Arrays.copyOfRange(dInput, i * width, (i + 1) * width));
            for (int j = 0; j < sums.length; j++) {
                sums[j] += gradient[j];
            }
        }
        for (int j = 0; j < sums.length; j++) {
            assertThat(Math.abs(gradients[j] - sums[j])).isLessThan(1e-5 * (1 + Math.abs(sums[j])));
        }
    }

    private static void load(List<DenseLayer> layers, float[] parameters) {
        for (DenseLayer layer : layers) {
            for (int piece = 0; piece < layer.pieces(); piece++) {
                layer.load(piece, parameters);
            }
        }
    }

    private float[] weightGradients(ParameterLayout layout, List<DenseLayer> layers) {
        float[] gradients = random(layout.floats()); // what was there before has no say
        for (DenseLayer layer : layers) {
            for (int piece = 0; piece < layer.pieces(); piece++) {
                layer.weightGradient(kernel, piece, 0, BATCH, gradients);
            }
        }
        return gradients;
    }

    private Activation randomActivation(int width) {
        Activation activation = Activation.of(BATCH, width);
        System.arraycopy(random(BATCH * width), 0, activation.values().values(), 0, BATCH * width);
        return activation;
    }

    private static void gradientOf(Activation activation, float[] c) {
        System.arraycopy(c, 0, activation.gradients().values(), 0, c.length);
    }

    private static void checkInput(String what, DoubleSupplier function, Activation x) {
        float[] gradient = x.gradients().values().clone();
        FiniteDifferences.check(
                what, function, x.values().values(), 0, BATCH * x.values().stride(), gradient);
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

package freshet.model.layer;

import freshet.model.math.Crew;
import freshet.model.math.ElementKernel;
import freshet.model.math.ProductKernel;
import freshet.model.spec.ModelSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The dense network: cross layers, bottom, experts and gates, towers. Reads its input row per example and gives one head per
 * task, to which the logit offsets (wide, shallow, global log-odds) are still to be added.
 *
 * <p>{@link #load} first, and again whenever the parameters have changed. For each batch: {@link #reserve}, fill {@link #input},
 * {@link #forward}; to learn, fill {@link #headGradients}, then {@link #backward}.
 *
 * <p>Called by one thread, which shares the work out over its {@link Crew}: examples, for what is a matter of one example; rows
 * of weights, for what is a sum over examples. So no sum is ever split, and the number of threads has no say in the bits.
 */
public final class Network {
    /** Examples that one thread takes through all layers at once: a multiple of the rows of a register tile. */
    private static final int MOST_ROWS = 96;

    private static final int TILE_ROWS = 12;

    /** Examples that are taken back through all layers before weights are looked at, so that activations stay near. */
    private static final int BACKWARD_ROWS = 256;

    private final Crew crew;
    private final int tasks;
    private final int inputWidth;
    private final float gateDropout;
    private final long seed;
    private final ParameterLayout layout = new ParameterLayout();
    private final List<CrossLayer> crosses = new ArrayList<>();
    private final Mlp bottom;
    /** Holds one element, or none for a shared bottom. */
    private final List<MixtureOfExperts> mixture;

    private final List<Mlp> towers = new ArrayList<>();

    /** Every layer that has parameters. */
    private final List<DenseLayer> layers = new ArrayList<>();
    /** {@code [piece]}: the layer whose piece it is, and which of its pieces. */
    private final DenseLayer[] layerOfPiece;

    private final int[] pieceOfLayer;

    private int capacity = -1;
    private Activation input = Activation.of(0, 0);
    private Activation heads = input;
    /** Outputs of the cross layers. */
    private final List<Activation> crossOutputs = new ArrayList<>();

    // What the threads are to do now.
    private int firstRow;
    private int endRow;
    private int rowsPerPiece;
    private long step;
    private float[] arena = new float[0];
    private final Crew.Job loadPiece = this::loadPiece;
    private final Crew.Job forwardRows = this::forwardRows;
    private final Crew.Job dropRows = this::dropRows;
    private final Crew.Job backwardRows = this::backwardRows;
    private final Crew.Job weightGradientPiece = this::weightGradientPiece;

    public Network(ModelSpec spec, Crew crew) {
        this.crew = crew;
        tasks = spec.taskCount();
        inputWidth = spec.inputWidth();
        gateDropout = spec.gateDropout();
        seed = spec.seed();
        ElementKernel elements = crew.elements();
        for (int layer = 0; layer < spec.crossLayers(); layer++) {
            crosses.add(new CrossLayer(layout, elements, "cross." + layer, inputWidth));
        }
        bottom = new Mlp(layout, elements, "bottom", ParameterLayout.SHARED, inputWidth, spec.bottom());
        mixture = spec.expertCount() == 0
                ? List.of()
                : List.of(new MixtureOfExperts(layout, elements, spec, bottom.outputWidth()));
        int towerInput =
                mixture.isEmpty() ? bottom.outputWidth() : mixture.get(0).width();
        for (int task = 0; task < tasks; task++) {
            String name = "tower." + spec.tasks().get(task).name();
            towers.add(new Mlp(layout, elements, name, task, towerInput, spec.tower()).withHead(layout, name, task, 1));
        }
        crosses.forEach(layer -> layers.add(layer.dense()));
        layers.addAll(bottom.layers());
        mixture.forEach(layer -> layers.addAll(layer.layers()));
        towers.forEach(tower -> layers.addAll(tower.layers()));
        int pieces = layers.stream().mapToInt(DenseLayer::pieces).sum();
        layerOfPiece = new DenseLayer[pieces];
        pieceOfLayer = new int[pieces];
        int at = 0;
        for (DenseLayer layer : layers) {
            for (int piece = 0; piece < layer.pieces(); piece++, at++) {
                layerOfPiece[at] = layer;
                pieceOfLayer[at] = piece;
            }
        }
    }

    public ParameterLayout layout() {
        return layout;
    }

    /** Initial parameters: a pure function of the seed and their names. */
    public float[] initialParameters() {
        float[] parameters = new float[layout.floats()];
        layers.forEach(layer -> layer.initialise(seed, parameters));
        return parameters;
    }

    /**
     * Takes over the parameters: an arena of {@link #layout}, which is kept. Nothing may be computed between a change of them and
     * the next call.
     */
    public void load(float[] parameters) {
        arena = parameters;
        crew.run(layerOfPiece.length, loadPiece);
    }

    private void loadPiece(int piece, ProductKernel kernel) {
        layerOfPiece[piece].load(pieceOfLayer[piece], arena);
    }

    /** Makes room for a batch. What {@link #input} and the others returned before may be out of use. */
    public void reserve(int batch) {
        if (capacity >= batch) {
            return;
        }
        capacity = batch;
        input = Activation.of(batch, inputWidth);
        heads = Activation.of(batch, tasks);
        crossOutputs.clear();
        Activation x = input;
        for (CrossLayer layer : crosses) {
            x = layer.connect(input, x, batch);
            crossOutputs.add(x);
        }
        Activation shared = bottom.connect(x, batch, DenseLayer.Into.SET);
        for (MixtureOfExperts layer : mixture) {
            layer.connect(shared, batch);
        }
        for (int task = 0; task < tasks; task++) {
            boolean alone = !mixture.isEmpty();
            Activation towerInput = alone ? mixture.get(0).mixture(task) : shared;
            towers.get(task)
                    .connect(
                            towerInput,
                            heads.fromColumn(task),
                            batch,
                            alone || task == 0 ? DenseLayer.Into.SET : DenseLayer.Into.ADD);
        }
    }

    /** {@code [batch, inputWidth]}: to be filled before {@link #forward}. */
    public float[] input() {
        return input.values().values();
    }

    /** {@code [batch, inputWidth]}: the result of {@link #backward}. */
    public float[] inputGradients() {
        return input.gradients().values();
    }

    /** {@code [batch, tasks]}: the result of {@link #forward}. */
    public float[] heads() {
        return heads.values().values();
    }

    /** {@code [batch, tasks]}: to be filled before {@link #backward}. */
    public float[] headGradients() {
        return heads.gradients().values();
    }

    /** Input -> heads, without dropout. */
    public void forward(int batch) {
        runRows(0, batch, forwardRows);
    }

    private void forwardRows(int piece, ProductKernel kernel) {
        int from = firstRow + piece * rowsPerPiece;
        int to = Math.min(from + rowsPerPiece, endRow);
        for (int layer = 0; layer < crosses.size(); layer++) {
            crosses.get(layer).forward(kernel, from, to);
        }
        bottom.forward(kernel, from, to);
        for (int layer = 0; layer < mixture.size(); layer++) {
            mixture.get(layer).forward(kernel, from, to);
        }
        towers(kernel, from, to);
    }

    /** After {@link #forward}: the heads again with the gate dropout of a training step, if there is any. */
    public void drop(int batch, long atStep) {
        if (gateDropout > 0 && !mixture.isEmpty()) {
            step = atStep;
            runRows(0, batch, dropRows);
        }
    }

    private void dropRows(int piece, ProductKernel kernel) {
        int from = firstRow + piece * rowsPerPiece;
        int to = Math.min(from + rowsPerPiece, endRow);
        mixture.get(0).dropExperts(kernel, from, to, step);
        towers(kernel, from, to);
    }

    private void towers(ProductKernel kernel, int from, int to) {
        for (int task = 0; task < tasks; task++) {
            towers.get(task).forward(kernel, from, to);
        }
    }

    /** Gradients of the heads -> gradients of the input, and of the parameters: an arena, overwritten. */
    public void backward(int batch, float[] gradients) {
        arena = gradients;
        for (int from = 0; from < batch; from += BACKWARD_ROWS) {
            runRows(from, Math.min(from + BACKWARD_ROWS, batch), backwardRows);
            crew.run(layerOfPiece.length, weightGradientPiece);
        }
    }

    private void backwardRows(int piece, ProductKernel kernel) {
        int from = firstRow + piece * rowsPerPiece;
        int to = Math.min(from + rowsPerPiece, endRow);
        for (int task = 0; task < tasks; task++) {
            towers.get(task).backward(kernel, from, to);
        }
        for (int layer = 0; layer < mixture.size(); layer++) {
            mixture.get(layer).backward(kernel, from, to);
        }
        if (crosses.isEmpty()) {
            bottom.backward(kernel, from, to);
            return;
        }
        clear(input, from, to); // every cross layer adds to it
        bottom.backward(kernel, from, to);
        for (int layer = crosses.size() - 1; layer >= 0; layer--) {
            if (layer > 0) {
                clear(crossOutputs.get(layer - 1), from, to);
            }
            crosses.get(layer).backward(kernel, from, to);
        }
    }

    private void clear(Activation activation, int from, int to) {
        Arrays.fill(activation.gradients().values(), from * inputWidth, to * inputWidth, 0f);
    }

    private void weightGradientPiece(int piece, ProductKernel kernel) {
        layerOfPiece[piece].weightGradient(kernel, pieceOfLayer[piece], firstRow, endRow, arena);
    }

    /** Shares out rows: one piece a thread if they are few, none so long that its activations leave the cache. */
    private void runRows(int from, int to, Crew.Job job) {
        firstRow = from;
        endRow = to;
        int share = (to - from + crew.threads() - 1) / crew.threads();
        rowsPerPiece = Math.min(MOST_ROWS, (share + TILE_ROWS - 1) / TILE_ROWS * TILE_ROWS);
        crew.run((to - from + rowsPerPiece - 1) / rowsPerPiece, job);
    }
}

package freshet.model.layer;

import freshet.model.math.Crew;
import freshet.model.math.ElementKernel;
import freshet.model.math.ProductKernel;
import freshet.model.spec.BalanceSpec;
import freshet.model.spec.ModelSpec;
import freshet.model.spec.Structure;
import java.util.ArrayList;
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
    /** Examples that one thread takes through all layers at once, at most: a multiple of the rows of a register tile. */
    private static final int MOST_ROWS = 96;

    /** Rows of the smallest register tile. */
    private static final int TILE_ROWS = 4;

    /** Examples that are taken back through all layers before weights are looked at, so that activations stay near. */
    private static final int BACKWARD_ROWS = 256;

    private final Crew crew;
    private final int tasks;
    private final int inputWidth;
    private final float gateDropout;
    private final long seed;
    private final ParameterLayout layout = new ParameterLayout();
    /** One that all tasks share, or one per task. */
    private final List<Trunk> trunks = new ArrayList<>();
    /** Holds one element, or none without experts. */
    private final List<MixtureOfExperts> mixture;

    private final List<Tower> towers = new ArrayList<>();
    private final boolean gradientFlowsBetweenTowers;

    /** Every layer that has parameters. */
    private final List<DenseLayer> layers = new ArrayList<>();
    /** {@code [piece]}: the layer whose piece it is, and which of its pieces. */
    private final DenseLayer[] layerOfPiece;

    private final int[] pieceOfLayer;

    private int capacity = -1;
    private Activation input = Activation.of(0, 0);
    private Activation heads = input;
    /** The same heads with gradients of their own where towers add to those of others: the caller's stay as they are. */
    private Activation linkedHeads = input;

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
        if (spec.structure() == Structure.SINGLE_TASK) {
            for (int task = 0; task < tasks; task++) {
                String owner = "." + spec.tasks().get(task).name();
                trunks.add(new Trunk(layout, elements, spec, owner, task));
            }
        } else {
            trunks.add(new Trunk(layout, elements, spec, "", ParameterLayout.SHARED));
        }
        int trunkWidth = trunks.get(0).outputWidth();
        mixture = spec.structure() == Structure.MMOE
                ? List.of(new MixtureOfExperts(layout, elements, spec, trunkWidth))
                : List.of();
        int towerInput = mixture.isEmpty() ? trunkWidth : mixture.get(0).width();
        for (int task = 0; task < tasks; task++) {
            towers.add(new Tower(layout, elements, spec, task, towerInput));
        }
        gradientFlowsBetweenTowers = towers.stream().anyMatch(Tower::gradientFlows);
        if (spec.balance().kind() == BalanceSpec.Kind.UNCERTAINTY) {
            for (int task = 0; task < tasks; task++) {
                layout.add(BalanceSpec.parameter(spec.tasks().get(task)), task, 1);
            }
        }
        trunks.forEach(trunk -> layers.addAll(trunk.layers()));
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
        linkedHeads = gradientFlowsBetweenTowers
                ? new Activation(heads.values(), Activation.of(batch, tasks).gradients())
                : heads;
        for (int trunk = 0; trunk < trunks.size(); trunk++) {
            trunks.get(trunk).connect(input, batch, trunk == 0 ? DenseLayer.Into.SET : DenseLayer.Into.ADD);
        }
        for (MixtureOfExperts layer : mixture) {
            layer.connect(trunk(0).output(), batch);
        }
        for (int task = 0; task < tasks; task++) {
            towers.get(task).connect(towerInput(task), linkedHeads, batch, intoTowerInput(task));
        }
    }

    private Trunk trunk(int task) {
        return trunks.get(trunks.size() == 1 ? 0 : task);
    }

    private Activation towerInput(int task) {
        return mixture.isEmpty() ? trunk(task).output() : mixture.get(0).mixture(task);
    }

    /** The towers go backward from the last to the first: of those that read one input, the last is the first. */
    private DenseLayer.Into intoTowerInput(int task) {
        boolean alone =
                !mixture.isEmpty() || trunks.size() > 1 && !trunks.get(0).isEmpty();
        return alone || task == tasks - 1 ? DenseLayer.Into.SET : DenseLayer.Into.ADD;
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
        for (int trunk = 0; trunk < trunks.size(); trunk++) {
            trunks.get(trunk).forward(kernel, from, to);
        }
        for (int layer = 0; layer < mixture.size(); layer++) {
            mixture.get(layer).forward(kernel, from, to);
        }
        towers(kernel, from, to);
    }

    /** Adds up what each gate gave to each expert in the last batch, {@code [tasks * experts]}; nothing without experts. */
    public void addExpertUse(int batch, double[] sums) {
        for (MixtureOfExperts layer : mixture) {
            layer.addUse(batch, sums);
        }
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

    /**
     * Gradients of the heads -> gradients of the input, and of the parameters: an arena, overwritten. Parameters that no
     * layer has are left as they are.
     */
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
        if (gradientFlowsBetweenTowers) {
            int size = (to - from) * tasks;
            System.arraycopy(
                    headGradients(), from * tasks, linkedHeads.gradients().values(), from * tasks, size);
        }
        // The last first, since a tower may hand some of its gradient on to those it reads.
        for (int task = tasks - 1; task >= 0; task--) {
            towers.get(task).backward(kernel, from, to);
        }
        for (int layer = 0; layer < mixture.size(); layer++) {
            mixture.get(layer).backward(kernel, from, to);
        }
        for (int trunk = 0; trunk < trunks.size(); trunk++) {
            trunks.get(trunk).backward(kernel, from, to);
        }
    }

    private void weightGradientPiece(int piece, ProductKernel kernel) {
        layerOfPiece[piece].weightGradient(kernel, pieceOfLayer[piece], firstRow, endRow, arena);
    }

    /** Shares out rows: as many pieces for each thread, none so long that its activations leave the cache. */
    private void runRows(int from, int to, Crew.Job job) {
        firstRow = from;
        endRow = to;
        if (crew.threads() == 1) {
            rowsPerPiece = MOST_ROWS;
        } else {
            int pieces = roundUp(ceilDiv(to - from, MOST_ROWS), crew.threads());
            rowsPerPiece = roundUp(ceilDiv(to - from, pieces), TILE_ROWS);
        }
        crew.run(ceilDiv(to - from, rowsPerPiece), job);
    }

    private static int ceilDiv(int count, int share) {
        return (count + share - 1) / share;
    }

    private static int roundUp(int count, int multiple) {
        return ceilDiv(count, multiple) * multiple;
    }
}

package freshet.model.layer;

import freshet.model.math.CounterRandom;
import freshet.model.math.ElementKernel;
import freshet.model.math.Ids;
import freshet.model.math.ProductKernel;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code y = x · W + bias}, with or without ReLU. Several named matrices that read the same input can stand side by side:
 * {@code W = [W1 | W2 | ...]}.
 *
 * <p>x is {@code [batch, inputs]}, y {@code [batch, outputs]}. First {@link #connect}; then {@link #load} whenever parameters have
 * changed. Forward and backward work on some rows of the batch and can run on several threads, each with rows of its own;
 * {@link #load} and {@link #weightGradient} on some rows of W, likewise.
 */
final class DenseLayer {

    /** What follows the product. */
    enum Activity {
        NONE,
        RELU
    }

    /** How a layer hands its gradient on. */
    enum Into {
        /** It is the first that does. */
        SET,
        /** Other layers that read the same input have done so before. */
        ADD
    }

    /** Rows of W in a piece of work: a multiple of the rows in a register tile. */
    private static final int PIECE = 48;

    /** Rows of W that are transposed together, so that each cache line of the transpose is written once. */
    private static final int TRANSPOSED = 16;

    /** Blocks of which vectors take no whole number are packed. */
    private static final int NARROW = 16;

    private static final float[] ONE = {1f};

    private record Block(ParameterLayout.Entry weight, ParameterLayout.Entry bias, int column, int width) {}

    private final int inputs;
    private final int outputs;
    private final Activity activity;
    private final ElementKernel elements;
    private final List<Block> blocks = new ArrayList<>();
    /** Whether blocks are multiplied where they lie in the arena; narrow ones are first packed side by side. */
    private final boolean inPlace;

    private final int packedStride;
    /** {@code [inputs, packedStride]}: see {@link #inPlace}. */
    private final float[] packed;

    private final float[] packedBias;
    private final float[] packedGradient;
    /** {@code [outputs, columnStride]}: W transposed. */
    private final float[] columns;

    private final int columnStride;
    private final float[] zeros;

    private float[] parameters = new float[0];
    private Activation x = Activation.of(0, 0);
    private Activation y = Activation.of(0, 0);
    private Into into = Into.SET;

    /**
     * @param names {@code NAME.weight} and {@code NAME.bias} are added to the layout for each
     * @param tasks the task each block belongs to, or {@link ParameterLayout#SHARED}
     * @param width number of outputs of each block
     */
    DenseLayer(
            ParameterLayout layout,
            ElementKernel elements,
            int inputs,
            List<String> names,
            int[] tasks,
            int width,
            Activity activity) {
        this.inputs = inputs;
        this.outputs = names.size() * width;
        this.activity = activity;
        this.elements = elements;
        for (int i = 0; i < names.size(); i++) {
            blocks.add(new Block(
                    layout.add(names.get(i) + ".weight", tasks[i], inputs, width),
                    layout.add(names.get(i) + ".bias", tasks[i], width),
                    i * width,
                    width));
        }
        inPlace = blocks.size() == 1 || width % NARROW == 0;
        packedStride = ProductKernel.padded(outputs);
        packed = new float[inPlace ? 0 : inputs * packedStride];
        packedGradient = new float[packed.length];
        packedBias = new float[inPlace ? 0 : packedStride];
        columnStride = ProductKernel.padded(inputs);
        columns = new float[outputs * columnStride];
        zeros = new float[Math.max(packedStride, columnStride)];
    }

    static DenseLayer of(
            ParameterLayout layout,
            ElementKernel elements,
            int inputs,
            String name,
            int task,
            int width,
            Activity activity) {
        return new DenseLayer(layout, elements, inputs, List.of(name), new int[] {task}, width, activity);
    }

    int outputs() {
        return outputs;
    }

    /** Says where the input is, where the output goes, and how the input's gradient is handed on. */
    void connect(Activation x, Activation y, Into into) {
        this.x = x;
        this.y = y;
        this.into = into;
    }

    /**
     * Initial weights, a pure function of (seed, name): uniform within plus or minus sqrt(6 / inputs) before a ReLU (He et
     * al. 2015), sqrt(6 / (inputs + outputs)) otherwise (Glorot, Bengio 2010). Biases are 0.
     */
    void initialise(long seed, float[] arena) {
        for (Block block : blocks) {
            long key = CounterRandom.key(seed, Ids.hash(block.weight.name()));
            int fans = activity == Activity.RELU ? inputs : inputs + block.width;
            float range = (float) Math.sqrt(6.0 / fans);
            for (int i = 0; i < block.weight.size(); i++) {
                arena[block.weight.offset() + i] = (2 * CounterRandom.uniform(key, i) - 1) * range;
            }
        }
    }

    /** Number of pieces that {@link #load} and {@link #weightGradient} are cut into. */
    int pieces() {
        return Math.max(1, (inputs + PIECE - 1) / PIECE);
    }

    /** Takes over changed parameters: an arena, kept. */
    void load(int piece, float[] arena) {
        if (piece == 0) {
            parameters = arena;
        }
        int from = piece * PIECE;
        int to = Math.min(from + PIECE, inputs);
        for (Block block : blocks) {
            int weight = block.weight.offset();
            if (!inPlace) {
                System.arraycopy(arena, block.bias.offset(), packedBias, block.column, block.width);
                for (int i = from; i < to; i++) {
                    System.arraycopy(
                            arena, weight + i * block.width, packed, i * packedStride + block.column, block.width);
                }
            }
            for (int first = from; first < to; first += TRANSPOSED) {
                int rows = Math.min(TRANSPOSED, to - first);
                transpose(
                        arena,
                        weight + first * block.width,
                        rows,
                        block.width,
                        columns,
                        block.column * columnStride + first,
                        columnStride);
            }
        }
    }

    private static void transpose(float[] from, int offset, int rows, int width, float[] to, int toOffset, int stride) {
        for (int o = 0; o < width; o++) {
            for (int i = 0; i < rows; i++) {
                to[toOffset + o * stride + i] = from[offset + i * width + o];
            }
        }
    }

    /** Rows {@code [from, to)}: x -> y. */
    void forward(ProductKernel kernel, int from, int to) {
        MatrixView in = x.values();
        MatrixView out = y.values();
        if (inPlace) {
            for (Block block : blocks) {
                kernel.product(
                        in.values(),
                        in.row(from),
                        in.stride(),
                        1,
                        parameters,
                        block.weight.offset(),
                        block.width,
                        parameters,
                        block.bias.offset(),
                        0,
                        out.values(),
                        out.row(from) + block.column,
                        out.stride(),
                        to - from,
                        inputs,
                        block.width);
            }
        } else {
            kernel.product(
                    in.values(),
                    in.row(from),
                    in.stride(),
                    1,
                    packed,
                    0,
                    packedStride,
                    packedBias,
                    0,
                    0,
                    out.values(),
                    out.row(from),
                    out.stride(),
                    to - from,
                    inputs,
                    outputs);
        }
        if (activity == Activity.RELU) {
            elements.relu(out.values(), out.row(from), out.stride(), to - from, outputs);
        }
    }

    /** Rows {@code [from, to)}: y's gradient, which is set to 0 where the ReLU was closed, -> x's gradient. */
    void backward(ProductKernel kernel, int from, int to) {
        MatrixView out = y.values();
        MatrixView dy = y.gradients();
        MatrixView dx = x.gradients();
        if (activity == Activity.RELU) {
            elements.reluBackward(
                    out.values(),
                    out.row(from),
                    out.stride(),
                    dy.values(),
                    dy.row(from),
                    dy.stride(),
                    to - from,
                    outputs);
        }
        boolean add = into == Into.ADD;
        kernel.product(
                dy.values(),
                dy.row(from),
                dy.stride(),
                1,
                columns,
                0,
                columnStride,
                add ? dx.values() : zeros,
                add ? dx.row(from) : 0,
                add ? dx.stride() : 0,
                dx.values(),
                dx.row(from),
                dx.stride(),
                to - from,
                outputs,
                inputs);
    }

    /**
     * The gradient of some rows of W (and with the first piece of the bias): the part of the examples {@code [from, to)}, after
     * their {@link #backward}. The first examples overwrite, later ones add, so that each sum runs over examples in order.
     *
     * @param gradients an arena
     */
    void weightGradient(ProductKernel kernel, int piece, int from, int to, float[] gradients) {
        int first = piece * PIECE;
        int rows = Math.min(PIECE, inputs - first);
        if (inPlace) {
            for (Block block : blocks) {
                int at = block.weight.offset() + first * block.width;
                weightGradient(kernel, block.column, block.width, first, rows, from, to, gradients, at, block.width);
            }
        } else {
            int at = first * packedStride;
            weightGradient(kernel, 0, outputs, first, rows, from, to, packedGradient, at, packedStride);
            for (Block block : blocks) {
                for (int i = first; i < first + rows; i++) {
                    System.arraycopy(
                            packedGradient,
                            i * packedStride + block.column,
                            gradients,
                            block.weight.offset() + i * block.width,
                            block.width);
                }
            }
        }
        if (piece == 0) {
            for (Block block : blocks) {
                biasGradient(kernel, block, from, to, gradients);
            }
        }
    }

    /** The transpose of x: inputs outside, examples inside. */
    private void weightGradient(
            ProductKernel kernel,
            int column,
            int width,
            int first,
            int rows,
            int from,
            int to,
            float[] gradients,
            int offset,
            int stride) {
        MatrixView in = x.values();
        MatrixView dy = y.gradients();
        boolean add = from > 0;
        kernel.product(
                in.values(),
                in.row(from) + first,
                1,
                in.stride(),
                dy.values(),
                dy.row(from) + column,
                dy.stride(),
                add ? gradients : zeros,
                add ? offset : 0,
                add ? stride : 0,
                gradients,
                offset,
                stride,
                rows,
                to - from,
                width);
    }

    /** The sum of dy's rows: their product with ones. */
    private void biasGradient(ProductKernel kernel, Block block, int from, int to, float[] gradients) {
        MatrixView dy = y.gradients();
        boolean add = from > 0;
        kernel.product(
                ONE,
                0,
                0,
                0,
                dy.values(),
                dy.row(from) + block.column,
                dy.stride(),
                add ? gradients : zeros,
                add ? block.bias.offset() : 0,
                0,
                gradients,
                block.bias.offset(),
                0,
                1,
                to - from,
                block.width);
    }
}

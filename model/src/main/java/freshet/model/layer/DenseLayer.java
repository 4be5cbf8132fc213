package freshet.model.layer;

import freshet.model.math.CounterRandom;
import freshet.model.math.Ids;
import freshet.model.math.ProductKernel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * {@code y = x · W + bias}, with or without ReLU. Several named matrices that read the same input can stand side by side and
 * are multiplied as one: {@code W = [W1 | W2 | ...]}.
 *
 * <p>x is {@code [batch, inputs]}, y {@code [batch, outputs]}. Holds scratch memory: one thread.
 */
final class DenseLayer {

    /** What follows the product. */
    enum Activation {
        NONE,
        RELU
    }

    private record Block(ParameterLayout.Entry weight, ParameterLayout.Entry bias, int column, int width) {}

    private final int inputs;
    private final int outputs;
    private final Activation activation;
    private final List<Block> blocks = new ArrayList<>();
    private final ProductKernel product = ProductKernel.best();

    /** {@code float[inputs][outputs]}: the weights as they lie in the arena. */
    private final float[][] rows;
    /** {@code float[outputs][inputs]}: the weights transposed. */
    private final float[][] columns;

    private final float[] bias;
    /** {@code float[inputs, outputs]}: the gradient before it is dealt out to the blocks. */
    private final float[] weightGradient;

    private float[][] outputGradientRows = new float[0][];

    /**
     * @param names {@code NAME.weight} and {@code NAME.bias} are added to the layout for each
     * @param tasks the task each block belongs to, or {@link ParameterLayout#SHARED}
     * @param width number of outputs of each block
     */
    DenseLayer(ParameterLayout layout, int inputs, List<String> names, int[] tasks, int width, Activation activation) {
        this.inputs = inputs;
        this.outputs = names.size() * width;
        this.activation = activation;
        for (int i = 0; i < names.size(); i++) {
            blocks.add(new Block(
                    layout.add(names.get(i) + ".weight", tasks[i], inputs, width),
                    layout.add(names.get(i) + ".bias", tasks[i], width),
                    i * width,
                    width));
        }
        rows = new float[inputs][ProductKernel.padded(outputs)];
        columns = new float[outputs][ProductKernel.padded(inputs)];
        bias = new float[outputs];
        weightGradient = new float[inputs * outputs];
    }

    static DenseLayer of(ParameterLayout layout, int inputs, String name, int task, int width, Activation activation) {
        return new DenseLayer(layout, inputs, List.of(name), new int[] {task}, width, activation);
    }

    int outputs() {
        return outputs;
    }

    /**
     * Initial weights, a pure function of (seed, name): uniform within plus or minus sqrt(6 / inputs) before a ReLU (He et
     * al. 2015), sqrt(6 / (inputs + outputs)) otherwise (Glorot, Bengio 2010). Biases are 0.
     */
    void initialise(long seed, float[] parameters) {
        for (Block block : blocks) {
            long key = CounterRandom.key(seed, Ids.hash(block.weight.name()));
            int fans = activation == Activation.RELU ? inputs : inputs + block.width;
            float range = (float) Math.sqrt(6.0 / fans);
            for (int i = 0; i < block.weight.size(); i++) {
                parameters[block.weight.offset() + i] = (2 * CounterRandom.uniform(key, i) - 1) * range;
            }
        }
    }

    /** Takes over changed parameters. */
    void load(float[] parameters) {
        for (Block block : blocks) {
            System.arraycopy(parameters, block.bias.offset(), bias, block.column, block.width);
            for (int i = 0; i < inputs; i++) {
                int from = block.weight.offset() + i * block.width;
                System.arraycopy(parameters, from, rows[i], block.column, block.width);
            }
        }
        // Eight rows at a time, so that each cache line of the transpose is written once.
        for (int first = 0; first < inputs; first += 8) {
            int end = Math.min(first + 8, inputs);
            for (int o = 0; o < outputs; o++) {
                float[] column = columns[o];
                for (int i = first; i < end; i++) {
                    column[i] = rows[i][o];
                }
            }
        }
    }

    /** x [batch, inputs] -> y [batch, outputs]. */
    void forward(MatrixView x, int batch, MatrixView y) {
        for (int i = 0; i < batch; i++) {
            System.arraycopy(bias, 0, y.values(), y.offset() + i * y.stride(), outputs);
        }
        product.addTo(
                x.values(),
                x.offset(),
                x.stride(),
                1,
                rows,
                y.values(),
                y.offset(),
                y.stride(),
                batch,
                inputs,
                outputs);
        if (activation == Activation.RELU) {
            for (int i = 0; i < batch; i++) {
                int row = y.offset() + i * y.stride();
                for (int j = row; j < row + outputs; j++) {
                    y.values()[j] = Math.max(y.values()[j], 0f);
                }
            }
        }
    }

    /**
     * x [batch, inputs], y and dy [batch, outputs] -> gradients of the parameters, written to their places; dx [batch,
     * inputs], added to. Where the ReLU was closed, dy is set to 0.
     */
    void backward(MatrixView x, MatrixView y, MatrixView dy, int batch, float[] gradients, MatrixView dx) {
        takeOutputGradient(y, dy, batch);
        for (Block block : blocks) {
            sumRows(batch, block, gradients);
        }
        Arrays.fill(weightGradient, 0f);
        // The transpose of x: inputs outside, examples inside, so that each weight's gradient sums over examples in
        // order.
        product.addTo(
                x.values(),
                x.offset(),
                1,
                x.stride(),
                outputGradientRows,
                weightGradient,
                0,
                outputs,
                inputs,
                batch,
                outputs);
        for (Block block : blocks) {
            for (int i = 0; i < inputs; i++) {
                int to = block.weight.offset() + i * block.width;
                System.arraycopy(weightGradient, i * outputs + block.column, gradients, to, block.width);
            }
        }
        product.addTo(
                dy.values(),
                dy.offset(),
                dy.stride(),
                1,
                columns,
                dx.values(),
                dx.offset(),
                dx.stride(),
                batch,
                outputs,
                inputs);
    }

    /** Closes dy where the ReLU was closed, and copies it row by row. */
    private void takeOutputGradient(MatrixView y, MatrixView dy, int batch) {
        if (outputGradientRows.length < batch) {
            outputGradientRows = new float[batch][ProductKernel.padded(outputs)];
        }
        for (int i = 0; i < batch; i++) {
            int from = dy.offset() + i * dy.stride();
            if (activation == Activation.RELU) {
                int at = y.offset() + i * y.stride();
                for (int j = 0; j < outputs; j++) {
                    dy.values()[from + j] = y.values()[at + j] > 0 ? dy.values()[from + j] : 0f;
                }
            }
            System.arraycopy(dy.values(), from, outputGradientRows[i], 0, outputs);
        }
    }

    private void sumRows(int batch, Block block, float[] gradients) {
        int to = block.bias.offset();
        Arrays.fill(gradients, to, to + block.width, 0f);
        for (int i = 0; i < batch; i++) {
            float[] row = outputGradientRows[i];
            for (int j = 0; j < block.width; j++) {
                gradients[to + j] += row[block.column + j];
            }
        }
    }
}

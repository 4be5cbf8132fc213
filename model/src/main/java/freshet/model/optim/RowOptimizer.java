package freshet.model.optim;

import freshet.model.math.ElementKernel;
import freshet.model.spec.OptimizerSpec;

/**
 * The update rule of table rows. The settings are in the object; all state is in the row's own slots, so that rows are
 * everything a checkpoint needs. Remembers nothing that could not be computed again; safe on any thread.
 */
public interface RowOptimizer {

    /**
     * The rule that a configuration asks for.
     *
     * @param rateFactors multiplies the learning rate of each coordinate; as long as a row has weights
     */
    static RowOptimizer of(OptimizerSpec.Rows rule, float[] rateFactors, ElementKernel elements) {
        if (rule instanceof OptimizerSpec.Ftrl ftrl) {
            return new Ftrl(ftrl, rateFactors);
        }
        if (rule instanceof OptimizerSpec.Adam adam) {
            return new RowAdam(adam, rateFactors);
        }
        return rule instanceof OptimizerSpec.RowwiseAdagrad rowwise
                ? new RowwiseAdagrad(rowwise, rateFactors)
                : new Adagrad((OptimizerSpec.Adagrad) rule, rateFactors, elements);
    }

    /** Slots per row of this many weights. */
    int slots(int width);

    /** Writes the slots of a new row, which lie behind its weights; these are there already. */
    void initialise(float[] rows, int offset, int width);

    /**
     * Moves one row against its gradient.
     *
     * @param rows the row begins at {@code offset}: {@code width} weights, then the slots
     * @param gradients the gradient begins at {@code gradientOffset}
     */
    void update(float[] rows, int offset, int width, float[] gradients, int gradientOffset, UpdateMoment moment);

    /**
     * Weights were put into a row from elsewhere, in front of slots that it had before: brings the slots into line where they
     * determine the weights.
     */
    default void adopt(float[] rows, int offset, int width) {}
}

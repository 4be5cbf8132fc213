package freshet.model.optim;

/**
 * The update rule of table rows. The settings are in the object; all state is in the row's own slots, so that rows are
 * everything a checkpoint needs. Immutable; safe on any thread.
 */
public interface RowOptimizer {

    /** Slots per row of this many weights. */
    int slots(int width);

    /** Writes the slots of a new row, which lie behind its weights. */
    void initialise(float[] rows, int offset, int width);

    /**
     * Moves one row against its gradient.
     *
     * @param rows the row begins at {@code offset}: {@code width} weights, then the slots
     * @param gradients the gradient begins at {@code gradientOffset}
     * @param scale the gradient is multiplied by this first
     */
    void update(float[] rows, int offset, int width, float[] gradients, int gradientOffset, float scale);
}

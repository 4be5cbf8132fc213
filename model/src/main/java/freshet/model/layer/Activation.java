package freshet.model.layer;

import freshet.model.math.ProductKernel;

/**
 * What one layer hands to the next for every example of a mini-batch, and its gradient: two matrices of the same shape.
 *
 * @param values {@code [batch, width]}
 * @param gradients {@code [batch, width]}
 */
record Activation(MatrixView values, MatrixView gradients) {

    /** Room for this many examples, and for vectors that are read behind the last of them. */
    static Activation of(int batch, int width) {
        int floats = batch * width + ProductKernel.padded(1);
        return new Activation(MatrixView.of(new float[floats], width), MatrixView.of(new float[floats], width));
    }

    /** The same examples from a later column on. */
    Activation fromColumn(int column) {
        return new Activation(values.fromColumn(column), gradients.fromColumn(column));
    }
}

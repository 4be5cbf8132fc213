package freshet.model.layer;

/**
 * A matrix inside a flat array: row i begins at {@code offset + i * stride}.
 *
 * @param values shared, not copied
 * @param offset of the first row
 * @param stride from one row to the next
 */
record MatrixView(float[] values, int offset, int stride) {

    /** The whole array as rows of this width. */
    static MatrixView of(float[] values, int width) {
        return new MatrixView(values, 0, width);
    }

    /** The same rows from a later column on. */
    MatrixView fromColumn(int column) {
        return new MatrixView(values, offset + column, stride);
    }

    /** Where row i begins. */
    int row(int i) {
        return offset + i * stride;
    }
}

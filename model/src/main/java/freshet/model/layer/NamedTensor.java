package freshet.model.layer;

import java.util.List;

/**
 * A dense array with a name, for export and import.
 *
 * @param name as in {@link ParameterLayout}
 * @param shape extents, outermost first
 * @param values row by row; a copy, as long as the product of the shape
 */
public record NamedTensor(String name, List<Integer> shape, float[] values) {
    public NamedTensor {
        shape = List.copyOf(shape);
        long size = shape.stream().mapToLong(Integer::longValue).reduce(1, (a, b) -> a * b);
        if (size != values.length) {
            throw new IllegalArgumentException("tensor " + name + ": found " + values.length + " values, expected "
                    + size + " for shape " + shape);
        }
    }
}

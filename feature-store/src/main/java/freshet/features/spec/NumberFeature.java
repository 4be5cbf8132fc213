package freshet.features.spec;

/**
 * A dense feature.
 *
 * @param name its name in the schema
 * @param measure the number
 * @param transform the shape it is given; a missing number is 0 after it
 */
public record NumberFeature(String name, Measure measure, Transform transform) {}

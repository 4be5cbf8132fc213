package freshet.serde.example;

import java.util.Arrays;

/**
 * The features of one impression as of its event time, by slot of a {@link FeatureSchema}.
 *
 * @param ids {@code String[idSlot][]}: the ids of each sparse feature; an empty array where it is missing
 * @param numbers {@code float[numberSlot]}: the value of each dense feature; finite; 0 where it is missing
 */
public record FeatureValues(String[][] ids, float[] numbers) {

    @Override
    public boolean equals(Object other) {
        return other instanceof FeatureValues that
                && Arrays.deepEquals(ids, that.ids)
                && Arrays.equals(numbers, that.numbers);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.deepHashCode(ids) + Arrays.hashCode(numbers);
    }

    @Override
    public String toString() {
        return "FeatureValues[ids=" + Arrays.deepToString(ids) + ", numbers=" + Arrays.toString(numbers) + "]";
    }
}

package freshet.serde.example;

import java.util.Arrays;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The features of one impression as of its event time, by slot of a {@link FeatureSchema}. Those who only hand an example on
 * need not know them: what they are made from is decoded when somebody first asks. Never changed, and safe on any thread.
 */
public final class FeatureValues {
    private final Supplier<Decoded> source;
    private @Nullable Decoded decoded;

    private record Decoded(String[][] ids, float[] numbers) {}

    /**
     * @param ids {@code String[idSlot][]}: the ids of each sparse feature; an empty array where it is missing
     * @param numbers {@code float[numberSlot]}: the value of each dense feature; finite; 0 where it is missing
     */
    public FeatureValues(String[][] ids, float[] numbers) {
        Decoded given = new Decoded(ids, numbers);
        source = () -> given;
        decoded = given;
    }

    private FeatureValues(Supplier<FeatureValues> source) {
        this.source = () -> source.get().decoded();
    }

    /** Values that are asked for when they are needed; the same ones whenever, and on any thread, that is. */
    public static FeatureValues of(Supplier<FeatureValues> source) {
        return new FeatureValues(source);
    }

    public String[][] ids() {
        return decoded().ids;
    }

    public float[] numbers() {
        return decoded().numbers;
    }

    /** A race decodes twice, to the same. */
    private Decoded decoded() {
        Decoded known = decoded;
        if (known == null) {
            known = source.get();
            decoded = known;
        }
        return known;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof FeatureValues that
                && Arrays.deepEquals(ids(), that.ids())
                && Arrays.equals(numbers(), that.numbers());
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.deepHashCode(ids()) + Arrays.hashCode(numbers());
    }

    @Override
    public String toString() {
        return "FeatureValues[ids=" + Arrays.deepToString(ids()) + ", numbers=" + Arrays.toString(numbers()) + "]";
    }
}

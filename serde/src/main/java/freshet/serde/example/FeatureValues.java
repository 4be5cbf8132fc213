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
    private @Nullable HashedIds hashedIds;
    private final float @Nullable [] numbers;

    private record Decoded(String[][] ids, float[] numbers) {}

    /**
     * @param ids {@code String[idSlot][]}: the ids of each sparse feature; an empty array where it is missing
     * @param numbers {@code float[numberSlot]}: the value of each dense feature; finite; 0 where it is missing
     */
    public FeatureValues(String[][] ids, float[] numbers) {
        Decoded given = new Decoded(ids, numbers);
        source = () -> given;
        decoded = given;
        this.numbers = numbers;
    }

    private FeatureValues(Supplier<FeatureValues> source) {
        this.source = () -> source.get().decoded();
        numbers = null;
    }

    private FeatureValues(HashedIds hashedIds, float[] numbers, Supplier<String[][]> ids) {
        source = () -> new Decoded(ids.get(), numbers);
        this.hashedIds = hashedIds;
        this.numbers = numbers;
    }

    /** Values that are asked for when they are needed; the same ones whenever, and on any thread, that is. */
    public static FeatureValues of(Supplier<FeatureValues> source) {
        return new FeatureValues(source);
    }

    /**
     * Values as a model reads them, with the texts behind their ids for the few who ask.
     *
     * @param hashedIds of the same texts
     * @param numbers as in the constructor
     * @param ids as in the constructor; the same ones whenever, and on any thread, they are asked for
     */
    public static FeatureValues ofHashed(HashedIds hashedIds, float[] numbers, Supplier<String[][]> ids) {
        return new FeatureValues(hashedIds, numbers, ids);
    }

    public String[][] ids() {
        return decoded().ids;
    }

    /**
     * The same ids as numbers: hashed when somebody first asks, or from the beginning. Not the business of the thread that learns,
     * if another one can do it before.
     */
    public HashedIds hashedIds() {
        HashedIds known = hashedIds;
        if (known == null) {
            known = HashedIds.of(ids());
            hashedIds = known;
        }
        return known;
    }

    /** Whether {@link #hashedIds} are at hand. */
    public boolean isHashed() {
        return hashedIds != null;
    }

    /** Number of slots of ids. */
    public int idSlots() {
        HashedIds known = hashedIds;
        return known == null ? ids().length : known.slots();
    }

    public float[] numbers() {
        float[] known = numbers;
        return known == null ? decoded().numbers : known;
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

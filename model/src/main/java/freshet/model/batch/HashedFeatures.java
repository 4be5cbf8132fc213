package freshet.model.batch;

import freshet.model.math.Ids;
import freshet.serde.example.FeatureValues;

/**
 * Features of one impression as the model sees them: ids as the numbers that rows are found by, not as the texts they stand
 * for. Immutable as long as nobody writes to the arrays.
 *
 * @param ids {@code long[idSlot][]}: {@link Ids#hash} of each id; an empty array where the feature is missing
 * @param numbers {@code float[numberSlot]}
 */
public record HashedFeatures(long[][] ids, float[] numbers) {

    /** What the model sees of these features. */
    public static HashedFeatures of(FeatureValues features) {
        long[][] ids = new long[features.ids().length][];
        for (int slot = 0; slot < ids.length; slot++) {
            String[] texts = features.ids()[slot];
            ids[slot] = new long[texts.length];
            for (int i = 0; i < texts.length; i++) {
                ids[slot][i] = Ids.hash(texts[i]);
            }
        }
        return new HashedFeatures(ids, features.numbers());
    }
}

package freshet.model.batch;

import freshet.model.math.Ids;
import freshet.serde.example.FeatureValues;
import freshet.serde.example.HashedIds;
import java.util.Arrays;

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
        HashedIds hashed = features.hashedIds();
        long[][] ids = new long[hashed.slots()][];
        for (int slot = 0; slot < ids.length; slot++) {
            ids[slot] = Arrays.copyOfRange(hashed.ids(), hashed.starts()[slot], hashed.starts()[slot + 1]);
        }
        return new HashedFeatures(ids, features.numbers());
    }
}

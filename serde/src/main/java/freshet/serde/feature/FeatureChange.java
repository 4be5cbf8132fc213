package freshet.serde.feature;

import org.jspecify.annotations.Nullable;

/**
 * What one record of a topic of feature states says.
 *
 * @param key of whom
 * @param state what is remembered from now on; null to forget
 */
public record FeatureChange(FeatureState.Key key, @Nullable FeatureState state) {

    /** A state that replaces the one before it. */
    public static FeatureChange to(FeatureState state) {
        return new FeatureChange(state.key(), state);
    }

    /** The end of what is remembered. */
    public static FeatureChange forget(FeatureState.Key key) {
        return new FeatureChange(key, null);
    }
}

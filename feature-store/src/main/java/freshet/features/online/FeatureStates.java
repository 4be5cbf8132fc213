package freshet.features.online;

import freshet.serde.feature.FeatureState;
import org.jspecify.annotations.Nullable;

/** Where a server finds what is remembered of viewers, videos and channels. Safe on any thread. */
public interface FeatureStates {

    /** The newest state of a key; null where nothing is remembered. */
    @Nullable
    FeatureState find(FeatureState.Key key);
}

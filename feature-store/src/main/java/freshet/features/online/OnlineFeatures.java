package freshet.features.online;

import freshet.features.extract.FeatureExtractor;
import freshet.features.history.UserHistory;
import freshet.serde.event.Impression;
import freshet.serde.example.FeatureSchema;
import freshet.serde.example.FeatureValues;
import freshet.serde.feature.FeatureState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The features of a request: what the examples job would write for the same impressions, computed by the same
 * {@link FeatureExtractor} from the states that the job wrote. They are equal to the bit where the states are those of the
 * impression's moment, and {@link FeatureSkew} measures where they are not. Safe on any thread.
 *
 * <p>What a server does not know is left out of the impressions: the position, say.
 */
public final class OnlineFeatures {
    private final FeatureExtractor extractor;
    private final FeatureStates states;

    /**
     * @param extractor of the features that the served model was trained with
     * @param states what is remembered
     */
    public OnlineFeatures(FeatureExtractor extractor, FeatureStates states) {
        this.extractor = extractor;
        this.states = states;
    }

    /** The names behind the slots of the values. */
    public FeatureSchema schema() {
        return extractor.schema();
    }

    /** The features of one impression that may be shown. */
    public FeatureValues of(Impression request) {
        return extractor.extract(request, history(request.userId()));
    }

    /** The features of every candidate, in order; what is remembered of a viewer is read once. */
    public List<FeatureValues> of(List<Impression> candidates) {
        Map<String, UserHistory> histories = new HashMap<>();
        List<FeatureValues> values = new ArrayList<>(candidates.size());
        for (Impression candidate : candidates) {
            values.add(extractor.extract(candidate, histories.computeIfAbsent(candidate.userId(), this::history)));
        }
        return values;
    }

    private UserHistory history(String userId) {
        FeatureState state = states.find(FeatureState.Key.user(userId));
        return state == null ? new UserHistory() : UserHistory.decode(state.state());
    }
}

package freshet.features.online;

import freshet.features.extract.FeatureExtractor;
import freshet.features.extract.ViewExtractor;
import freshet.features.history.UserHistory;
import freshet.serde.event.Impression;
import freshet.serde.example.FeatureSchema;
import freshet.serde.example.FeatureValues;
import freshet.serde.feature.FeatureState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

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
        return of(List.of(request)).get(0);
    }

    /** The features of every candidate, in order; what is remembered of each viewer, video and channel is read once. */
    public List<FeatureValues> of(List<Impression> candidates) {
        Map<FeatureState.Key, UserHistory> known = new HashMap<>();
        List<FeatureValues> values = new ArrayList<>(candidates.size());
        for (Impression candidate : candidates) {
            Impression enriched = candidate;
            for (ViewExtractor view : extractor.views()) {
                Optional<FeatureState.Key> key = view.keyOf(candidate);
                enriched = key.isEmpty()
                        ? view.without(enriched)
                        : view.enrich(enriched, known.computeIfAbsent(key.get(), this::history));
            }
            FeatureState.Key viewer = FeatureState.Key.user(candidate.userId());
            values.add(extractor.extract(enriched, known.computeIfAbsent(viewer, this::history)));
        }
        return values;
    }

    private UserHistory history(FeatureState.Key key) {
        FeatureState state = states.find(key);
        return state == null ? new UserHistory() : UserHistory.decode(state.state());
    }
}

package freshet.model.spec;

import java.util.List;

/**
 * One id made of the ids of several sparse features: every combination of their ids, one of each feature.
 *
 * @param features names of the sparse features, in order; one is allowed
 * @param slots their slots in the {@code FeatureSchema}
 * @param table index into {@link ModelSpec#tables} of the rows for the combined ids
 */
public record CrossSpec(List<String> features, List<Integer> slots, int table) {
    public CrossSpec {
        features = List.copyOf(features);
        slots = List.copyOf(slots);
    }
}

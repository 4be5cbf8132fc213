package freshet.serde.example;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The names behind the positions of a {@link FeatureValues}: which slot holds which sparse or dense feature. Made once from
 * the configuration; both the examples job and the trainer hold the same one.
 *
 * @param idNames sparse features, in slot order
 * @param numberNames dense features, in slot order
 */
public record FeatureSchema(List<String> idNames, List<String> numberNames) {

    public FeatureSchema {
        idNames = List.copyOf(idNames);
        numberNames = List.copyOf(numberNames);
        Set<String> seen = new HashSet<>();
        for (List<String> names : List.of(idNames, numberNames)) {
            for (String name : names) {
                if (!seen.add(name)) {
                    throw new IllegalArgumentException(
                            "feature schema: the name '" + name + "' stands twice; every feature needs its own");
                }
            }
        }
    }

    /** Slot of a sparse feature, or -1. Linear: resolve once, not per example. */
    public int idSlot(String name) {
        return idNames.indexOf(name);
    }

    /** Slot of a dense feature, or -1. Linear: resolve once, not per example. */
    public int numberSlot(String name) {
        return numberNames.indexOf(name);
    }
}

package freshet.serde.snapshot;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a snapshot is, as opposed to which bytes it has: everything a reader wants to know before it fetches those.
 *
 * @param name the model's name
 * @param version as of when
 * @param parent the snapshot before it from the same trainer; absent for the first
 * @param modelFingerprint SHA-256 (hex) of the model's specification; differs when weights cannot be exchanged
 * @param featureFingerprint SHA-256 (hex) of the feature schema; differs when a server would extract other features
 * @param tasks the tasks' names, in the order of the scores
 * @param examples how many labelled examples the model has learnt in its life
 * @param metrics progressive metrics since the parent: task to metric to value, finite; a metric that has no value (an AUC
 *     without a positive) is left out. Sorted by name.
 * @param golden the file that holds golden rows, inputs with the trainer's own outputs; absent where there are none
 */
public record SnapshotDescription(
        String name,
        SnapshotVersion version,
        @Nullable SnapshotVersion parent,
        String modelFingerprint,
        String featureFingerprint,
        List<String> tasks,
        long examples,
        SortedMap<String, SortedMap<String, Double>> metrics,
        @Nullable String golden) {

    public SnapshotDescription {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(version, "version");
        Objects.requireNonNull(modelFingerprint, "modelFingerprint");
        Objects.requireNonNull(featureFingerprint, "featureFingerprint");
        tasks = List.copyOf(tasks);
        SortedMap<String, SortedMap<String, Double>> copy = new TreeMap<>();
        List<String> notFinite = new ArrayList<>();
        metrics.forEach((task, values) -> {
            copy.put(task, Collections.unmodifiableSortedMap(new TreeMap<>(values)));
            values.forEach((metric, value) -> {
                if (!Double.isFinite(value)) {
                    notFinite.add(task + "." + metric);
                }
            });
        });
        if (!notFinite.isEmpty()) {
            throw new IllegalArgumentException("snapshot " + version + ": metrics " + notFinite
                    + " are not finite; leave out a metric that has no value");
        }
        metrics = Collections.unmodifiableSortedMap(copy);
        if (parent != null && parent.compareTo(version) >= 0) {
            throw new IllegalArgumentException(
                    "snapshot " + version + ": found parent " + parent + ", expected an earlier one");
        }
    }
}

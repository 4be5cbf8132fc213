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
 * @param generation which deployment of the trainer wrote it: whoever has seen one refuses smaller ones, so that a trainer
 *     that should be gone cannot publish over the one that replaced it. 0 where nothing is fenced (a replay).
 * @param version as of when
 * @param parent the snapshot before it from the same trainer; absent for the first
 * @param modelFingerprint SHA-256 (hex) of the model's specification; differs when weights cannot be exchanged
 * @param featureFingerprint SHA-256 (hex) of the feature schema; differs when a server would extract other features
 * @param lineage SHA-256 (hex) over everything the model has learnt, in order: two models of one specification with one
 *     lineage are equal to the bit
 * @param tasks the tasks' names, in the order of the scores
 * @param examples how many labelled examples the model has learnt in its life
 * @param sampling task to name to rate: how examples were thinned out before learning; what was undone by weights is no
 *     business of a server. Empty where nothing was.
 * @param metrics progressive metrics since the parent: task to metric to value, finite; a metric that has no value (an AUC
 *     without a positive) is left out. Sorted by name.
 * @param calibration task to {@code slope} and {@code offset}: what the network does to the task's logit before the logistic
 *     function, for people to see. The network's outputs are served as they are
 * @param golden the file that holds golden rows, inputs with the trainer's own outputs; absent where there are none
 */
public record SnapshotDescription(
        String name,
        long generation,
        SnapshotVersion version,
        @Nullable SnapshotVersion parent,
        String modelFingerprint,
        String featureFingerprint,
        String lineage,
        List<String> tasks,
        long examples,
        SortedMap<String, SortedMap<String, Double>> sampling,
        SortedMap<String, SortedMap<String, Double>> metrics,
        SortedMap<String, SortedMap<String, Double>> calibration,
        @Nullable String golden) {

    public SnapshotDescription {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(version, "version");
        Objects.requireNonNull(modelFingerprint, "modelFingerprint");
        Objects.requireNonNull(featureFingerprint, "featureFingerprint");
        Objects.requireNonNull(lineage, "lineage");
        tasks = List.copyOf(tasks);
        List<String> notFinite = new ArrayList<>();
        sampling = copy("sampling", sampling, notFinite);
        metrics = copy("metrics", metrics, notFinite);
        calibration = copy("calibration", calibration, notFinite);
        if (!notFinite.isEmpty()) {
            throw new IllegalArgumentException(
                    "snapshot " + version + ": " + notFinite + " are not finite; leave out what has no value");
        }
        if (parent != null && parent.compareTo(version) >= 0) {
            throw new IllegalArgumentException(
                    "snapshot " + version + ": found parent " + parent + ", expected an earlier one");
        }
        if (generation < 0) {
            throw new IllegalArgumentException(
                    "snapshot " + version + ": found generation " + generation + ", expected 0 or more");
        }
    }

    private static SortedMap<String, SortedMap<String, Double>> copy(
            String what, SortedMap<String, SortedMap<String, Double>> byTask, List<String> notFinite) {
        SortedMap<String, SortedMap<String, Double>> copy = new TreeMap<>();
        byTask.forEach((task, numbers) -> {
            copy.put(task, Collections.unmodifiableSortedMap(new TreeMap<>(numbers)));
            numbers.forEach((name, number) -> {
                if (!Double.isFinite(number)) {
                    notFinite.add(what + "." + task + "." + name);
                }
            });
        });
        return Collections.unmodifiableSortedMap(copy);
    }
}

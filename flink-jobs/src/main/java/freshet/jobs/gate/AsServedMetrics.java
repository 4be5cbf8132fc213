package freshet.jobs.gate;

import freshet.jobs.state.SavedState;
import freshet.model.eval.ProgressiveValidation;
import freshet.model.spec.TaskSpec;
import freshet.serde.example.TaskLabel;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Sums of what predictions were worth as served: of the hour in progress, by age of the snapshot in that hour, and by version since it
 * went live. Not thread-safe.
 */
final class AsServedMetrics {
    private static final byte VERSION = 1;

    private final List<TaskSpec> tasks;
    private final ProgressiveValidation all;
    private final Map<SnapshotAge, ProgressiveValidation> byAge = new EnumMap<>(SnapshotAge.class);
    private final SortedMap<Long, ProgressiveValidation> byVersion = new TreeMap<>();

    AsServedMetrics(List<TaskSpec> tasks) {
        this.tasks = tasks;
        all = new ProgressiveValidation(tasks);
        for (SnapshotAge age : SnapshotAge.values()) {
            byAge.put(age, ProgressiveValidation.coarse(tasks));
        }
    }

    /**
     * Counts a label, unless it corrects an earlier one: what was predicted of that impression is counted.
     *
     * @param task its index
     * @param prediction finite
     * @param versionMillis the version that served, as its event time
     * @param shownMillis when
     */
    void record(int task, TaskLabel label, float prediction, long versionMillis, long shownMillis) {
        if (label.isCorrection()) {
            return;
        }
        float weight = tasks.get(task).weightInMetrics(label);
        all.record(task, prediction, label.label(), weight);
        ofAge(SnapshotAge.of(shownMillis - versionMillis)).record(task, prediction, label.label(), weight);
        byVersion
                .computeIfAbsent(versionMillis, any -> ProgressiveValidation.coarse(tasks))
                .record(task, prediction, label.label(), weight);
    }

    private ProgressiveValidation ofAge(SnapshotAge age) {
        ProgressiveValidation found = byAge.get(age);
        if (found == null) {
            throw new AssertionError(age);
        }
        return found;
    }

    /** The hour that ends here; begins the next one. */
    AsServedHour closeHour(long startMillis) {
        SortedMap<SnapshotAge, SortedMap<String, SortedMap<String, Double>>> ages = new TreeMap<>();
        byAge.forEach((age, metrics) -> ages.put(age, metrics.window()));
        SortedMap<Long, SortedMap<String, SortedMap<String, Double>>> versions = new TreeMap<>();
        byVersion.forEach((version, metrics) -> versions.put(version, metrics.lifetime()));
        AsServedHour hour = new AsServedHour(startMillis, all.window(), ages, versions);
        all.startWindow();
        byAge.values().forEach(ProgressiveValidation::startWindow);
        return hour;
    }

    /** Lets go of versions of which no more labels are to come. */
    void forgetBefore(long versionMillis) {
        byVersion.headMap(versionMillis).clear();
    }

    void save(DataOutput out) throws IOException {
        out.writeByte(VERSION);
        SavedState.writeBlock(out, all.save());
        for (SnapshotAge age : SnapshotAge.values()) {
            SavedState.writeBlock(out, ofAge(age).save());
        }
        out.writeInt(byVersion.size());
        for (Map.Entry<Long, ProgressiveValidation> version : byVersion.entrySet()) {
            out.writeLong(version.getKey());
            SavedState.writeBlock(out, version.getValue().save());
        }
    }

    void restore(DataInput in) throws IOException {
        SavedState.expectVersion("metrics as served", VERSION, in);
        all.restore(SavedState.readBlock(in));
        for (SnapshotAge age : SnapshotAge.values()) {
            ofAge(age).restore(SavedState.readBlock(in));
        }
        for (int left = in.readInt(); left > 0; left--) {
            ProgressiveValidation version = ProgressiveValidation.coarse(tasks);
            byVersion.put(in.readLong(), version);
            version.restore(SavedState.readBlock(in));
        }
    }
}

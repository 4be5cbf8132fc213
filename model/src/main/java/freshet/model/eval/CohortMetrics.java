package freshet.model.eval;

import freshet.model.spec.TaskSpec;
import freshet.serde.example.FeatureValues;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;

/** The metrics of every task in every group of one division, over the window and over everything. Not thread-safe. */
final class CohortMetrics {
    /** Of a group only these are told: enough to see that one is served badly. */
    private static final Set<String> TOLD = Set.of("count", "auc", "ne", "calibration", "mse", "auc_ci", "ess");

    private final CohortSpec spec;
    /** {@code [task][group]}. */
    private final List<List<TaskMetrics>> window = new ArrayList<>();

    private final List<List<TaskMetrics>> lifetime = new ArrayList<>();

    CohortMetrics(CohortSpec spec, List<TaskSpec> tasks, boolean intervals) {
        this.spec = spec;
        for (TaskSpec task : tasks) {
            window.add(groups(task, intervals));
            lifetime.add(groups(task, intervals));
        }
    }

    private List<TaskMetrics> groups(TaskSpec task, boolean intervals) {
        List<TaskMetrics> groups = new ArrayList<>();
        for (int group = 0; group < spec.groups().size(); group++) {
            groups.add(new TaskMetrics(task.loss(), intervals, ScoreHistogram.COARSE));
        }
        return groups;
    }

    void record(int task, FeatureValues features, float prediction, float label, float weight) {
        int group = spec.group(features);
        window.get(task).get(group).record(prediction, label, weight);
        lifetime.get(task).get(group).record(prediction, label, weight);
    }

    void putWindow(int task, SortedMap<String, Double> values) {
        put(window.get(task), values);
    }

    void putLifetime(int task, SortedMap<String, Double> values) {
        put(lifetime.get(task), values);
    }

    private void put(List<TaskMetrics> groups, SortedMap<String, Double> values) {
        for (int group = 0; group < groups.size(); group++) {
            int index = group;
            groups.get(group).values().forEach((metric, value) -> {
                if (TOLD.contains(metric)) {
                    values.put(MetricsSpec.cohortMetric(metric, spec, index), value);
                }
            });
        }
    }

    void startWindow() {
        window.forEach(groups -> groups.forEach(TaskMetrics::clear));
    }

    void save(DataOutput out) throws IOException {
        for (int task = 0; task < window.size(); task++) {
            for (int group = 0; group < spec.groups().size(); group++) {
                window.get(task).get(group).save(out);
                lifetime.get(task).get(group).save(out);
            }
        }
    }

    void restore(DataInput in) throws IOException {
        for (int task = 0; task < window.size(); task++) {
            for (int group = 0; group < spec.groups().size(); group++) {
                window.get(task).get(group).restore(in);
                lifetime.get(task).get(group).restore(in);
            }
        }
    }
}

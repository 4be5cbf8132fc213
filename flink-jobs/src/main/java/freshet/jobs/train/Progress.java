package freshet.jobs.train;

import freshet.jobs.state.SavedState;
import freshet.model.eval.MetricsSpec;
import freshet.model.eval.ProgressiveValidation;
import freshet.model.spec.TaskSpec;
import freshet.serde.example.LabeledExample;
import freshet.serde.example.TaskLabel;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The trainer's metrics, over the hour in progress and over everything: of what the model said just before it learnt, and of
 * what the snapshot said that was live when the impression was shown ({@code served_...}). Not thread-safe.
 */
final class Progress {
    private static final List<String> SERVED_PROBABILITIES = List.of("auc", "ne", "calibration");
    private static final List<String> SERVED_VALUES = List.of("mse");

    private final List<TaskSpec> tasks;
    private final ProgressiveValidation learning;
    private final ProgressiveValidation serving;

    /** @param spec what is measured of the predictions before learning; of served ones the basic metrics are */
    Progress(List<TaskSpec> tasks, MetricsSpec spec) {
        this.tasks = tasks;
        learning = new ProgressiveValidation(tasks, spec);
        serving = new ProgressiveValidation(tasks);
    }

    /**
     * Counts a label with what was predicted of it, for as many as it stands for where negatives are down-sampled. A
     * prediction that is not finite is left out, and so is a correction: what was predicted of that impression is counted.
     *
     * @param task its index, or -1 for one that this model does not have
     */
    void record(LabeledExample example, int task, TaskLabel label, float predicted, float served) {
        if (task < 0 || label.isCorrection()) {
            return;
        }
        float weight = tasks.get(task).weightInMetrics(label);
        if (Float.isFinite(predicted)) {
            learning.record(example, task, predicted, label.label(), weight);
        }
        if (Float.isFinite(served)) {
            serving.record(task, served, label.label(), weight);
        }
    }

    /** The metrics of the hour that ends here, by task and name; begins the next one. */
    SortedMap<String, SortedMap<String, Double>> closeHour() {
        SortedMap<String, SortedMap<String, Double>> hour = together(learning.window(), serving.window());
        learning.startWindow();
        serving.startWindow();
        return hour;
    }

    /** The metrics over everything, by task and name. */
    SortedMap<String, SortedMap<String, Double>> lifetime() {
        return together(learning.lifetime(), serving.lifetime());
    }

    private SortedMap<String, SortedMap<String, Double>> together(
            Map<String, SortedMap<String, Double>> learnt, Map<String, SortedMap<String, Double>> served) {
        SortedMap<String, SortedMap<String, Double>> metrics = new TreeMap<>();
        for (TaskSpec task : tasks) {
            SortedMap<String, Double> values = new TreeMap<>(learnt.getOrDefault(task.name(), new TreeMap<>()));
            SortedMap<String, Double> ofServing = served.getOrDefault(task.name(), new TreeMap<>());
            for (String name : task.loss().isProbability() ? SERVED_PROBABILITIES : SERVED_VALUES) {
                Double value = ofServing.get(name);
                if (value != null) {
                    values.put("served_" + name, value);
                }
            }
            metrics.put(task.name(), values);
        }
        return metrics;
    }

    void save(DataOutput out) throws IOException {
        SavedState.writeBlock(out, learning.save());
        SavedState.writeBlock(out, serving.save());
    }

    void restore(DataInput in) throws IOException {
        learning.restore(SavedState.readBlock(in));
        serving.restore(SavedState.readBlock(in));
    }
}

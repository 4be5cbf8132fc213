package freshet.model.eval;

import freshet.model.spec.TaskSpec;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Progressive validation (Blum, Kalai, Langford 1999): predictions are judged by labels that were not learnt yet, so no data
 * is set aside. Per task over two spans: a window, which the caller begins anew at each event-time hour, and everything.
 *
 * <p>Metrics by name, each left out where it is not defined; all but the counts are weighted by label weight:
 *
 * <ul>
 *   <li>{@code count}: labels; {@code positives}: those of at least 0.5 (logistic)
 *   <li>{@code auc}: area under the ROC curve (logistic), within 1e-4: see {@link ScoreHistogram}
 *   <li>{@code log_loss}: mean cross entropy in nats (logistic)
 *   <li>{@code ne}: normalised entropy, log loss over the entropy of the mean label (He et al. 2014); below 1 is better than
 *       knowing the mean
 *   <li>{@code calibration}: sum of predictions over sum of labels
 *   <li>{@code mse}: mean squared difference; {@code mean_label}, {@code mean_prediction} (squared)
 * </ul>
 *
 * One thread.
 */
public final class ProgressiveValidation {
    private static final int FORMAT = 1;

    private final List<TaskSpec> tasks;
    private final List<TaskMetrics> window = new ArrayList<>();
    private final List<TaskMetrics> lifetime = new ArrayList<>();

    public ProgressiveValidation(List<TaskSpec> tasks) {
        this.tasks = List.copyOf(tasks);
        for (TaskSpec task : tasks) {
            window.add(new TaskMetrics(task.loss()));
            lifetime.add(new TaskMetrics(task.loss()));
        }
    }

    /**
     * Counts one label.
     *
     * @param task index of the task
     * @param prediction made before the label was learnt: a probability, or the value of a squared task; finite
     * @param label 0 to 1 for a logistic task
     * @param weight of the label, positive
     */
    public void record(int task, float prediction, float label, float weight) {
        window.get(task).record(prediction, label, weight);
        lifetime.get(task).record(prediction, label, weight);
    }

    /** Metrics since the window began, by task and name. */
    public SortedMap<String, SortedMap<String, Double>> window() {
        return values(window);
    }

    /** Metrics of everything that was ever recorded, by task and name. */
    public SortedMap<String, SortedMap<String, Double>> lifetime() {
        return values(lifetime);
    }

    /** Begins the window anew. */
    public void startWindow() {
        window.forEach(TaskMetrics::clear);
    }

    private SortedMap<String, SortedMap<String, Double>> values(List<TaskMetrics> metrics) {
        SortedMap<String, SortedMap<String, Double>> values = new TreeMap<>();
        for (int task = 0; task < metrics.size(); task++) {
            values.put(tasks.get(task).name(), metrics.get(task).values());
        }
        return values;
    }

    /** Everything recorded, to the bit. Only filled buckets are written, a few bytes each. */
    public byte[] save() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeByte(FORMAT);
            Numbers.writeCount(out, tasks.size());
            for (int task = 0; task < tasks.size(); task++) {
                window.get(task).save(out);
                lifetime.get(task).save(out);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("saving metrics in memory", e);
        }
        return bytes.toByteArray();
    }

    /** Takes over what {@link #save} wrote. */
    public void restore(byte[] saved) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(saved))) {
            int format = in.readByte();
            long count = Numbers.readCount(in);
            if (format != FORMAT || count != tasks.size()) {
                throw new IllegalArgumentException("restoring metrics: found format " + format + " with " + count
                        + " tasks, expected format " + FORMAT + " with " + tasks.size()
                        + "; the saved state belongs to another model or version");
            }
            for (int task = 0; task < tasks.size(); task++) {
                window.get(task).restore(in);
                lifetime.get(task).restore(in);
            }
        } catch (IOException e) {
            throw new IllegalArgumentException("restoring metrics: the saved state is cut short or damaged", e);
        }
    }
}

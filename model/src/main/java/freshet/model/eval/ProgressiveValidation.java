package freshet.model.eval;

import freshet.model.math.Ids;
import freshet.model.spec.TaskSpec;
import freshet.serde.example.LabeledExample;
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
 *   <li>{@code mse}: mean squared difference; {@code mean_label}, {@code mean_prediction} (tasks that predict no probability)
 * </ul>
 *
 * <p>Where {@link MetricsSpec} asks for them: {@code ess}, and half-widths of 95 % intervals of four of these, {@code auc_ci},
 * {@code log_loss_ci}, {@code mse_ci}, {@code calibration_ci}; {@code gauc} and {@code pnr} ({@link UserPairs}); and the
 * metrics of each group of each division, such as {@code auc@surface=home}.
 *
 * One thread.
 */
public final class ProgressiveValidation {
    private static final int FORMAT = 2;

    private final List<TaskSpec> tasks;
    private final List<TaskMetrics> window = new ArrayList<>();
    private final List<TaskMetrics> lifetime = new ArrayList<>();
    private final MetricsSpec spec;
    /** By task; empty unless asked for. */
    private final List<UserPairs> users = new ArrayList<>();

    private final List<CohortMetrics> cohorts = new ArrayList<>();

    /** The basic metrics. */
    public ProgressiveValidation(List<TaskSpec> tasks) {
        this(tasks, MetricsSpec.BASIC);
    }

    /** The basic metrics in little memory, where there are many of these: the area under the curve is within 1e-3. */
    public static ProgressiveValidation coarse(List<TaskSpec> tasks) {
        return new ProgressiveValidation(tasks, MetricsSpec.BASIC, ScoreHistogram.COARSE);
    }

    public ProgressiveValidation(List<TaskSpec> tasks, MetricsSpec spec) {
        this(tasks, spec, ScoreHistogram.FINE);
    }

    private ProgressiveValidation(List<TaskSpec> tasks, MetricsSpec spec, int buckets) {
        this.tasks = List.copyOf(tasks);
        this.spec = spec;
        for (TaskSpec task : tasks) {
            window.add(new TaskMetrics(task.loss(), spec.intervals(), buckets));
            lifetime.add(new TaskMetrics(task.loss(), spec.intervals(), buckets));
            if (spec.users()) {
                users.add(new UserPairs());
            }
        }
        spec.cohorts().forEach(cohort -> cohorts.add(new CohortMetrics(cohort, tasks, spec.intervals())));
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

    /**
     * Counts one label of an example, for its user and its groups too.
     *
     * @param example whose label it is
     */
    public void record(LabeledExample example, int task, float prediction, float label, float weight) {
        record(task, prediction, label, weight);
        if (spec.users()) {
            users.get(task).record(Ids.hash(example.userId()), prediction, label, weight);
        }
        for (CohortMetrics cohort : cohorts) {
            cohort.record(task, example.features(), prediction, label, weight);
        }
    }

    /** Metrics since the window began, by task and name. */
    public SortedMap<String, SortedMap<String, Double>> window() {
        SortedMap<String, SortedMap<String, Double>> values = new TreeMap<>();
        for (int task = 0; task < tasks.size(); task++) {
            SortedMap<String, Double> ofTask = window.get(task).values();
            if (spec.users()) {
                users.get(task).putWindow(ofTask);
            }
            for (CohortMetrics cohort : cohorts) {
                cohort.putWindow(task, ofTask);
            }
            values.put(tasks.get(task).name(), ofTask);
        }
        return values;
    }

    /** Metrics of everything that was ever recorded, by task and name. */
    public SortedMap<String, SortedMap<String, Double>> lifetime() {
        SortedMap<String, SortedMap<String, Double>> values = new TreeMap<>();
        for (int task = 0; task < tasks.size(); task++) {
            SortedMap<String, Double> ofTask = lifetime.get(task).values();
            if (spec.users()) {
                users.get(task).putLifetime(ofTask);
            }
            for (CohortMetrics cohort : cohorts) {
                cohort.putLifetime(task, ofTask);
            }
            values.put(tasks.get(task).name(), ofTask);
        }
        return values;
    }

    /** Begins the window anew. */
    public void startWindow() {
        window.forEach(TaskMetrics::clear);
        users.forEach(UserPairs::startWindow);
        cohorts.forEach(CohortMetrics::startWindow);
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
            out.writeUTF(extras());
            for (UserPairs ofTask : users) {
                ofTask.save(out);
            }
            for (CohortMetrics cohort : cohorts) {
                cohort.save(out);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("saving metrics in memory", e);
        }
        return bytes.toByteArray();
    }

    /** What the saved numbers beyond the basic metrics belong to. */
    private String extras() {
        return spec.users() + " " + spec.cohorts();
    }

    /** Takes over what {@link #save} wrote; users and cohorts begin anew if others were asked for then. */
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
            if (!in.readUTF().equals(extras())) {
                return; // what is measured beyond the basic metrics has changed, and begins anew
            }
            for (UserPairs ofTask : users) {
                ofTask.restore(in);
            }
            for (CohortMetrics cohort : cohorts) {
                cohort.restore(in);
            }
        } catch (IOException e) {
            throw new IllegalArgumentException("restoring metrics: the saved state is cut short or damaged", e);
        }
    }
}

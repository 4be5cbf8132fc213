package freshet.jobs.train;

import freshet.jobs.guard.GuardReason;
import freshet.model.eval.CohortSpec;
import freshet.model.eval.MetricsSpec;
import freshet.model.spec.ModelSpec;
import freshet.model.spec.TaskSpec;
import freshet.model.table.TableStatus;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.MetricGroup;

/** The trainer's metrics on the dashboard and in Prometheus. */
final class TrainGauges {
    private static final List<String> TASK_METRICS = List.of(
            "count",
            "auc",
            "log_loss",
            "ne",
            "calibration",
            "mse",
            "served_auc",
            "served_mse",
            "label_delay_seconds",
            "served_age_seconds",
            "task_weight",
            "gauc",
            "pnr",
            "ess",
            "auc_ci");
    private static final List<String> GROUP_METRICS = List.of("count", "auc", "ne", "calibration", "mse");

    private TrainGauges() {}

    /**
     * @param status the newest; asked on Flink's metric threads
     */
    static void register(MetricGroup group, ModelSpec model, MetricsSpec metrics, Supplier<TrainStatus> status) {
        gauge(group, "examplesLearnt", status, TrainStatus::examples);
        gauge(group, "stepsLearnt", status, TrainStatus::steps);
        gauge(group, "batchesRefused", status, TrainStatus::refused);
        gauge(group, "examplesRefused", status, TrainStatus::refusedExamples);
        gauge(group, "examplesHeldBack", status, TrainStatus::heldBack);
        Gauge<Double> gradientNorm = () -> status.get().gradientNorm();
        group.gauge("gradientNorm", gradientNorm);
        gauge(group, "guardTrips", status, TrainStatus::guardTrips);
        for (GuardReason reason : GuardReason.values()) {
            Gauge<Integer> tripped = () -> status.get().isGuardTripped(reason) ? 1 : 0;
            group.addGroup("reason", reason.label()).gauge("guardTripped", tripped);
        }
        gauge(group, "frontierMillis", status, TrainStatus::frontierMillis);
        gauge(group, "examplesBuffered", status, TrainStatus::buffered);
        gauge(group, "examplesRepeated", status, TrainStatus::repeats);
        gauge(group, "examplesBufferedInState", status, TrainStatus::bufferedElsewhere);
        tableGauges(group, () -> status.get().allTables());
        for (int table = 0; table < model.tables().size(); table++) {
            int index = table;
            tableGauges(
                    group.addGroup("table", model.tables().get(table).name()),
                    () -> status.get().table(index));
        }
        gauge(group, "commandsWaiting", status, TrainStatus::commandsWaiting);
        gauge(group, "commandsDone", status, TrainStatus::commandsDone);
        gauge(group, "commandsRefused", status, TrainStatus::commandsRefused);
        gauge(group, "lastCommandMillis", status, TrainStatus::lastCommandMillis);
        gauge(group, "snapshots", status, TrainStatus::snapshots);
        gauge(group, "snapshotAsOfMillis", status, TrainStatus::snapshotAsOfMillis);
        gauge(group, "snapshotAgeMillis", status, TrainStatus::snapshotAgeMillis);
        for (int index = 0; index < model.taskCount(); index++) {
            TaskSpec task = model.tasks().get(index);
            MetricGroup ofTask = group.addGroup("task", task.name());
            if (task.calibrated()) {
                registerCalibration(ofTask, index, status);
            }
            for (String metric : TASK_METRICS) {
                Gauge<Double> gauge = () -> status.get().metric(task.name(), metric);
                ofTask.gauge(metric, gauge);
            }
            for (CohortSpec cohort : metrics.cohorts()) {
                registerGroups(ofTask, task, cohort, status);
            }
        }
    }

    private static void registerCalibration(MetricGroup ofTask, int task, Supplier<TrainStatus> status) {
        Gauge<Double> slope = () -> status.get().calibrationSlope(task);
        Gauge<Double> offset = () -> status.get().calibrationOffset(task);
        ofTask.gauge("calibration_slope", slope);
        ofTask.gauge("calibration_offset", offset);
    }

    private static void registerGroups(
            MetricGroup ofTask, TaskSpec task, CohortSpec cohort, Supplier<TrainStatus> status) {
        for (int group = 0; group < cohort.groups().size(); group++) {
            MetricGroup ofGroup = ofTask.addGroup("cohort", cohort.name())
                    .addGroup("group", cohort.groups().get(group));
            for (String metric : GROUP_METRICS) {
                String name = MetricsSpec.cohortMetric(metric, cohort, group);
                Gauge<Double> gauge = () -> status.get().metric(task.name(), name);
                ofGroup.gauge(metric, gauge);
            }
        }
    }

    private static void tableGauges(MetricGroup group, Supplier<TableStatus> table) {
        gauge(group, "tableRows", table, TableStatus::rows);
        gauge(group, "tableRowsInMemory", table, TableStatus::inMemory);
        gauge(group, "tableRowsAdmitted", table, TableStatus::admitted);
        gauge(group, "tableRowsRefused", table, TableStatus::refused);
        gauge(group, "tableRowsExpired", table, TableStatus::expired);
        gauge(group, "tableRowsEvicted", table, TableStatus::evicted);
    }

    private static <T> void gauge(MetricGroup group, String name, Supplier<T> status, ToLongFunction<T> value) {
        Gauge<Long> gauge = () -> value.applyAsLong(status.get());
        group.gauge(name, gauge);
    }
}

package freshet.jobs.gate;

import freshet.model.spec.ModelSpec;
import freshet.model.spec.TaskSpec;
import freshet.serde.snapshot.SnapshotAssembly.Reason;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.MetricGroup;

/** The gate's metrics on the dashboard and in Prometheus. Counts are of the job's life, restarts included. */
final class GateGauges {
    private static final List<String> COMPARED = List.of("ne_ratio", "auc_drop", "calibration");
    private static final List<String> AS_SERVED = List.of("count", "auc", "log_loss", "ne", "calibration", "mse");

    private GateGauges() {}

    /**
     * What the gauges ask, on Flink's metric threads.
     *
     * @param frontierMillis how far the examples have been read
     * @param waiting examples that wait
     * @param unscored labels without a prediction
     */
    record Standing(GateStatus gate, AsServedHour hour, long frontierMillis, long waiting, long unscored) {
        /** Event time from the live version to the frontier: what a server's model has not learnt; 0 while one is missing. */
        long liveAgeMillis() {
            return gate.liveMillis() == Long.MIN_VALUE
                            || frontierMillis == Long.MIN_VALUE
                            || frontierMillis == Long.MAX_VALUE
                    ? 0
                    : Math.max(0, frontierMillis - gate.liveMillis());
        }
    }

    static void register(MetricGroup group, ModelSpec model, Supplier<Standing> standing) {
        count(group, "snapshotsPromoted", standing, at -> at.gate().promoted());
        count(group, "snapshotsHeld", standing, at -> at.gate().held());
        count(group, "snapshotsPassed", standing, at -> at.gate().passed());
        for (GateFault fault : GateFault.values()) {
            MetricGroup ofFault = group.addGroup("reason", fault.label());
            count(ofFault, "snapshotsQuarantined", standing, at -> at.gate().quarantined(fault));
        }
        for (Reason reason : Reason.values()) {
            MetricGroup ofReason = group.addGroup("reason", reason.label());
            count(ofReason, "recordsRefused", standing, at -> at.gate().refused(reason));
        }
        count(group, "liveVersionMillis", standing, at -> at.gate().liveMillis());
        count(group, "liveVersionAgeMillis", standing, Standing::liveAgeMillis);
        count(group, "judgedThroughMillis", standing, at -> at.gate().judgedThroughMillis());
        number(group, "goldenDifference", standing, at -> at.gate().goldenDifference());
        count(group, "examplesReadMillis", standing, Standing::frontierMillis);
        count(group, "examplesWaiting", standing, Standing::waiting);
        count(group, "labelsUnscored", standing, Standing::unscored);
        for (TaskSpec task : model.tasks()) {
            MetricGroup ofTask = group.addGroup("task", task.name());
            for (String name : COMPARED) {
                number(ofTask, "gate_" + name, standing, at -> at.gate().compared(task.name(), name));
            }
            for (String name : AS_SERVED) {
                number(ofTask, "served_" + name, standing, at -> at.hour().metric(task.name(), name));
                number(
                        ofTask,
                        "served_newest_" + name,
                        standing,
                        at -> at.hour().newestMetric(task.name(), name));
            }
            for (SnapshotAge age : SnapshotAge.values()) {
                MetricGroup ofAge = ofTask.addGroup("age", age.label());
                for (String name : AS_SERVED) {
                    number(ofAge, "served_" + name, standing, at -> at.hour().metric(age, task.name(), name));
                }
            }
        }
    }

    private static void count(
            MetricGroup group, String name, Supplier<Standing> standing, ToLongFunction<Standing> value) {
        Gauge<Long> gauge = () -> value.applyAsLong(standing.get());
        group.gauge(name, gauge);
    }

    private static void number(
            MetricGroup group, String name, Supplier<Standing> standing, ToDoubleFunction<Standing> value) {
        Gauge<Double> gauge = () -> value.applyAsDouble(standing.get());
        group.gauge(name, gauge);
    }
}

package freshet.jobs.gate;

import freshet.serde.snapshot.SnapshotAssembly.Reason;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How a gate stands, for gauges: an immutable value, made by the operator's thread, read by any.
 *
 * @param promoted snapshots that it made current
 * @param held good ones that it did not, because more of them were owed
 * @param passed those that were decided already or older than what served
 * @param quarantined by fault
 * @param refused records of the topic that came to nothing, by reason
 * @param liveMillis the version that the registry says is current, as its event time; {@link Long#MIN_VALUE} for none
 * @param judgedThroughMillis the newest version that was decided about
 * @param goldenDifference of the snapshot that was last loaded: see {@link GateTrial}; NaN before the first
 * @param comparison of the snapshot that was last looked at with the one that served then; see {@link Gate#comparison}
 */
record GateStatus(
        long promoted,
        long held,
        long passed,
        Map<GateFault, Long> quarantined,
        Map<Reason, Long> refused,
        long liveMillis,
        long judgedThroughMillis,
        double goldenDifference,
        SortedMap<String, SortedMap<String, Double>> comparison) {

    GateStatus {
        quarantined = copy(GateFault.class, quarantined);
        refused = copy(Reason.class, refused);
    }

    private static <E extends Enum<E>> Map<E, Long> copy(Class<E> type, Map<E, Long> counts) {
        Map<E, Long> copy = new EnumMap<>(type);
        copy.putAll(counts);
        return Collections.unmodifiableMap(copy);
    }

    long quarantined(GateFault fault) {
        return quarantined.getOrDefault(fault, 0L);
    }

    long refused(Reason reason) {
        return refused.getOrDefault(reason, 0L);
    }

    /** A value of the comparison; NaN where it has none. */
    double compared(String task, String name) {
        return comparison.getOrDefault(task, new TreeMap<>()).getOrDefault(name, Double.NaN);
    }
}

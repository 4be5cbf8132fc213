package freshet.jobs.gate;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What the fleet's predictions were worth, by labels that were decided in one hour of event time. Metrics by task and name, as
 * {@link freshet.model.eval.ProgressiveValidation} has them.
 *
 * @param startMillis the hour; {@link Long#MIN_VALUE} before the first
 * @param all of every impression
 * @param byAge by {@link SnapshotAge}: of impressions that were shown when the snapshot was so old
 * @param byVersion by the version that served, as its event time: of all its impressions so far whose labels are decided
 */
record AsServedHour(
        long startMillis,
        SortedMap<String, SortedMap<String, Double>> all,
        SortedMap<SnapshotAge, SortedMap<String, SortedMap<String, Double>>> byAge,
        SortedMap<Long, SortedMap<String, SortedMap<String, Double>>> byVersion) {

    static final AsServedHour NONE =
            new AsServedHour(Long.MIN_VALUE, new TreeMap<>(), new TreeMap<>(), new TreeMap<>());

    AsServedHour {
        byAge = Collections.unmodifiableSortedMap(new TreeMap<>(byAge));
        byVersion = Collections.unmodifiableSortedMap(new TreeMap<>(byVersion));
    }

    /** A metric over everything that was decided in the hour; NaN where it has no value. */
    double metric(String task, String name) {
        return value(all, task, name);
    }

    /** A metric of one age; NaN where it has no value. */
    double metric(SnapshotAge age, String task, String name) {
        return value(byAge.getOrDefault(age, new TreeMap<>()), task, name);
    }

    /** A metric of the newest version that impressions with decided labels were served by; NaN where it has no value. */
    double newestMetric(String task, String name) {
        return byVersion.isEmpty()
                ? Double.NaN
                : value(byVersion.getOrDefault(byVersion.lastKey(), new TreeMap<>()), task, name);
    }

    private static double value(SortedMap<String, SortedMap<String, Double>> metrics, String task, String name) {
        return metrics.getOrDefault(task, new TreeMap<>()).getOrDefault(name, Double.NaN);
    }
}

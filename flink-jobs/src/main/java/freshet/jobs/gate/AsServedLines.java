package freshet.jobs.gate;

import freshet.serde.snapshot.SnapshotVersion;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;

/** An hour of metrics as served, as lines for a log: one for everything, one for each age and version that has labels. */
final class AsServedLines {
    private static final List<String> SHOWN = List.of("auc", "log_loss", "ne", "calibration", "mse");

    private AsServedLines() {}

    static List<String> of(AsServedHour hour) {
        String start = "as served, labels decided from " + Instant.ofEpochMilli(hour.startMillis());
        List<String> lines = new ArrayList<>();
        add(lines, start, hour.all());
        hour.byAge().forEach((age, metrics) -> add(lines, start + ", snapshots " + age.label() + " old", metrics));
        hour.byVersion()
                .forEach((version, metrics) ->
                        add(lines, "as served by " + new SnapshotVersion(version) + " so far", metrics));
        return lines;
    }

    private static void add(List<String> lines, String what, SortedMap<String, SortedMap<String, Double>> metrics) {
        StringBuilder line = new StringBuilder(what).append(':');
        boolean any = false;
        for (Map.Entry<String, SortedMap<String, Double>> task : metrics.entrySet()) {
            double count = task.getValue().getOrDefault("count", 0.0);
            if (count > 0) {
                any = true;
                line.append(String.format(Locale.ROOT, " %s of %.0f", task.getKey(), count));
                for (String name : SHOWN) {
                    Double value = task.getValue().get(name);
                    if (value != null) {
                        line.append(String.format(Locale.ROOT, " %s %.4f", name, value));
                    }
                }
                line.append(';');
            }
        }
        if (any) {
            lines.add(line.toString());
        }
    }
}

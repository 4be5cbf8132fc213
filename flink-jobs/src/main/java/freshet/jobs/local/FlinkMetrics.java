package freshet.jobs.local;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.apache.flink.api.common.JobID;

/**
 * The metrics of a running job, asked over the cluster's REST interface as the dashboard does. Values are a few seconds old.
 * One thread.
 */
public final class FlinkMetrics {
    /** A request line of more than 4096 characters is refused. */
    private static final int IDS_AT_ONCE = 20;

    private final FlinkRest rest;
    private final JobID job;

    public FlinkMetrics(URI cluster, JobID job) {
        rest = new FlinkRest(cluster);
        this.job = job;
    }

    /** The job's state, such as RUNNING. */
    public String state() throws IOException, InterruptedException {
        return ask("").path("state").asText();
    }

    /**
     * Numbers by name: the operator's name and the metric's, as in {@code Train.examplesLearnt}; the values of subtasks are
     * added up. A metric that is not there yet, or is no number, is left out.
     */
    public SortedMap<String, Double> read(Predicate<String> wanted) throws IOException, InterruptedException {
        SortedMap<String, Double> values = new TreeMap<>();
        for (JsonNode vertex : ask("").path("vertices")) {
            String metrics = "/vertices/" + vertex.path("id").asText() + "/metrics";
            List<String> ids = new ArrayList<>();
            for (JsonNode metric : ask(metrics)) {
                if (wanted.test(name(metric.path("id").asText()))) {
                    ids.add(metric.path("id").asText());
                }
            }
            for (int from = 0; from < ids.size(); from += IDS_AT_ONCE) {
                List<String> some = ids.subList(from, Math.min(ids.size(), from + IDS_AT_ONCE));
                String get = URLEncoder.encode(String.join(",", some), StandardCharsets.UTF_8);
                for (JsonNode metric : ask(metrics + "?get=" + get)) {
                    add(
                            values,
                            name(metric.path("id").asText()),
                            metric.path("value").asText());
                }
            }
        }
        return values;
    }

    /** Without the subtask's number in front. */
    private static String name(String id) {
        return id.substring(id.indexOf('.') + 1);
    }

    private static void add(SortedMap<String, Double> values, String name, String value) {
        try {
            double number = Double.parseDouble(value);
            if (Double.isFinite(number)) {
                values.merge(name, number, Double::sum);
            }
        } catch (NumberFormatException e) {
            // A text, or "null" from a gauge that has no value yet.
        }
    }

    private JsonNode ask(String path) throws IOException, InterruptedException {
        return rest.get("/jobs/" + job + path);
    }
}

package freshet.jobs.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** What was sampled in a soak, by thirds of the time, and what has grown from the second third to the last. */
final class SoakReport {
    /** What samples of the same state differ by, whatever they measure. */
    private static final double NOISE = 1.35;

    /** What lives hardly moves: in four minutes by 0.3 %, with what is open just then. */
    private static final double LIVE_NOISE = 1.05;

    /** What {@link freshet.jobs.job.JoinRocksDb} lets it come to before it merges. */
    private static final double TABLES_BY_LIVE = 6;

    /** So many times what lives of 5,000 viewers. */
    private static final double TABLES_SLACK_MEBIBYTES = 150;

    /**
     * The newest of a job that is complete.
     *
     * @param millis from its trigger to its end
     * @param bytes of state, all of it
     */
    record Checkpoint(long millis, long bytes) {}

    /**
     * The join's state, as it was read from a checkpoint.
     *
     * @param viewers in it
     * @param liveBytes of their keys and values
     * @param tableBytes of RocksDB's tables, with values that are not the newest
     */
    record Viewers(long viewers, long liveBytes, long tableBytes) {
        double bytesOfOne() {
            return viewers == 0 ? 0 : (double) liveBytes / viewers;
        }

        double tablesByLive() {
            return liveBytes == 0 ? 0 : (double) tableBytes / liveBytes;
        }
    }

    /** One moment. */
    record Sample(
            double minute,
            long events,
            long behindMillis,
            JvmSample taskManager,
            JvmSample jobManager,
            JvmSample broker,
            Checkpoint examples,
            Checkpoint train,
            Viewers viewers,
            long examplesLag,
            long trainLag) {}

    /**
     * What is looked at.
     *
     * @param noise times which it may become
     * @param slack by which it may differ besides
     */
    private record Measure(ToDoubleFunction<Sample> of, double noise, double slack) {
        Measure(ToDoubleFunction<Sample> of, double slack) {
            this(of, NOISE, slack);
        }
    }

    private static final Map<String, Measure> MEASURES = measures();

    private final List<Sample> samples = new ArrayList<>();
    private final ObjectNode ends = new ObjectMapper().createObjectNode();
    private int restarts;

    private static Map<String, Measure> measures() {
        Map<String, Measure> measures = new LinkedHashMap<>();
        measures.put(
                "TaskManager heap after GC, MiB",
                new Measure(s -> s.taskManager().heapMebibytes(), 16));
        measures.put(
                "TaskManager metaspace, MiB", new Measure(s -> s.taskManager().metaspaceMebibytes(), 8));
        measures.put("TaskManager RSS, MiB", new Measure(s -> s.taskManager().rssMebibytes(), 64));
        measures.put("TaskManager threads", new Measure(s -> s.taskManager().threads(), 10));
        measures.put(
                "JobManager heap after GC, MiB", new Measure(s -> s.jobManager().heapMebibytes(), 16));
        measures.put(
                "JobManager metaspace, MiB", new Measure(s -> s.jobManager().metaspaceMebibytes(), 8));
        measures.put("JobManager RSS, MiB", new Measure(s -> s.jobManager().rssMebibytes(), 64));
        measures.put("JobManager threads", new Measure(s -> s.jobManager().threads(), 10));
        measures.put("broker heap after GC, MiB", new Measure(s -> s.broker().heapMebibytes(), 16));
        measures.put("broker RSS, MiB", new Measure(s -> s.broker().rssMebibytes(), 64));
        measures.put("checkpoint of examples, ms", new Measure(s -> s.examples().millis(), 1000));
        // Of what the join remembers nothing may grow once every viewer is known; its tables hold it several times over
        // between merges.
        measures.put("viewers in the join", new Measure(s -> s.viewers().viewers(), LIVE_NOISE, 0));
        measures.put("bytes that live of one", new Measure(s -> s.viewers().bytesOfOne(), LIVE_NOISE, 0));
        measures.put(
                "tables by what lives in them", new Measure(s -> s.viewers().tablesByLive(), TABLES_BY_LIVE));
        measures.put(
                "state of examples, MiB", new Measure(s -> s.examples().bytes() / 1048576.0, TABLES_SLACK_MEBIBYTES));
        measures.put("checkpoint of train, ms", new Measure(s -> s.train().millis(), 1000));
        measures.put("state of train, MiB", new Measure(s -> s.train().bytes() / 1048576.0, 16));
        measures.put("records unread by examples", new Measure(s -> s.examplesLag(), 200_000));
        measures.put("records unread by train", new Measure(s -> s.trainLag(), 200_000));
        measures.put("event minutes behind", new Measure(s -> s.behindMillis() / 60_000.0, 10));
        return measures;
    }

    void add(Sample sample) {
        samples.add(sample);
    }

    /** Counts one more. */
    void restarted() {
        ends.put("restarts", ++restarts);
    }

    void ledger(JsonNode join) {
        ends.set("ledger", join);
    }

    void finish(long events, int snapshotsLoaded) {
        ends.put("events", events).put("snapshots_loaded", snapshotsLoaded);
    }

    int snapshotsLoaded() {
        return ends.path("snapshots_loaded").asInt();
    }

    /** In words; empty where all is flat. */
    List<String> growing() {
        List<String> growing = new ArrayList<>();
        MEASURES.forEach((name, measure) -> {
            double before = median(measure, 1);
            double after = median(measure, 2);
            if (after > before * measure.noise() + measure.slack()) {
                growing.add(String.format(
                        Locale.ROOT, "%s: %.1f in the second third, %.1f in the last", name, before, after));
            }
        });
        return growing;
    }

    private double median(Measure measure, int third) {
        double[] sorted = samples.subList(samples.size() * third / 3, samples.size() * (third + 1) / 3).stream()
                .mapToDouble(measure.of())
                .sorted()
                .toArray();
        return sorted.length == 0 ? 0 : sorted[sorted.length / 2];
    }

    private double max(Measure measure) {
        return samples.stream().mapToDouble(measure.of()).max().orElse(0);
    }

    List<String> table() {
        List<String> lines = new ArrayList<>();
        lines.add(String.format(
                Locale.ROOT,
                "%-32s %12s %12s %12s %12s",
                "median of each third",
                "first",
                "second",
                "last",
                "largest"));
        MEASURES.forEach((name, measure) -> lines.add(String.format(
                Locale.ROOT,
                "%-32s %12.1f %12.1f %12.1f %12.1f",
                name,
                median(measure, 0),
                median(measure, 1),
                median(measure, 2),
                max(measure))));
        lines.add(
                String.format(Locale.ROOT, "%-32s %12.0f %12.0f %12.0f", "events a second", rate(0), rate(1), rate(2)));
        lines.add("events " + ends.path("events").asLong() + ", snapshots that served " + snapshotsLoaded()
                + ", TaskManagers killed " + restarts);
        lines.add("ledger " + ends.path("ledger"));
        return lines;
    }

    private double rate(int third) {
        List<Sample> of = samples.subList(samples.size() * third / 3, samples.size() * (third + 1) / 3);
        if (of.size() < 2) {
            return 0;
        }
        Sample first = of.get(0);
        Sample last = of.get(of.size() - 1);
        return (last.events() - first.events()) / (60 * (last.minute() - first.minute()));
    }

    ObjectNode json() {
        ObjectNode json = new ObjectMapper().createObjectNode();
        json.setAll(ends);
        growing().forEach(json.putArray("growing")::add);
        ArrayNode all = json.putArray("samples");
        for (Sample sample : samples) {
            ObjectNode node = all.addObject().put("minute", sample.minute()).put("events", sample.events());
            MEASURES.forEach((name, measure) -> node.put(name, measure.of().applyAsDouble(sample)));
        }
        return json;
    }
}

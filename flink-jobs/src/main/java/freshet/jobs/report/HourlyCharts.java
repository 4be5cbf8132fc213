package freshet.jobs.report;

import com.fasterxml.jackson.databind.JsonNode;
import freshet.jobs.report.LineChart.Point;
import freshet.jobs.report.LineChart.Series;
import freshet.jobs.report.LineChart.Tick;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;

/** What a report shows over event time, a chart each with its numbers under it. One use per page, one thread. */
final class HourlyCharts {
    static final long MILLIS_PER_HOUR = 3_600_000;

    private static final double SECONDS_PER_MINUTE = 60;
    private static final double BYTES_PER_MEGABYTE = 1e6;
    private static final int DECIMALS = 4;

    private static final DateTimeFormatter DAY_AND_HOUR = format("d MMM HH:mm");
    private static final DateTimeFormatter DAY = format("d MMM");
    private static final DateTimeFormatter HOUR = format("HH:mm");

    /** More hours than this and the axis is labelled by days. */
    private static final int HOURS_ON_AXIS = 30;

    private static final int LABELS_ON_AXIS = 7;
    private static final double NO_REFERENCE = Double.NaN;

    /**
     * What gets a chart with a line for each task.
     *
     * @param value of a line of {@code metrics.jsonl}; NaN for none
     * @param reference gets a line of its own; NaN for none
     */
    private record Metric(String title, String meaning, double reference, ToDoubleFunction<JsonNode> value) {
        static Metric of(String key, String title, double reference, String meaning) {
            return new Metric(title, meaning, reference, line -> number(line, key));
        }

        static Metric minutes(String key, String title, String meaning) {
            return new Metric(title, meaning, NO_REFERENCE, line -> number(line, key) / SECONDS_PER_MINUTE);
        }
    }

    private static final List<Metric> BY_TASK = List.of(
            Metric.of(
                    "auc",
                    "AUC",
                    NO_REFERENCE,
                    "How well the model orders positives before negatives, before it learns from them: 1 is perfect, 0.5 is"
                            + " chance."),
            Metric.of(
                    "ne",
                    "Normalised entropy",
                    1,
                    "Log loss over that of always predicting the average rate: below 1 is better than knowing only the"
                            + " rate."),
            Metric.of(
                    "calibration",
                    "Calibration",
                    1,
                    "Predicted positives over positives: 1 is right on average, above 1 promises too much."),
            Metric.of(
                    "mse",
                    "Mean squared error",
                    NO_REFERENCE,
                    "Of tasks that predict a number, in the units of their label."),
            Metric.of(
                    "served_auc",
                    "AUC as served",
                    NO_REFERENCE,
                    "Of the snapshot that was live when the impression was shown: up to an hour older than the trainer."),
            new Metric(
                    "AUC as served, less AUC as learnt",
                    "What is lost because servers have the last snapshot and not the trainer's model. Above 0 where early"
                            + " labels of an impression were learnt before its later ones were scored.",
                    0,
                    line -> number(line, "served_auc") - number(line, "auc")),
            Metric.of("served_ne", "Normalised entropy as served", 1, "Of the same snapshot."),
            Metric.of("served_calibration", "Calibration as served", 1, "Of the same snapshot."),
            Metric.minutes(
                    "label_delay_seconds",
                    "Label delay, minutes",
                    "From an impression until its label was decided, on average: the horizon, or less where that can be known"
                            + " early."),
            Metric.minutes(
                    "served_age_seconds",
                    "Age of the snapshot that served, minutes",
                    "At the impression, by event time, on average."),
            Metric.of(
                    "task_weight",
                    "Task weights",
                    NO_REFERENCE,
                    "What the loss of a task is multiplied with: its configured weight times what the balance finds."));

    private final StringBuilder page;
    private final List<Long> hours;

    /** By task, then by hour; both in order of appearance. */
    private final Map<String, Map<Long, JsonNode>> byTask = new LinkedHashMap<>();

    /** @param metrics lines of {@code metrics.jsonl}, in order */
    HourlyCharts(List<JsonNode> metrics, StringBuilder page) {
        this.page = page;
        Set<Long> distinct = new LinkedHashSet<>();
        for (JsonNode line : metrics) {
            long hour = line.path("event_time").asLong();
            distinct.add(hour);
            byTask.computeIfAbsent(line.path("task").asText(), task -> new LinkedHashMap<>())
                    .put(hour, line);
        }
        hours = List.copyOf(distinct);
    }

    private static DateTimeFormatter format(String pattern) {
        return DateTimeFormatter.ofPattern(pattern, Locale.ROOT).withZone(ZoneOffset.UTC);
    }

    /** The first moments of the hours that have metrics, ascending. */
    List<Long> hours() {
        return hours;
    }

    static String time(long millis) {
        return DAY_AND_HOUR.format(Instant.ofEpochMilli(millis));
    }

    void append(List<Report.PublishedSnapshot> snapshots) {
        if (hours.isEmpty()) {
            return;
        }
        page.append("<section>\n<h2>Hour by hour</h2>\n<div class=\"charts\">\n");
        for (Metric metric : BY_TASK) {
            appendMetric(metric);
        }
        byTask.forEach(this::appendExperts);
        appendSizes(snapshots);
        page.append("</div>\n</section>\n");
    }

    private void appendMetric(Metric metric) {
        List<Series> series = new ArrayList<>();
        byTask.forEach((task, lines) -> series.add(series(task, lines, metric.value())));
        append(metric.title(), metric.meaning(), series, metric.reference());
    }

    /** What the gate of a task gives to each expert. */
    private void appendExperts(String task, Map<Long, JsonNode> lines) {
        List<Series> series = new ArrayList<>();
        boolean hasMore = true;
        while (hasMore) {
            String key = "expert_" + series.size();
            Series expert = series("expert " + series.size(), lines, line -> number(line, key));
            hasMore = hasValues(expert);
            if (hasMore) {
                series.add(expert);
            }
        }
        append(
                "Experts of " + task,
                "What its gate gives to each of them, on average, in training.",
                series,
                NO_REFERENCE);
    }

    private void appendSizes(List<Report.PublishedSnapshot> snapshots) {
        Map<Long, Double> megabytes = new LinkedHashMap<>();
        for (Report.PublishedSnapshot snapshot : snapshots) {
            megabytes.put(
                    snapshot.version().eventTimeMillis() - MILLIS_PER_HOUR, snapshot.bytes() / BYTES_PER_MEGABYTE);
        }
        List<Point> points = new ArrayList<>();
        for (long hour : hours) {
            points.add(new Point(hour, megabytes.getOrDefault(hour, Double.NaN)));
        }
        append(
                "Size of snapshots, MB",
                "Nearly all of it is rows, so this is how the tables grow.",
                List.of(new Series("snapshot", points, false)),
                NO_REFERENCE);
    }

    private Series series(String name, Map<Long, JsonNode> lines, ToDoubleFunction<JsonNode> value) {
        List<Point> points = new ArrayList<>();
        for (long hour : hours) {
            JsonNode line = lines.get(hour);
            points.add(new Point(hour, line == null ? Double.NaN : value.applyAsDouble(line)));
        }
        return new Series(name, points, false);
    }

    private static boolean hasValues(Series series) {
        return series.points().stream().anyMatch(point -> !Double.isNaN(point.y()));
    }

    /** A chart of these series; none where nothing has a value. One without values keeps its place and so the others' colours. */
    private void append(String title, String meaning, List<Series> series, double reference) {
        List<Series> shown = series.stream().filter(HourlyCharts::hasValues).toList();
        if (shown.isEmpty()) {
            return;
        }
        double first = hours.get(0);
        double last = hours.get(hours.size() - 1);
        LineChart chart = new LineChart(
                title + " by event-time hour",
                series,
                ticks(),
                first,
                last > first ? last : first + MILLIS_PER_HOUR,
                reference);
        List<String> legend =
                series.stream().map(one -> hasValues(one) ? one.name() : "").toList();
        Figure.append(page, title, meaning, legend, chart, numbers(shown));
    }

    /** Labels at full hours or days, not more than fit. */
    private List<Tick> ticks() {
        boolean byDay = hours.size() > HOURS_ON_AXIS;
        long unit = byDay ? 24 * MILLIS_PER_HOUR : MILLIS_PER_HOUR;
        long first = hours.get(0);
        long last = hours.get(hours.size() - 1);
        long step = unit * Math.max(1, (last - first) / unit / LABELS_ON_AXIS);
        List<Tick> ticks = new ArrayList<>();
        for (long at = (first + unit - 1) / unit * unit; at <= last; at += step) {
            ticks.add(new Tick(at, (byDay ? DAY : HOUR).format(Instant.ofEpochMilli(at))));
        }
        return ticks;
    }

    private String numbers(List<Series> shown) {
        List<String> names = new ArrayList<>(List.of("hour, UTC"));
        shown.forEach(series -> names.add(series.name()));
        StringBuilder rows = new StringBuilder(Html.header(names.toArray(String[]::new)));
        for (int i = 0; i < hours.size(); i++) {
            List<String> cells = new ArrayList<>(List.of(time(hours.get(i))));
            for (Series series : shown) {
                cells.add(Html.number(series.points().get(i).y(), DECIMALS));
            }
            rows.append(Html.row(cells.toArray(String[]::new)));
        }
        return rows.toString();
    }

    private static double number(JsonNode line, String key) {
        return line.path(key).asDouble(Double.NaN);
    }
}

package freshet.jobs.report;

import com.fasterxml.jackson.databind.JsonNode;
import freshet.jobs.report.LineChart.Point;
import freshet.jobs.report.LineChart.Series;
import freshet.jobs.report.LineChart.Tick;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
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
import org.jspecify.annotations.Nullable;

/** Lays out a {@link Report} as one page of HTML. One use per page, one thread. */
final class ReportPage {
    private static final long MILLIS_PER_HOUR = 3_600_000;
    private static final DateTimeFormatter DAY_AND_HOUR =
            DateTimeFormatter.ofPattern("d MMM HH:mm", Locale.ROOT).withZone(ZoneOffset.UTC);
    private static final DateTimeFormatter DAY =
            DateTimeFormatter.ofPattern("d MMM", Locale.ROOT).withZone(ZoneOffset.UTC);
    private static final DateTimeFormatter HOUR =
            DateTimeFormatter.ofPattern("HH:mm", Locale.ROOT).withZone(ZoneOffset.UTC);

    /** More hours than this and the axis is labelled by days. */
    private static final int HOURS_ON_AXIS = 30;

    private static final int LABELS_ON_AXIS = 7;

    /** A metric that gets a chart. */
    private record Metric(String key, String title, String meaning, double reference) {}

    private static final List<Metric> CHARTS = List.of(
            new Metric(
                    "auc",
                    "AUC",
                    "How well the model orders positives before negatives, before it learns from them: 1 is perfect, 0.5 is"
                            + " chance.",
                    Double.NaN),
            new Metric(
                    "ne",
                    "Normalised entropy",
                    "Log loss over that of always predicting the average rate: below 1 is better than knowing only the"
                            + " rate.",
                    1),
            new Metric(
                    "calibration",
                    "Calibration",
                    "Predicted positives over positives: 1 is right on average, above 1 promises too much.",
                    1),
            new Metric(
                    "mse",
                    "Mean squared error",
                    "Of tasks that predict a number, in the units of their label.",
                    Double.NaN),
            new Metric(
                    "served_auc",
                    "AUC as served",
                    "Of the snapshot that was live when the impression was shown: up to an hour older than the trainer.",
                    Double.NaN));

    private final Report report;
    private final StringBuilder page = new StringBuilder(1 << 16);

    /** By task, then by hour; both in order of appearance. */
    private final Map<String, Map<Long, JsonNode>> byTask = new LinkedHashMap<>();

    private ReportPage(Report report) {
        this.report = report;
        for (JsonNode line : report.metrics()) {
            byTask.computeIfAbsent(line.path("task").asText(), task -> new LinkedHashMap<>())
                    .put(line.path("event_time").asLong(), line);
        }
    }

    static String html(Report report) {
        ReportPage page = new ReportPage(report);
        page.appendAll();
        return page.page.toString();
    }

    private void appendAll() {
        page.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
        page.append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        page.append("<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
        page.append(Html.escape(report.title())).append("</title>\n<style>\n").append(styleSheet());
        page.append("</style>\n</head>\n<body>\n<main>\n<h1>");
        page.append(Html.escape(report.title())).append("</h1>\n");
        appendTiles();
        appendTasks();
        if (report.truth() != null) {
            appendTruth(report.truth());
        }
        appendCharts();
        appendLedger();
        appendSnapshots();
        page.append("</main>\n</body>\n</html>\n");
    }

    private static String styleSheet() {
        try (InputStream in = ReportPage.class.getResourceAsStream("report.css")) {
            if (in == null) {
                throw new IllegalStateException("writing the report: report.css is not beside its class");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void appendTiles() {
        page.append("<div class=\"tiles\">\n");
        List<Long> hours = hours();
        if (!hours.isEmpty()) {
            long last = hours.get(hours.size() - 1) + MILLIS_PER_HOUR;
            appendTile("event time, UTC", time(hours.get(0)) + " – " + time(last));
        }
        JsonNode join = report.ledger().path("join");
        if (join.has("impression_read")) {
            appendTile("impressions", Html.count(join.path("impression_read").asLong()));
            appendTile("feedback", Html.count(join.path("feedback_read").asLong()));
        }
        appendTile("snapshots", Html.count(report.snapshots().size()));
        if (report.ledger().has("adds_up")) {
            appendTile("ledger", report.ledger().path("adds_up").asBoolean() ? "adds up" : "does not add up");
        }
        page.append("</div>\n");
    }

    private void appendTile(String name, String value) {
        page.append("<div class=\"tile\"><b>").append(Html.escape(value)).append("</b><span>");
        page.append(Html.escape(name)).append("</span></div>\n");
    }

    private void appendTasks() {
        JsonNode tasks = report.summary().path("tasks");
        if (tasks.isEmpty()) {
            return;
        }
        page.append(
                        "<section>\n<h2>Tasks</h2>\n<p>Progressive validation over everything: each label is predicted before it")
                .append(" is learnt. <em>Served</em> is the snapshot that was live at the impression.</p>\n")
                .append("<div class=\"scroll\"><table>\n")
                .append(Html.header(
                        "task", "labels", "positives", "AUC", "log loss", "NE", "calibration", "MSE", "served AUC"));
        int colour = 0;
        for (Map.Entry<String, JsonNode> task : tasks.properties()) {
            JsonNode values = task.getValue();
            page.append(Html.row(
                    swatch(colour++) + Html.escape(task.getKey()),
                    count(values, "count"),
                    count(values, "positives"),
                    cell(values, "auc"),
                    cell(values, "log_loss"),
                    cell(values, "ne"),
                    cell(values, "calibration"),
                    cell(values, "mse"),
                    cell(values, "served_auc")));
        }
        page.append("</table></div>\n</section>\n");
    }

    private void appendTruth(TruthComparison truth) {
        page.append(
                        "<section>\n<h2>Against the truth</h2>\n<p>The viewers are simulated, so the best possible is known. Measured on ")
                .append(Html.count(truth.impressions()))
                .append(" impressions that a snapshot ranked.</p>\n<div class=\"scroll\"><table>\n")
                .append(Html.header("who predicts clicks", "AUC"))
                .append(Html.row("servers, with the newest snapshot", Html.number(truth.servedAuc(), 4)))
                .append(Html.row(
                        "the best possible without the position, which servers do not know",
                        Html.number(truth.bestServedAuc(), 4)))
                .append(Html.row("the best possible", Html.number(truth.bestAuc(), 4)))
                .append("</table></div>\n");
        appendPositions(truth.positions());
        page.append("</section>\n");
    }

    private void appendPositions(List<TruthComparison.PositionBias> positions) {
        Map<String, List<TruthComparison.PositionBias>> byDevice = new LinkedHashMap<>();
        positions.forEach(position -> byDevice.computeIfAbsent(position.device(), device -> new ArrayList<>())
                .add(position));
        page.append(
                        "<h3>Position bias</h3>\n<p>What a position takes from the logit of a click, against the top of the page:")
                .append(
                        " what the shallow tower learnt (solid), and the truth (dashed).</p>\n<div class=\"charts\">\n");
        byDevice.forEach((device, all) -> {
            int last = all.get(all.size() - 1).position();
            List<Point> learnt = new ArrayList<>();
            List<Point> truth = new ArrayList<>();
            List<Tick> ticks = new ArrayList<>();
            all.forEach(one -> {
                learnt.add(new Point(one.position(), one.learnt()));
                truth.add(new Point(one.position(), one.truth()));
                ticks.add(new Tick(one.position(), Integer.toString(one.position())));
            });
            LineChart chart = new LineChart(
                    "Position bias on " + device,
                    List.of(new Series("learnt", learnt, false), new Series("truth", truth, true)),
                    ticks,
                    0,
                    Math.max(1, last),
                    Double.NaN);
            StringBuilder numbers = new StringBuilder(Html.header("position", "learnt", "truth"));
            all.forEach(one -> numbers.append(Html.row(
                    Integer.toString(one.position()), Html.number(one.learnt(), 3), Html.number(one.truth(), 3))));
            appendChart(device, "", List.of("learnt", "truth"), chart, numbers.toString());
        });
        page.append("</div>\n");
    }

    private void appendCharts() {
        List<Long> hours = hours();
        if (hours.isEmpty()) {
            return;
        }
        page.append("<section>\n<h2>Hour by hour</h2>\n<div class=\"charts\">\n");
        for (Metric metric : CHARTS) {
            appendMetric(metric, hours);
        }
        page.append("</div>\n</section>\n");
    }

    private void appendMetric(Metric metric, List<Long> hours) {
        List<Series> series = new ArrayList<>();
        List<String> shown = new ArrayList<>();
        byTask.forEach((task, lines) -> {
            List<Point> points = new ArrayList<>();
            for (long hour : hours) {
                points.add(new Point(hour, value(lines.get(hour), metric.key())));
            }
            boolean hasValues = points.stream().anyMatch(point -> !Double.isNaN(point.y()));
            // A task without values keeps its place, so that a task has one colour on the whole page.
            series.add(new Series(task, points, false));
            shown.add(hasValues ? task : "");
        });
        if (shown.stream().allMatch(String::isEmpty)) {
            return;
        }
        double first = hours.get(0);
        double last = hours.get(hours.size() - 1);
        LineChart chart = new LineChart(
                metric.title() + " by event-time hour",
                series,
                ticks(hours),
                first,
                last > first ? last : first + MILLIS_PER_HOUR,
                metric.reference());
        appendChart(metric.title(), metric.meaning(), shown, chart, numbers(metric, hours, shown));
    }

    /** Labels at full hours or days, not more than fit. */
    private static List<Tick> ticks(List<Long> hours) {
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

    private String numbers(Metric metric, List<Long> hours, List<String> shown) {
        List<String> tasks = shown.stream().filter(task -> !task.isEmpty()).toList();
        List<String> names = new ArrayList<>(List.of("hour, UTC"));
        names.addAll(tasks);
        StringBuilder rows = new StringBuilder(Html.header(names.toArray(String[]::new)));
        for (long hour : hours) {
            List<String> cells = new ArrayList<>(List.of(time(hour)));
            for (String task : tasks) {
                Map<Long, JsonNode> lines = byTask.getOrDefault(task, Map.of());
                cells.add(Html.number(value(lines.get(hour), metric.key()), 4));
            }
            rows.append(Html.row(cells.toArray(String[]::new)));
        }
        return rows.toString();
    }

    /**
     * @param legend names in the order of the colours; empty where a colour is not shown
     * @param numbers rows of a table
     */
    private void appendChart(String title, String meaning, List<String> legend, LineChart chart, String numbers) {
        page.append("<figure>\n<figcaption><b>").append(Html.escape(title)).append("</b>");
        if (!meaning.isEmpty()) {
            page.append("<span>").append(Html.escape(meaning)).append("</span>");
        }
        page.append("</figcaption>\n").append(chart.svg()).append("\n<p class=\"legend\">");
        for (int i = 0; i < legend.size(); i++) {
            if (!legend.get(i).isEmpty()) {
                page.append("<span>")
                        .append(swatch(i))
                        .append(Html.escape(legend.get(i)))
                        .append("</span> ");
            }
        }
        page.append("</p>\n<details><summary>Numbers</summary><div class=\"scroll\"><table>\n");
        page.append(numbers).append("</table></div></details>\n</figure>\n");
    }

    private static String swatch(int colour) {
        return "<i class=\"swatch series-" + colour % LineChart.COLOURS + "\"></i>";
    }

    private void appendLedger() {
        JsonNode ledger = report.ledger();
        if (ledger.isMissingNode()) {
            return;
        }
        page.append("<section>\n<h2>Ledger</h2>\n<p>Every record that was read ends in exactly one place.</p>\n");
        for (JsonNode imbalance : ledger.path("imbalances")) {
            page.append("<p class=\"bad\">")
                    .append(Html.escape(imbalance.asText()))
                    .append("</p>\n");
        }
        JsonNode setAside = report.summary().path("set_aside");
        if (!setAside.isEmpty()) {
            page.append("<p>Set aside, a line each: ");
            String comma = "";
            for (Map.Entry<String, JsonNode> file : setAside.properties()) {
                page.append(comma).append(Html.count(file.getValue().asLong())).append(" in <code>");
                page.append(Html.escape(file.getKey())).append(".jsonl</code>");
                comma = ", ";
            }
            page.append(".</p>\n");
        }
        page.append("<div class=\"scroll\"><table>\n").append(Html.header("stream", "read", "dead letters"));
        ledger.path("sources").properties().forEach(source -> {
            long dead = 0;
            for (JsonNode reason : source.getValue().path("dead")) {
                dead += reason.asLong();
            }
            page.append(Html.row(Html.escape(source.getKey()), count(source.getValue(), "read"), Html.count(dead)));
        });
        page.append("</table></div>\n<div class=\"scroll\"><table>\n").append(Html.header("in the join", "records"));
        ledger.path("join").properties().forEach(line -> {
            if (line.getValue().isNumber()) {
                page.append(Html.row(
                        words(line.getKey()), Html.count(line.getValue().asLong())));
            }
        });
        page.append("</table></div>\n");
        appendLabels(ledger.path("join").path("tasks"));
        page.append("</section>\n");
    }

    private void appendLabels(JsonNode tasks) {
        Set<String> lines = new LinkedHashSet<>();
        tasks.forEach(task -> task.fieldNames().forEachRemaining(lines::add));
        if (lines.isEmpty()) {
            return;
        }
        List<String> names = new ArrayList<>(List.of("labels of task"));
        lines.forEach(line -> names.add(words(line)));
        page.append("<div class=\"scroll\"><table>\n").append(Html.header(names.toArray(String[]::new)));
        tasks.properties().forEach(task -> {
            List<String> cells = new ArrayList<>(List.of(Html.escape(task.getKey())));
            lines.forEach(line -> cells.add(count(task.getValue(), line)));
            page.append(Html.row(cells.toArray(String[]::new)));
        });
        page.append("</table></div>\n");
    }

    private void appendSnapshots() {
        if (report.snapshots().isEmpty()) {
            return;
        }
        page.append("<section>\n<h2>Snapshots</h2>\n<details><summary>")
                .append(Html.count(report.snapshots().size()))
                .append(", the last is ")
                .append(Html.escape(
                        report.snapshots().get(report.snapshots().size() - 1).version()))
                .append("</summary><div class=\"scroll\"><table>\n")
                .append(Html.header("version", "bytes", "SHA-256"));
        for (Report.PublishedSnapshot snapshot : report.snapshots()) {
            page.append(Html.row(
                    Html.escape(snapshot.version()),
                    Html.count(snapshot.bytes()),
                    "<code>" + Html.escape(snapshot.sha256()) + "</code>"));
        }
        page.append("</table></div></details>\n</section>\n");
    }

    private List<Long> hours() {
        Set<Long> hours = new LinkedHashSet<>();
        report.metrics().forEach(line -> hours.add(line.path("event_time").asLong()));
        return List.copyOf(hours);
    }

    private static String time(long millis) {
        return DAY_AND_HOUR.format(Instant.ofEpochMilli(millis));
    }

    private static String words(String key) {
        return Html.escape(key.replace('_', ' '));
    }

    private static double value(@Nullable JsonNode line, String key) {
        return line == null ? Double.NaN : line.path(key).asDouble(Double.NaN);
    }

    private static String cell(JsonNode values, String key) {
        return Html.number(value(values, key), 4);
    }

    private static String count(JsonNode values, String key) {
        JsonNode value = values.path(key);
        return value.isNumber() ? Html.count(value.asLong()) : Html.NOTHING;
    }
}

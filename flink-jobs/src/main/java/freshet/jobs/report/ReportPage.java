package freshet.jobs.report;

import com.fasterxml.jackson.databind.JsonNode;
import freshet.jobs.report.LineChart.Point;
import freshet.jobs.report.LineChart.Series;
import freshet.jobs.report.LineChart.Tick;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Lays out a {@link Report} as one page of HTML. One use per page, one thread. */
final class ReportPage {
    private final Report report;
    private final StringBuilder page = new StringBuilder(1 << 16);

    private final HourlyCharts charts;

    private ReportPage(Report report) {
        this.report = report;
        charts = new HourlyCharts(report.metrics(), page);
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
        charts.append(report.snapshots());
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
        List<Long> hours = charts.hours();
        if (!hours.isEmpty()) {
            long last = hours.get(hours.size() - 1) + HourlyCharts.MILLIS_PER_HOUR;
            appendTile("event time, UTC", HourlyCharts.time(hours.get(0)) + " – " + HourlyCharts.time(last));
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
                    Figure.swatch(colour++) + Html.escape(task.getKey()),
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
            Figure.append(page, device, "", List.of("learnt", "truth"), chart, numbers.toString());
        });
        page.append("</div>\n");
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
                .append(Html.escape(report.snapshots()
                        .get(report.snapshots().size() - 1)
                        .version()
                        .toString()))
                .append("</summary><div class=\"scroll\"><table>\n")
                .append(Html.header("version", "bytes", "SHA-256"));
        for (Report.PublishedSnapshot snapshot : report.snapshots()) {
            page.append(Html.row(
                    Html.escape(snapshot.version().toString()),
                    Html.count(snapshot.bytes()),
                    "<code>" + Html.escape(snapshot.sha256()) + "</code>"));
        }
        page.append("</table></div></details>\n</section>\n");
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

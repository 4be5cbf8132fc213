package freshet.jobs.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;

class ReportTest {
    private static final long FIRST_HOUR = 1_650_812_400_000L;

    @TempDir
    Path folder;

    @Test
    void chartsAreWellFormedAndLeaveGapsWhereThereIsNoValue() throws Exception {
        LineChart chart = new LineChart(
                "AUC & more",
                List.of(new LineChart.Series(
                        "click",
                        List.of(
                                new LineChart.Point(0, 0.5),
                                new LineChart.Point(1, 0.6),
                                new LineChart.Point(2, Double.NaN),
                                new LineChart.Point(3, 0.7)),
                        false)),
                List.of(new LineChart.Tick(0, "00:00")),
                0,
                3,
                Double.NaN);

        Document svg = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new ByteArrayInputStream(chart.svg().getBytes(StandardCharsets.UTF_8)));

        assertThat(svg.getDocumentElement().getAttribute("aria-label")).isEqualTo("AUC & more");
        assertThat(svg.getElementsByTagName("polyline").getLength())
                .as("before the gap")
                .isEqualTo(1);
        assertThat(svg.getElementsByTagName("circle").getLength())
                .as("after the gap, alone")
                .isEqualTo(1);
    }

    @Test
    void pageHoldsEveryNumberOfTheFilesAndNothingFromOutside() throws Exception {
        writeOutputs();

        String page = Files.readString(Report.read("A <replay>", folder).write(folder));

        assertThat(page)
                .contains("A &lt;replay&gt;", "24 Apr 15:00 – 24 Apr 18:00", "0.7213", "adds up", "20220425T16Z")
                .doesNotContain("NaN", "null", "http:", "https:", "<script", "url(");
    }

    @Test
    void whatAnHourWasLikeBesideItsScoresIsShown() throws Exception {
        Files.writeString(
                folder.resolve("metrics.jsonl"),
                "{\"event_time\":" + FIRST_HOUR + ",\"task\":\"click\",\"auc\":0.75,\"served_auc\":0.625,"
                        + "\"label_delay_seconds\":615,\"served_age_seconds\":1803,\"task_weight\":0.875,"
                        + "\"expert_0\":0.6875,\"expert_1\":0.3125}\n");
        Path snapshot = Files.createDirectories(folder.resolve("snapshots/20220424T16Z"));
        Files.writeString(snapshot.resolve("manifest.json"), "{\"sha256\":\"ab\",\"bytes\":12340000}");

        String page = ReportPage.html(Report.read("t", folder));

        assertThat(page)
                .contains("less AUC as learnt", "<td>-0.125</td>")
                .contains("Label delay, minutes", "<td>10.25</td>")
                .contains("Age of the snapshot that served", "<td>30.05</td>")
                .contains("Task weights", "<td>0.875</td>")
                .contains("Experts of click", "expert 1", "<td>0.6875</td><td>0.3125</td>")
                .contains("Size of snapshots, MB", "<td>12.34</td>");
    }

    @Test
    void sameFilesGiveTheSamePage() throws Exception {
        writeOutputs();

        assertThat(ReportPage.html(Report.read("t", folder))).isEqualTo(ReportPage.html(Report.read("t", folder)));
    }

    @Test
    void emptyFolderStillGivesAPage() throws Exception {
        assertThat(Report.read("nothing", folder).write(folder)).content().contains("<h1>nothing</h1>", "</html>");
    }

    @Test
    void truthOfASimulationIsShown() throws Exception {
        Report files = Report.read("t", folder);
        TruthComparison truth = new TruthComparison(
                0.71,
                0.79,
                0.82,
                12345,
                List.of(
                        new TruthComparison.PositionBias("phone", 0, 0, 0),
                        new TruthComparison.PositionBias("phone", 1, -0.381, -0.36),
                        new TruthComparison.PositionBias("phone", 2, -0.6, Double.NaN)));
        String page = ReportPage.html(
                new Report("t", files.metrics(), files.summary(), files.ledger(), files.snapshots(), truth));

        assertThat(page).contains("Against the truth", "0.79", "-0.381", "-0.36", "12\u202f345");
    }

    private void writeOutputs() throws Exception {
        List<String> lines = new ArrayList<>();
        for (int hour = 0; hour < 3; hour++) {
            for (String task : List.of("click", "watch")) {
                String auc = task.equals("watch") || hour == 0 ? "null" : "0.72" + hour + "3";
                lines.add("{\"hour\":\"h\",\"event_time\":" + (FIRST_HOUR + hour * 3_600_000L) + ",\"task\":\"" + task
                        + "\",\"count\":10,\"auc\":" + auc + ",\"mse\":" + (task.equals("watch") ? "1.5" : "null")
                        + "}");
            }
        }
        Files.write(folder.resolve("metrics.jsonl"), lines);
        Files.writeString(
                folder.resolve("summary.json"),
                "{\"tasks\":{\"click\":{\"count\":30,\"positives\":12,\"auc\":0.7213},\"watch\":{\"count\":30,"
                        + "\"mse\":1.5}}}");
        Files.writeString(
                folder.resolve("ledger.json"),
                "{\"sources\":{\"impressions\":{\"read\":31,\"dead\":{\"empty\":1}}},\"join\":{\"impression_read\":30,"
                        + "\"feedback_read\":12,\"tasks\":{\"click\":{\"open\":0,\"labelled\":30}}},\"adds_up\":true,"
                        + "\"imbalances\":[]}");
        Path snapshot = Files.createDirectories(folder.resolve("snapshots/20220425T16Z"));
        Files.writeString(snapshot.resolve("manifest.json"), "{\"sha256\":\"abc\",\"files\":[]}");
    }
}

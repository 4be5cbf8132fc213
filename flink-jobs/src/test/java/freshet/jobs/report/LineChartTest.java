package freshet.jobs.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LineChartTest {
    private static final Pattern VERTICAL_LABEL = Pattern.compile("text-anchor=\"end\"[^>]*>([^<]*)<");

    @ParameterizedTest
    @CsvSource({"10, 10", "0, 0", "0.5, 0.5003", "0.7, 0.709", "0, 1", "-3, 4000000"})
    @DisplayName(
            "Every line of the vertical axis has a label of its own, and all values lie between the first and the last")
    void labels(double low, double high) {
        List<LineChart.Point> points = List.of(new LineChart.Point(0, low), new LineChart.Point(1, high));
        LineChart chart = new LineChart(
                "chart", List.of(new LineChart.Series("line", points, false)), List.of(), 0, 1, Double.NaN);

        List<Double> labels = VERTICAL_LABEL
                .matcher(chart.svg())
                .results()
                .map(match -> Double.valueOf(match.group(1)))
                .toList();

        assertThat(labels).hasSizeGreaterThan(1).isSorted().doesNotHaveDuplicates();
        assertThat(labels.get(0)).isLessThanOrEqualTo(low);
        assertThat(labels.get(labels.size() - 1)).isGreaterThanOrEqualTo(high);
    }
}

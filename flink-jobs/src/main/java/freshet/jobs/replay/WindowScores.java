package freshet.jobs.replay;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import freshet.model.spec.LossKind;
import freshet.model.spec.TaskSpec;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;

/**
 * How well the impressions of a span of event time were predicted, from {@code predictions.csv}: for each task the area under
 * the ROC curve of its labels, or the mean squared error, of the prediction just before learning and of the one as served.
 * Exact, unlike the running metrics: the labels of the span are held in memory and sorted. Labels count alike, whatever their
 * weight.
 */
final class WindowScores {
    /** A label and what was said of it. */
    private record Scored(float label, double score) {
        boolean isPositive() {
            return label > 0.5f;
        }
    }

    private final LossKind loss;
    private final List<Scored> learnt = new ArrayList<>();
    private final List<Scored> served = new ArrayList<>();

    private WindowScores(LossKind loss) {
        this.loss = loss;
    }

    /** By task: {@code count}, then {@code auc} and {@code served_auc} or {@code mse} and {@code served_mse}. */
    static ObjectNode read(Path predictions, List<TaskSpec> tasks, long fromMillis, long toMillis) throws IOException {
        Map<String, WindowScores> byTask = new LinkedHashMap<>();
        tasks.forEach(task -> byTask.put(task.name(), new WindowScores(task.loss())));
        CSVFormat format = CSVFormat.DEFAULT
                .builder()
                .setHeader()
                .setSkipHeaderRecord(true)
                .get();
        try (CSVParser rows = CSVParser.parse(predictions, StandardCharsets.UTF_8, format)) {
            for (CSVRecord row : rows) {
                long shownMillis = Long.parseLong(row.get("event_time"));
                WindowScores scores = byTask.get(row.get("task"));
                if (scores != null && shownMillis >= fromMillis && shownMillis < toMillis) {
                    float label = Float.parseFloat(row.get("label"));
                    add(scores.learnt, label, row.get("prediction"));
                    add(scores.served, label, row.get("served"));
                }
            }
        }
        ObjectNode result = JsonNodeFactory.instance.objectNode();
        byTask.forEach((task, scores) -> scores.put(result.putObject(task)));
        return result;
    }

    private static void add(List<Scored> scores, float label, String score) {
        if (!score.isEmpty()) {
            scores.add(new Scored(label, Double.parseDouble(score)));
        }
    }

    private void put(ObjectNode into) {
        into.put("count", learnt.size());
        if (loss == LossKind.LOGISTIC) {
            into.put("positives", learnt.stream().filter(Scored::isPositive).count());
            putNumber(into, "auc", auc(learnt));
            putNumber(into, "served_auc", auc(served));
        } else {
            putNumber(into, "mse", meanSquaredError(learnt));
            putNumber(into, "served_mse", meanSquaredError(served));
        }
    }

    private static void putNumber(ObjectNode into, String name, double value) {
        if (Double.isFinite(value)) {
            into.set(name, JsonFile.number(value));
        } else {
            into.putNull(name);
        }
    }

    /** The share of pairs of a positive and a negative that are in the right order, ties half; NaN without pairs. */
    private static double auc(List<Scored> scores) {
        scores.sort(Comparator.comparingDouble(Scored::score));
        double rightOrder = 0;
        double negatives = 0;
        double positives = 0;
        for (int from = 0; from < scores.size(); ) {
            double tiedPositives = 0;
            int to = from;
            while (to < scores.size()
                    && scores.get(to).score() == scores.get(from).score()) {
                tiedPositives += scores.get(to).isPositive() ? 1 : 0;
                to++;
            }
            double tiedNegatives = to - from - tiedPositives;
            rightOrder += tiedPositives * (negatives + tiedNegatives / 2);
            positives += tiedPositives;
            negatives += tiedNegatives;
            from = to;
        }
        return rightOrder / (positives * negatives);
    }

    private static double meanSquaredError(List<Scored> scores) {
        double sum = 0;
        for (Scored scored : scores) {
            double error = scored.score() - scored.label();
            sum += error * error;
        }
        return sum / scores.size();
    }
}

package freshet.jobs.rank;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import freshet.model.serve.LiveRanker;
import freshet.model.spec.TaskSpec;
import freshet.serde.wire.Decimals;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Predictions as lines of JSON, one per candidate. Pure functions. */
final class ScoreLines {
    private static final int DECIMALS = 9;

    private ScoreLines() {}

    /**
     * {@code {"impression_id", "model_version", "score", "scores": {task: prediction}}} for each candidate; {@code score} only
     * where there is one, {@code null} in place of what is no number.
     *
     * @param requests the candidates
     * @param scored what came of them
     * @param scores fused, one per candidate; null if there are none
     */
    static void append(
            StringBuilder text, List<RankRequest> requests, LiveRanker.Scored scored, double @Nullable [] scores) {
        List<TaskSpec> tasks = scored.ranker().spec().tasks();
        for (int i = 0; i < requests.size(); i++) {
            text.append("{\"impression_id\":").append(quoted(requests.get(i).impressionId()));
            text.append(",\"model_version\":\"")
                    .append(scored.ranker().manifest().version())
                    .append('"');
            if (scores != null) {
                number(text.append(",\"score\":"), scores[i]);
            }
            text.append(",\"scores\":{");
            for (int task = 0; task < tasks.size(); task++) {
                text.append(task == 0 ? "" : ",")
                        .append(quoted(tasks.get(task).name()))
                        .append(':');
                number(text, scored.predictions()[i * tasks.size() + task]);
            }
            text.append("}}\n");
        }
    }

    private static void number(StringBuilder text, double value) {
        if (Double.isFinite(value)) {
            Decimals.append(text, value, DECIMALS);
        } else {
            text.append("null");
        }
    }

    private static String quoted(String text) {
        return '"' + new String(JsonStringEncoder.getInstance().quoteAsString(text)) + '"';
    }
}

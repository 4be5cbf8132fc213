package freshet.jobs.replay;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.jobs.ViewerEvents;
import freshet.jobs.config.FreshetConfig;
import freshet.jobs.train.TrainRecord;
import freshet.serde.example.FeatureValues;
import freshet.serde.example.LabeledExample;
import freshet.serde.example.TaskLabel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplayOutputTest {
    private static final FreshetConfig CONFIG = ViewerEvents.config();

    @TempDir
    Path folder;

    @Test
    void writesOneRowPerLabelAndNothingWhereThereIsNoPrediction() throws IOException {
        try (ReplayOutput output = new ReplayOutput(folder, CONFIG.model(), ReplayOutput.Checkpoint.START)) {
            output.write(new TrainRecord.Learnt(
                    example("i1", "u1", label("click", 1), label("watch", 2.5f)),
                    floats(0.25f, 1e-7f),
                    floats(Float.NaN, Float.NaN)));
            output.write(new TrainRecord.Learnt(
                    example("a,\"b\"", "line\nfeed", label("click", 0)), floats(Float.NaN), floats(0.1f)));
        }
        assertThat(Files.readString(folder.resolve("predictions.csv"))).isEqualTo("""
                        impression_id,user_id,event_time,decided_time,task,label,weight,prediction,served
                        i1,u1,1000,2000,click,1,1,0.25,
                        i1,u1,1000,2000,watch,2.5,1,0.0000001,
                        "a,""b\""","line
                        feed",1000,2000,click,0,1,,0.100000001
                        """);
        assertThat(Files.readAllLines(folder.resolve("examples.jsonl"))).hasSize(2);
    }

    @Test
    void writesMetricsInTheOrderOfTheTasksAndNullWithoutAValue() throws IOException {
        try (ReplayOutput output = new ReplayOutput(folder, CONFIG.model(), ReplayOutput.Checkpoint.START)) {
            output.write(new TrainRecord.Hour(
                    ViewerEvents.START,
                    new TreeMap<>(Map.of(
                            "watch", new TreeMap<>(Map.of("count", 3.0, "mse", 0.5)),
                            "click", new TreeMap<>(Map.of("count", 12_345_678.0, "auc", 2 / 3.0))))));
        }
        assertThat(Files.readAllLines(folder.resolve("metrics.jsonl")))
                .hasSize(3)
                .startsWith("{\"hour\":\"20220425T00Z\",\"event_time\":1650844800000,\"task\":\"click\","
                        + "\"count\":12345678,\"positives\":null,\"auc\":0.666666667,\"log_loss\":null,\"ne\":null,"
                        + "\"calibration\":null,\"served_auc\":null}")
                .last()
                .asString()
                .contains("\"task\":\"watch\"", "\"mse\":0.5", "\"served_mse\":null");
    }

    private static LabeledExample example(String impressionId, String userId, TaskLabel... labels) {
        return new LabeledExample(
                impressionId,
                userId,
                "v1",
                1_000,
                2_000,
                new FeatureValues(new String[][] {{userId}, {"v1"}, {}}, new float[2]),
                List.of(labels));
    }

    private static TaskLabel label(String task, float value) {
        return new TaskLabel(task, value, 1);
    }

    private static float[] floats(float... values) {
        return values;
    }
}

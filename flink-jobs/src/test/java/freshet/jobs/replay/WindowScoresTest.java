package freshet.jobs.replay;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import freshet.jobs.config.FreshetConfig;
import freshet.model.spec.TaskSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WindowScoresTest {
    private static final String HEADER =
            "impression_id,user_id,event_time,decided_time,task,label,weight,prediction,served\n";

    private static final List<TaskSpec> TASKS =
            FreshetConfig.parse("window", """
            name: window
            tasks:
              - {name: click, label: {kind: click}, horizon: 10m, loss: logistic}
              - {name: watch, label: {kind: watch, aggregate: sum}, horizon: 10m, loss: squared}
            features: {ids: [{name: user, field: user_id}]}
            model: {embeddings: [{feature: user, dim: 4}]}
            """).model().tasks();

    @TempDir
    Path folder;

    @Test
    void onlyWhatWasShownInTheWindowCounts() throws IOException {
        ObjectNode scores = read(HEADER
                + "\"i,1\",u,99,200,click,1,1,0.1,0.1\n" // before the window
                + "i2,u,100,200,click,1,1,0.8,\n" // not served by any snapshot
                + "i3,u,150,200,click,0,1,0.8,0.3\n"
                + "i4,u,199,300,click,1,1,0.9,0.2\n"
                + "i4,u,199,300,watch,3,1,1,5\n"
                + "i5,u,200,300,click,1,1,0.1,0.1\n"); // at its end

        assertThat(scores.path("click").path("count").asInt()).isEqualTo(3);
        assertThat(scores.path("click").path("positives").asInt()).isEqualTo(2);
        assertThat(scores.path("click").path("auc").asDouble())
                .as("one tie of two pairs")
                .isEqualTo(0.75);
        assertThat(scores.path("click").path("served_auc").asDouble()).isZero();
        assertThat(scores.path("watch").path("mse").asDouble()).isEqualTo(4);
        assertThat(scores.path("watch").path("served_mse").asDouble()).isEqualTo(4);
    }

    @Test
    void whatHasNoPairsHasNoArea() throws IOException {
        ObjectNode scores = read(HEADER + "i2,u,100,200,click,1,1,0.8,0.7\n");

        assertThat(scores.path("click").path("auc").isNull()).isTrue();
        assertThat(scores.path("watch").path("mse").isNull()).isTrue();
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void areaIsTheShareOfPairsInTheRightOrder(long seed) throws IOException {
        Random random = new Random(seed);
        int[] labels = new int[200];
        int[] scores = new int[200];
        StringBuilder lines = new StringBuilder(HEADER);
        for (int i = 0; i < labels.length; i++) {
            labels[i] = random.nextInt(3) == 0 ? 1 : 0;
            scores[i] = random.nextInt(50) + 10 * labels[i]; // many ties
            lines.append("i,u,120,200,click,%d,1,0.%02d,\n".formatted(labels[i], scores[i]));
        }

        double right = 0;
        double pairs = 0;
        for (int i = 0; i < labels.length; i++) {
            for (int j = 0; j < labels.length; j++) {
                if (labels[i] == 1 && labels[j] == 0) {
                    pairs++;
                    right += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
                }
            }
        }
        assertThat(Math.abs(read(lines.toString()).path("click").path("auc").asDouble() - right / pairs))
                .isLessThan(1e-8);
    }

    private ObjectNode read(String csv) throws IOException {
        return WindowScores.read(Files.writeString(folder.resolve("predictions.csv"), csv), TASKS, 100, 200);
    }
}

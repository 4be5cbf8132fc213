package freshet.model.papers;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.model.learn.Learner;
import freshet.model.spec.ModelSpec;
import freshet.serde.example.FeatureSchema;
import freshet.serde.example.LabeledExample;
import freshet.serde.example.TaskLabel;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Ma et al. 2018 (MMoE), sections 3.2, 3.3 and 5.2: two regression tasks whose weight vectors have a chosen cosine. As it
 * falls, a shared bottom gets worse and MMoE with as many parameters suffers less.
 */
class MmoePaperTest {
    private static final int DIMENSIONS = 24;
    private static final int LEARNT = 25_600;
    private static final int TESTED = 1_000;

    private static final int RUNS = 6;

    /** 1,200 parameters before the towers. */
    private static final String MMOE = "bottom: [], structure: 'mmoe', experts: {count: 8, layers: [4]}, tower: [8]";

    /** 1,000 before the towers, which are wider by 576. */
    private static final String SHARED = "bottom: [40], structure: 'shared_bottom', tower: [8]";

    @Test
    void mmoeBeatsTheSharedBottomTheMoreTheLessTasksAreRelated() {
        double sharedRelated = loss(SHARED, 1);
        double mmoeRelated = loss(MMOE, 1);
        double sharedUnrelated = loss(SHARED, 0.1);
        double mmoeUnrelated = loss(MMOE, 0.1);
        String found = String.format(
                "shared bottom %.4f and %.4f, MMoE %.4f and %.4f (cosine 1 and 0.1)",
                sharedRelated, sharedUnrelated, mmoeRelated, mmoeUnrelated);
        assertThat(sharedUnrelated).as(found).isGreaterThan(sharedRelated);
        assertThat(mmoeUnrelated).as(found).isLessThan(sharedUnrelated);
        assertThat(sharedUnrelated - mmoeUnrelated).as(found).isGreaterThan(sharedRelated - mmoeRelated);
    }

    /** The mean squared error of both tasks on examples never learnt, over several runs. */
    private static double loss(String structure, double cosine) {
        double sum = 0;
        for (int run = 0; run < RUNS; run++) {
            List<String> numbers =
                    IntStream.range(0, DIMENSIONS).mapToObj(i -> "x" + i).toList();
            ModelSpec spec = PaperStream.spec(
                    new FeatureSchema(List.of(), numbers),
                    "[{name: 'a', loss: 'squared'}, {name: 'b', loss: 'squared'}]",
                    "{seed: " + run + ", " + structure + ", optimizer: {dense: {learning_rate: 0.01}}}");
            Tasks tasks = new Tasks(cosine, run);
            Learner learner = PaperStream.learn(spec, LEARNT, tasks::example);
            List<LabeledExample> test = new ArrayList<>();
            for (int i = 0; i < TESTED; i++) {
                test.add(tasks.example(LEARNT + i));
            }
            float[][] predictions = PaperStream.score(learner, test);
            for (int i = 0; i < TESTED; i++) {
                for (int task = 0; task < 2; task++) {
                    double difference = predictions[i][task]
                            - test.get(i).labels().get(task).label();
                    sum += difference * difference;
                }
            }
        }
        return sum / (RUNS * 2.0 * TESTED);
    }

    /** Section 3.2, steps 1 to 4: y = w·x + Σ sin(αᵢ w·x + βᵢ) + noise, cos(w₁, w₂) being the correlation. */
    private static final class Tasks {
        private static final double[] ALPHA = {0.5, 1, 1.5, 2};
        private static final double[] BETA = {0.3, 1.1, 2.0, 2.9};
        private final double[][] w = new double[2][DIMENSIONS];
        private final SplittableRandom random;

        Tasks(double cosine, int run) {
            random = new SplittableRandom(100 + run);
            double[] u1 = unit(new double[DIMENSIONS]);
            double[] u2 = unit(u1);
            for (int i = 0; i < DIMENSIONS; i++) {
                w[0][i] = u1[i];
                w[1][i] = cosine * u1[i] + Math.sqrt(1 - cosine * cosine) * u2[i];
            }
        }

        /** A random unit vector, orthogonal to another. */
        private double[] unit(double[] other) {
            double[] u = new double[DIMENSIONS];
            double along = 0;
            for (int i = 0; i < DIMENSIONS; i++) {
                u[i] = random.nextGaussian();
                along += u[i] * other[i];
            }
            double squares = 0;
            for (int i = 0; i < DIMENSIONS; i++) {
                u[i] -= along * other[i];
                squares += u[i] * u[i];
            }
            for (int i = 0; i < DIMENSIONS; i++) {
                u[i] /= Math.sqrt(squares);
            }
            return u;
        }

        LabeledExample example(int number) {
            float[] x = new float[DIMENSIONS];
            for (int i = 0; i < DIMENSIONS; i++) {
                x[i] = (float) random.nextGaussian();
            }
            return PaperStream.example(number, new String[0][], x, List.of(label("a", w[0], x), label("b", w[1], x)));
        }

        private TaskLabel label(String task, double[] weights, float[] x) {
            double along = 0;
            for (int i = 0; i < DIMENSIONS; i++) {
                along += weights[i] * x[i];
            }
            double y = along + 0.1 * random.nextGaussian();
            for (int i = 0; i < ALPHA.length; i++) {
                y += Math.sin(ALPHA[i] * along + BETA[i]);
            }
            return new TaskLabel(task, (float) y, 1);
        }
    }
}

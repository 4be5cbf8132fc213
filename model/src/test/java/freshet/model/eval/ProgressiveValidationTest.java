package freshet.model.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import freshet.model.ModelFixtures;
import freshet.model.spec.TaskSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProgressiveValidationTest {
    private static final List<TaskSpec> TASKS =
            ModelFixtures.tasks("[{name: 'click'}, {name: 'watch', loss: 'squared'}]");
    private static final int CLICK = 0;
    private static final int WATCH = 1;

    private record Scored(float prediction, float label, float weight) {}

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void areaUnderTheCurveIsWithinOneTenThousandthOfTheExactOne(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        double spread = seed; // logits from a narrow to a wide band
        double base = seed - 4;
        List<Scored> scored = new ArrayList<>();
        ProgressiveValidation metrics = new ProgressiveValidation(TASKS);
        for (int i = 0; i < 20_000; i++) {
            double logit = base + spread * random.nextGaussian() / 2;
            float prediction = (float) (1 / (1 + StrictMath.exp(-logit)));
            float label = random.nextDouble() < prediction ? 1 : 0;
            float weight = random.nextInt(4) == 0 ? 2.5f : 1;
            scored.add(new Scored(prediction, label, weight));
            metrics.record(CLICK, prediction, label, weight);
        }
        assertThat(value(metrics.lifetime(), "click", "auc")).isCloseTo(exactAuc(scored), within(1e-4));
        assertThat(value(metrics.lifetime(), "click", "log_loss")).isCloseTo(exactLogLoss(scored), within(1e-9));
    }

    @Test
    void allPredictionsAlikeAreACoinToss() {
        ProgressiveValidation metrics = new ProgressiveValidation(TASKS);
        metrics.record(CLICK, 0.25f, 1, 1);
        metrics.record(CLICK, 0.25f, 0, 1);
        metrics.record(CLICK, 0.25f, 0, 1);
        metrics.record(CLICK, 0.25f, 0, 1);
        SortedMap<String, Double> click = metrics.lifetime().getOrDefault("click", new TreeMap<>());
        assertThat(click.get("auc")).isEqualTo(0.5);
        assertThat(click.get("ne")).as("the mean, known: no better").isCloseTo(1.0, within(1e-12));
        assertThat(click.get("calibration")).isEqualTo(1.0);
        assertThat(click.get("count")).isEqualTo(4.0);
        assertThat(click.get("positives")).isEqualTo(1.0);
    }

    @Test
    void squaredTasksHaveTheirMeanSquaredDifference() {
        ProgressiveValidation metrics = new ProgressiveValidation(TASKS);
        metrics.record(WATCH, 1, 3, 1);
        metrics.record(WATCH, 2, 2, 3);
        assertThat(value(metrics.window(), "watch", "mse")).isEqualTo(1.0);
        assertThat(value(metrics.window(), "watch", "calibration")).isCloseTo(7.0 / 9, within(1e-12));
        assertThat(metrics.window().get("watch")).doesNotContainKeys("auc", "log_loss", "ne", "positives");
    }

    @Test
    void whatIsNotDefinedIsLeftOut() {
        ProgressiveValidation metrics = new ProgressiveValidation(TASKS);
        assertThat(metrics.window().get("click")).containsOnlyKeys("count", "positives");
        metrics.record(CLICK, 0.1f, 0, 1);
        assertThat(metrics.window().get("click")).containsOnlyKeys("count", "positives", "log_loss");
    }

    @Test
    void certaintyOnTheWrongSideStaysFinite() {
        ProgressiveValidation metrics = new ProgressiveValidation(TASKS);
        metrics.record(CLICK, 0, 1, 1);
        metrics.record(CLICK, 1, 0, 1);
        assertThat(value(metrics.window(), "click", "log_loss")).isBetween(20.0, 30.0);
        assertThat(value(metrics.window(), "click", "auc")).isEqualTo(0.0);
    }

    @Test
    void aNewWindowForgetsAndTheLifetimeDoesNot() {
        ProgressiveValidation metrics = new ProgressiveValidation(TASKS);
        metrics.record(CLICK, 0.5f, 1, 1);
        metrics.startWindow();
        metrics.record(CLICK, 0.25f, 0, 1);
        assertThat(value(metrics.window(), "click", "count")).isEqualTo(1.0);
        assertThat(value(metrics.lifetime(), "click", "count")).isEqualTo(2.0);
    }

    @Test
    void restoredMetricsGoOnToTheBit() {
        ProgressiveValidation original = new ProgressiveValidation(TASKS);
        SplittableRandom random = new SplittableRandom(3);
        for (int i = 0; i < 1000; i++) {
            recordOne(original, random);
        }
        ProgressiveValidation restored = new ProgressiveValidation(TASKS);
        restored.record(CLICK, 0.9f, 1, 1); // what restoring must forget
        byte[] saved = original.save();
        restored.restore(saved);
        assertThat(restored.save()).isEqualTo(saved);
        SplittableRandom more = new SplittableRandom(99);
        SplittableRandom moreAgain = new SplittableRandom(99);
        for (int i = 0; i < 100; i++) {
            recordOne(original, more);
            recordOne(restored, moreAgain);
        }
        assertThat(restored.lifetime()).isEqualTo(original.lifetime());
        assertThat(restored.window()).isEqualTo(original.window());
        assertThat(saved.length)
                .as("bytes of about a thousand filled buckets, twice")
                .isLessThan(12_000);
    }

    @Test
    void damagedStateIsRefused() {
        ProgressiveValidation metrics = new ProgressiveValidation(TASKS);
        metrics.record(CLICK, 0.5f, 1, 1);
        byte[] saved = metrics.save();
        assertThatThrownBy(() -> metrics.restore(Arrays.copyOf(saved, saved.length - 1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("cut short");
        ProgressiveValidation other = new ProgressiveValidation(TASKS.subList(0, 1));
        assertThatThrownBy(() -> other.restore(saved)).hasMessageContaining("expected format 2 with 1");
    }

    private static void recordOne(ProgressiveValidation metrics, SplittableRandom random) {
        metrics.record(CLICK, (float) random.nextDouble(), random.nextInt(2), 1);
        metrics.record(WATCH, (float) random.nextDouble(), (float) random.nextDouble(), 0.3f);
    }

    private static double value(SortedMap<String, SortedMap<String, Double>> metrics, String task, String name) {
        Double value = metrics.getOrDefault(task, new TreeMap<>()).get(name);
        assertThat(value).as("%s of %s", name, task).isNotNull();
        return value == null ? Double.NaN : value;
    }

    /** By the definition, over scores in order; ties half. */
    private static double exactAuc(List<Scored> scored) {
        List<Scored> sorted = new ArrayList<>(scored);
        sorted.sort(Comparator.comparingDouble(Scored::prediction));
        double below = 0;
        double right = 0;
        double positives = 0;
        for (int i = 0; i < sorted.size(); ) {
            double tiedPositives = 0;
            double tiedNegatives = 0;
            float prediction = sorted.get(i).prediction();
            for (; i < sorted.size() && sorted.get(i).prediction() == prediction; i++) {
                Scored one = sorted.get(i);
                tiedPositives += one.weight() * one.label();
                tiedNegatives += one.weight() * (1 - one.label());
            }
            right += tiedPositives * (below + tiedNegatives / 2);
            below += tiedNegatives;
            positives += tiedPositives;
        }
        return right / positives / below;
    }

    private static double exactLogLoss(List<Scored> scored) {
        double sum = 0;
        double weights = 0;
        for (Scored one : scored) {
            double right = one.label() == 1 ? one.prediction() : 1.0 - one.prediction();
            sum -= one.weight() * StrictMath.log(right);
            weights += one.weight();
        }
        return sum / weights;
    }
}

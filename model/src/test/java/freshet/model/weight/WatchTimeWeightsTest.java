package freshet.model.weight;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import freshet.model.ModelFixtures;
import freshet.model.spec.ModelSpec;
import freshet.serde.example.LabeledExample;
import freshet.serde.example.TaskLabel;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class WatchTimeWeightsTest {
    private static final long START = 1_650_000_000_000L;
    private static final String WEIGHTS = "{watch_weights: {tasks: ['click'], watch: 'watch', duration: 'duration',"
            + " duration_buckets: 10, watch_buckets: 20, window: '10h', slices: 10, boost: 0.8, power: 2MORE}}";

    private static WatchTimeWeights weights(String more) {
        return new WatchTimeWeights(ModelFixtures.spec(WEIGHTS.replace("MORE", more)));
    }

    private static LabeledExample example(long hours, String device, float age, float duration, float play) {
        String[][] ids = {{"u"}, {"v"}, {}, {}, {}, {device}};
        List<TaskLabel> labels = new ArrayList<>(List.of(new TaskLabel("click", 1, 1)));
        labels.add(new TaskLabel("watch", play, 1));
        return ModelFixtures.example("i", START + hours * 3_600_000, ids, new float[] {age, duration}, labels);
    }

    /** What a click of weight 2 becomes; like and watch stay as they are. */
    private static float weigh(WatchTimeWeights weights, LabeledExample example) {
        float[] own = {2, 1, 1};
        float[] found = weights.weigh(
                List.of(example), new float[] {1, 1, example.labels().get(1).label()}, own);
        assertThat(found[1]).isEqualTo(1);
        assertThat(found[2]).isEqualTo(1);
        assertThat(own).as("the labels' own").containsExactly(2, 1, 1);
        return found[0] / 2;
    }

    /** Hours of views: of a video of length d between 0 and 10 a share is watched, spread evenly, times d. */
    private static void learn(WatchTimeWeights weights, long fromHour, long toHour, String device, float scale) {
        SplittableRandom random = new SplittableRandom(fromHour);
        for (long hour = fromHour; hour < toHour; hour++) {
            for (int i = 0; i < 4000; i++) {
                float duration = (float) random.nextDouble(0, 10);
                float play = scale * duration * (float) random.nextDouble(0.001, 1);
                weights.count(List.of(example(hour, device, 0, duration, play)));
            }
        }
    }

    private static double expected(double q) {
        return 0.2 + 0.8 * 3 * q * q;
    }

    @Test
    void aWeightIsThatOfTheRankAmongVideosOfTheSameLength() {
        WatchTimeWeights weights = weights("");
        assertThat(weigh(weights, example(0, "tv", 0, 5, 3)))
                .as("nothing is known")
                .isEqualTo(1);
        learn(weights, 0, 6, "tv", 1);
        // In the middle of a part of length the watched share of the length is the rank.
        for (float length : new float[] {1.5f, 4.5f, 8.5f}) {
            for (double share : new double[] {0.225, 0.525, 0.825}) {
                float play = (float) (share * length);
                assertThat((double) weigh(weights, example(6, "tv", 0, length, play)))
                        .as("%s of %s", share, length)
                        .isCloseTo(expected(share), within(0.3 * expected(share)));
            }
        }
        assertThat(weigh(weights, example(6, "tv", 0, 5, 0))).as("not watched").isEqualTo(1);
        SplittableRandom random = new SplittableRandom(77);
        double sum = 0;
        for (int i = 0; i < 20_000; i++) {
            float duration = (float) random.nextDouble(0, 10);
            sum += weigh(weights, example(6, "tv", 0, duration, duration * (float) random.nextDouble(0.001, 1)));
        }
        assertThat(sum / 20_000).as("1 on average").isCloseTo(1, within(0.03));
    }

    @Test
    void theWindowSlidesAndForgets() {
        WatchTimeWeights weights = weights("");
        learn(weights, 0, 12, "tv", 1);
        LabeledExample example = example(40, "tv", 0, 4.5f, 4);
        assertThat((double) weigh(weights, example)).isGreaterThan(1.5);
        learn(weights, 30, 42, "tv", 3); // everybody watches three times as long now
        assertThat((double) weigh(weights, example)).as("low among these").isLessThan(0.7);
    }

    @Test
    void platformsAreKeptApartAndOldVideosCountLess() {
        WatchTimeWeights weights =
                weights(", platform: 'device', platforms: ['tv'], age: 'age', age_from: 1, age_half_life: 2");
        learn(weights, 0, 4, "tv", 3);
        learn(weights, 0, 4, "phone", 1);
        float onTv = weigh(weights, example(4, "tv", 0, 4.5f, 4));
        float onPhone = weigh(weights, example(4, "phone", 0, 4.5f, 4));
        assertThat(onTv).isLessThan(0.7f);
        assertThat(onPhone).isGreaterThan(1.5f);
        assertThat(weigh(weights, example(4, "phone", 1, 4.5f, 4))).isEqualTo(onPhone);
        assertThat(weigh(weights, example(4, "phone", 3, 4.5f, 4))).isEqualTo(onPhone / 2);
    }

    @Test
    void savedAndRestoredTheyGoOnToTheBit() {
        WatchTimeWeights inOneGo = weights("");
        WatchTimeWeights stopped = weights("");
        for (int hour = 0; hour < 15; hour++) {
            learn(inOneGo, hour, hour + 1, "tv", 1 + hour % 3);
            learn(stopped, hour, hour + 1, "tv", 1 + hour % 3);
            if (hour % 4 == 1) {
                WatchTimeWeights restored = weights("");
                restored.restore(stopped.save());
                stopped = restored;
            }
            for (float play = 0.5f; play < 9; play += 0.5f) {
                LabeledExample example = example(hour, "tv", 0, 6, play);
                assertThat(weigh(stopped, example)).isEqualTo(weigh(inOneGo, example));
            }
        }
        assertThat(stopped.save()).isEqualTo(inOneGo.save());
        WatchTimeWeights other = new WatchTimeWeights(ModelFixtures.spec("{}"));
        byte[] saved = stopped.save();
        assertThatThrownBy(() -> other.restore(saved)).hasMessageContaining("another model");
    }

    @Test
    void withoutTheBlockNothingIsWeightedOrKept() {
        ModelSpec spec = ModelFixtures.spec("{}");
        WatchTimeWeights weights = new WatchTimeWeights(spec);
        float[] own = {2, 1, 1};
        assertThat(weights.weigh(List.of(example(0, "tv", 0, 1, 1)), new float[] {1, 1, 1}, own))
                .isSameAs(own);
        assertThat(weights.save()).isEmpty();
    }

    @Test
    void mistakesAreNamed() {
        assertThatThrownBy(() -> ModelFixtures.spec(
                        "{watch_weights: {tasks: ['klick'], watch: 'wotch', duration: 'len', platform: 'device'}}"))
                .hasMessageContaining("watch_weights.tasks: found 'klick', expected a task: click")
                .hasMessageContaining("watch_weights.watch: found 'wotch'")
                .hasMessageContaining("watch_weights.duration: found 'len', expected a number feature: age, duration")
                .hasMessageContaining("watch_weights.platforms: found one of platform and platforms");
    }
}

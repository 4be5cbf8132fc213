package freshet.model.papers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import freshet.model.learn.Learner;
import freshet.model.spec.ModelSpec;
import freshet.serde.example.FeatureSchema;
import freshet.serde.example.LabeledExample;
import freshet.serde.example.TaskLabel;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * Covington et al. 2016 (YouTube), section 4.2: the odds that weighted logistic regression learns are the expected watch time,
 * nearly so where few impressions are watched.
 */
class WeightedLogisticTest {
    private static final FeatureSchema SCHEMA = new FeatureSchema(List.of("video"), List.of());
    private static final int LEARNT = 320_000;
    private static final double[] WATCHED = {0.02, 0.05, 0.1, 0.3};
    private static final double[] SECONDS = {40, 10, 20, 6};

    @Test
    void oddsAreTheExpectedWatchTime() {
        Learner paper = learn("weighted_logistic");
        Learner unbiased = learn("unbiased_weighted_logistic");
        for (int video = 0; video < WATCHED.length; video++) {
            double expected = WATCHED[video] * SECONDS[video];
            assertThat(odds(unbiased, video)).as("video %d", video).isCloseTo(expected, within(0.1 * expected));
            double odds = expected / (1 - WATCHED[video]);
            assertThat(odds(paper, video)).as("video %d", video).isCloseTo(odds, within(0.1 * odds));
        }
    }

    private static Learner learn(String loss) {
        ModelSpec spec = PaperStream.spec(
                SCHEMA,
                "[{name: 'watch', loss: '" + loss + "'}]",
                "{embeddings: [{feature: 'video', dim: 1}], wide: true, bottom: [], tower: [],"
                        + " optimizer: {dense: {learning_rate: 1e-6}, wide: {learning_rate: 0.3}}}");
        SplittableRandom random = new SplittableRandom(6);
        return PaperStream.learn(spec, LEARNT, i -> {
            int video = random.nextInt(WATCHED.length);
            // Watch times spread evenly around their mean.
            double seconds = random.nextDouble() < WATCHED[video] ? random.nextDouble(0.2, 1.8) * SECONDS[video] : 0;
            return example(video, (float) seconds);
        });
    }

    private static LabeledExample example(int video, float seconds) {
        return PaperStream.example(
                0, new String[][] {{"v" + video}}, new float[0], List.of(new TaskLabel("watch", seconds, 1)));
    }

    private static double odds(Learner learner, int video) {
        return PaperStream.score(learner, List.of(example(video, 0)))[0][0];
    }
}

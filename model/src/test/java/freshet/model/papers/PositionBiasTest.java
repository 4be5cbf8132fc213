package freshet.model.papers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import freshet.model.learn.Learner;
import freshet.model.spec.ModelSpec;
import freshet.serde.example.FeatureSchema;
import freshet.serde.example.LabeledExample;
import freshet.serde.example.TaskLabel;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * Zhao et al. 2019 (YouTube), section 4.3: clicks fall with the position at which a ranker that is already in place shows a
 * video. The shallow tower learns the positions' part, and what is left orders videos better than a model that was
 * taught the clicks as they came.
 */
class PositionBiasTest {
    private static final FeatureSchema SCHEMA = new FeatureSchema(List.of("video", "position"), List.of());
    private static final double[] BIAS = {0, -0.6, -1.1, -1.5, -1.8};
    private static final int VIDEOS = 60;
    private static final int EXAMPLES = 64_000;
    private static final String MODEL = "seed: 3, embeddings: [{feature: 'video', dim: 4}], wide: true, numbers: [],"
            + " bottom: [], tower: [], optimizer: {dense: {learning_rate: 0.002}, wide: {learning_rate: 0.2},"
            + " shallow: {learning_rate: 0.3}}";

    private final double[] relevance = new double[VIDEOS];
    /** What the ranker in place believes: half wrong, and it decides where a video is shown. */
    private final double[] believed = new double[VIDEOS];

    PositionBiasTest() {
        SplittableRandom random = new SplittableRandom(8);
        for (int video = 0; video < VIDEOS; video++) {
            relevance[video] = 0.8 * random.nextGaussian();
            believed[video] = relevance[video] + 0.8 * random.nextGaussian();
        }
    }

    @Test
    void theShallowTowerRecoversThePositionsAndTheRestRanksBetter() {
        Learner debiased = learn(
                "{" + MODEL + ", shallow: {cross: [['position']], dropout: 0.1, dropped_when_serving: ['position']}}");
        Learner biased = learn("{" + MODEL + "}");
        assertThat(inOrder(debiased)).isGreaterThan(inOrder(biased) + 0.02).isGreaterThan(0.93);

        double[] weights = positionWeights(debiased);
        for (int position = 1; position < BIAS.length; position++) {
            assertThat(weights[position] - weights[0])
                    .as("position %d", position)
                    .isCloseTo(BIAS[position], within(0.2));
        }
    }

    @Test
    void aPositionGivenToAServerChangesNothing() {
        Learner learner = learn(
                "{" + MODEL + ", shallow: {cross: [['position']], dropout: 0.1, dropped_when_serving: ['position']}}");
        float[][] scores = PaperStream.score(
                learner,
                List.of(
                        example(0, 7, "0", 0),
                        example(0, 7, "4", 0),
                        PaperStream.example(0, new String[][] {{"v7"}, {}}, new float[0], List.of())));
        assertThat(scores[1]).isEqualTo(scores[0]);
        assertThat(scores[2]).isEqualTo(scores[0]);
    }

    private Learner learn(String model) {
        ModelSpec spec = PaperStream.spec(SCHEMA, "[{name: 'click'}]", model);
        SplittableRandom random = new SplittableRandom(21);
        List<LabeledExample> page = new ArrayList<>();
        return PaperStream.learn(spec, EXAMPLES, i -> {
            if (page.isEmpty()) {
                page.addAll(page(random, i));
            }
            return page.remove(0);
        });
    }

    /** Five videos, drawn at random and put in the order of the ranker in place. */
    private List<LabeledExample> page(SplittableRandom random, int number) {
        List<Integer> shown = random.ints(BIAS.length, 0, VIDEOS)
                .boxed()
                .sorted((a, b) -> Double.compare(believed[b], believed[a]))
                .toList();
        List<LabeledExample> page = new ArrayList<>();
        for (int position = 0; position < BIAS.length; position++) {
            int video = shown.get(position);
            boolean clicked = random.nextDouble() < PaperStream.sigmoid(relevance[video] + BIAS[position]);
            page.add(example(number + position, video, Integer.toString(position), clicked ? 1 : 0));
        }
        return page;
    }

    private static LabeledExample example(int number, int video, String position, float click) {
        return PaperStream.example(
                number,
                new String[][] {{"v" + video}, {position}},
                new float[0],
                List.of(new TaskLabel("click", click, 1)));
    }

    private double inOrder(Learner learner) {
        List<LabeledExample> videos = new ArrayList<>();
        for (int video = 0; video < VIDEOS; video++) {
            videos.add(example(video, video, "0", 0));
        }
        float[][] predictions = PaperStream.score(learner, videos);
        double[] scores = new double[VIDEOS];
        for (int video = 0; video < VIDEOS; video++) {
            scores[video] = predictions[video][0];
        }
        return PaperStream.pairsInOrder(relevance, scores);
    }

    private static double[] positionWeights(Learner learner) {
        double[] weights = new double[BIAS.length];
        for (int table = 0; table < learner.tableCount(); table++) {
            if (learner.tableName(table).equals("shallow.position")) {
                learner.forEachRow(table, (id, row) -> {
                    for (int position = 0; position < BIAS.length; position++) {
                        if (id == freshet.model.math.Ids.hash(Integer.toString(position))) {
                            weights[position] = row[0];
                        }
                    }
                });
            }
        }
        return weights;
    }
}

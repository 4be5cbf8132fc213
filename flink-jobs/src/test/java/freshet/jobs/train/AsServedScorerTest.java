package freshet.jobs.train;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.serde.example.FeatureValues;
import freshet.serde.example.LabeledExample;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AsServedScorerTest {
    private static final long HOUR = 3_600_000;

    /** A model that answers with the hour it is as of, counted from the start. */
    private record Stamp(long asOfMillis) implements AsServedScorer.Model {
        @Override
        public void score(List<FeatureValues> features, float[] into) {
            assertThat(into).hasSize(features.size());
            Arrays.fill(into, hour(asOfMillis));
        }
    }

    private static float hour(long millis) {
        return (millis - ExampleStreams.START_MILLIS) / HOUR;
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void answersAsIfEverySnapshotWereKept(long seed) {
        Random random = new Random(seed);
        long horizon = 600_000; // the random examples are decided within ten minutes
        List<LabeledExample> examples = new ArrayList<>(ExampleStreams.random(seed, 400, 30 * HOUR, "click"));
        examples.sort(LabeledExample.ORDER);
        AsServedScorer<Stamp> scorer = new AsServedScorer<>(1, horizon);
        TreeSet<Long> all = new TreeSet<>();
        long next = ExampleStreams.START_MILLIS + HOUR;
        for (int start = 0; start < examples.size(); start += 4) {
            List<LabeledExample> batch = examples.subList(start, start + 4);
            for (; next <= batch.get(0).decidedTimeMillis(); next += HOUR) {
                if (random.nextInt(4) > 0) {
                    scorer.publish(next, new Stamp(next));
                    all.add(next);
                }
            }
            scorer.forgetBefore(batch.get(0).decidedTimeMillis());
            float[] scores = new float[4];
            scorer.score(batch, scores);
            for (int i = 0; i < 4; i++) {
                Long expected = all.floor(batch.get(i).eventTimeMillis());
                assertThat(scores[i]).isEqualTo(Float.valueOf(expected == null ? Float.NaN : hour(expected)));
            }
            assertThat(scorer.kept()).hasSizeLessThanOrEqualTo(2);
        }
    }

    @Test
    void servesAnImpressionAtTheHourByTheSnapshotOfThatHour() {
        AsServedScorer<Stamp> scorer = new AsServedScorer<>(1, 0);
        long hour = ExampleStreams.START_MILLIS + HOUR;
        scorer.publish(hour, new Stamp(hour));
        LabeledExample any = ExampleStreams.random(1, 1, HOUR, "click").get(0);
        float[] scores = new float[2];
        scorer.score(List.of(shownAt(any, hour - 1), shownAt(any, hour)), scores);
        assertThat(scores).containsExactly(Float.NaN, 1);
    }

    private static LabeledExample shownAt(LabeledExample example, long millis) {
        return new LabeledExample(
                example.impressionId(),
                example.userId(),
                example.videoId(),
                millis,
                millis,
                example.features(),
                example.labels());
    }
}

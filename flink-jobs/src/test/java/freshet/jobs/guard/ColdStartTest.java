package freshet.jobs.guard;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.jobs.config.FreshetConfig;
import freshet.serde.example.FeatureValues;
import freshet.serde.example.LabeledExample;
import freshet.serde.example.TaskLabel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A new model whose tasks have different horizons is shaken when the first negatives of the longest one come. */
class ColdStartTest {
    private static final long MINUTE = 60_000;
    private static final long START = 1_650_844_800_000L;

    private static final FreshetConfig CONFIG = FreshetConfig.parse("cold", """
            name: cold
            tasks:
              - {name: click, label: {kind: click}, horizon: 1m, loss: logistic}
              - {name: like, label: {kind: like}, horizon: 30m, loss: logistic}
            features: {ids: [{name: user, field: user_id}]}
            model:
              embeddings: [{feature: user, dim: 2}]
              bottom: [2]
              tower: [2]
              optimizer: {sparse: {kind: adagrad, learning_rate: 0.1}, dense: {kind: adam, learning_rate: 0.01}}
            """);

    private final TrainGuard guard =
            new TrainGuard(CONFIG.guard(), CONFIG.model(), Map.of("click", MINUTE, "like", 30 * MINUTE));

    @Test
    void theShockOfTheFirstNegativesStopsNothing() {
        learn(0, 29, 0.95f);
        learn(30, 39, 0.3f);
        assertThat(guard.trip()).isEmpty();
    }

    @Test
    void thatPredictionsGoBadLaterDoes() {
        learn(0, 29, 0.95f);
        learn(30, 39, 0.3f);
        learn(40, 119, 0.95f);
        assertThat(guard.trip()).isEmpty();

        learn(120, 124, 0.1f);

        assertThat(guard.trip()).hasValueSatisfying(trip -> {
            assertThat(trip.reason()).isEqualTo(GuardReason.LOSS);
            assertThat(trip.subject()).isEqualTo("click");
        });
    }

    /** Minutes in which 100 impressions are shown and their clicks decided, each predicted with this probability of what happens. */
    private void learn(int fromMinute, int throughMinute, float probabilityOfTruth) {
        for (long minute = fromMinute; minute <= throughMinute; minute++) {
            List<LabeledExample> batch = new ArrayList<>();
            float[] predictions = new float[100 * 2];
            for (int i = 0; i < 100; i++) {
                long shown = START + minute * MINUTE + i * 100;
                float label = i % 2;
                batch.add(new LabeledExample(
                        "i" + minute + "-" + i,
                        "u",
                        "v",
                        shown,
                        shown + MINUTE,
                        new FeatureValues(new String[][] {{"u"}}, new float[0]),
                        List.of(new TaskLabel("click", label, 1))));
                predictions[2 * i] = label == 1 ? probabilityOfTruth : 1 - probabilityOfTruth;
            }
            guard.learnsAt(batch.get(0).decidedTimeMillis());
            guard.scored(batch, predictions);
        }
    }
}

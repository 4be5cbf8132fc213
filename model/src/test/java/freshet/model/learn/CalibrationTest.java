package freshet.model.learn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import freshet.model.ModelFixtures;
import freshet.model.serve.Ranker;
import freshet.model.snapshot.GoldenRows;
import freshet.model.snapshot.ModelCopy;
import freshet.model.snapshot.SnapshotFixtures;
import freshet.model.spec.ModelSpec;
import freshet.serde.config.ConfigException;
import freshet.serde.example.FeatureValues;
import freshet.serde.snapshot.Snapshot;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CalibrationTest {
    private static final int BATCH = 64;
    private static final ModelSpec SPEC = spec("{name: 'click', calibration: 'platt'}");

    private static ModelSpec spec(String task) {
        return ModelFixtures.spec("{bottom: [], tower: []}", "[" + task + "]");
    }

    /** Which of the outcomes of a logit are seen, and with what weight. */
    private interface Sampling {
        float weight(boolean positive, SplittableRandom random);
    }

    /** Slope and offset after logits whose truth is sigma(slope z + offset). */
    private static float[] fitted(ModelSpec spec, int labels, double slope, double offset, Sampling sampling) {
        Calibration calibration = new Calibration(spec);
        SplittableRandom random = new SplittableRandom(7);
        for (int batch = 0; batch < labels / BATCH; batch++) {
            float[] logits = new float[BATCH];
            float[] positives = new float[BATCH];
            float[] weights = new float[BATCH];
            for (int i = 0; i < BATCH; i++) {
                logits[i] = (float) (random.nextDouble() * 6 - 4);
                boolean positive = random.nextDouble() < 1 / (1 + StrictMath.exp(-slope * logits[i] - offset));
                positives[i] = positive ? 1 : 0;
                weights[i] = sampling.weight(positive, random);
            }
            calibration.learn(logits, positives, weights, new float[BATCH], BATCH);
        }
        return calibration.values().clone();
    }

    @ParameterizedTest(name = "slope {0}, offset {1}")
    @CsvSource({"1, 0", "0.5, 0", "1.5, -1", "0.7, 1", "1, 2"})
    void itFindsWhatTheLogitsLack(double slope, double offset) {
        float[] found = fitted(SPEC, 500_000, slope, offset, (positive, random) -> 1);
        assertThat(found[0]).isCloseTo((float) slope, within(0.1f));
        assertThat(found[1]).isCloseTo((float) offset, within(0.15f));
    }

    @Test
    void fewLabelsMoveItLittle() {
        float[] found = fitted(SPEC, 2 * BATCH, 1, 2, (positive, random) -> 1);
        assertThat(found[0]).isCloseTo(1, within(0.1f));
        assertThat(found[1]).isBetween(0f, 0.3f);
    }

    /** Whichever way says that nine of ten negatives were left out, the predictions are those of all impressions. */
    @Test
    void downSamplingIsUndoneOnce() {
        float[] byWeight =
                fitted(SPEC, 300_000, 1, 0, (positive, random) -> positive ? 1 : random.nextInt(10) == 0 ? 10 : 0);
        assertThat(byWeight[0]).isCloseTo(1, within(0.1f));
        assertThat(byWeight[1]).isCloseTo(0, within(0.1f));
        ModelSpec logOdds = spec("{name: 'click', calibration: 'platt', negatives: {keep: 0.1, undo: 'log_odds'}}");
        float[] byOffset =
                fitted(logOdds, 300_000, 1, 0, (positive, random) -> positive || random.nextInt(10) == 0 ? 1 : 0);
        assertThat(byOffset[0]).isCloseTo(1, within(0.1f));
        assertThat(byOffset[1]).isCloseTo(0, within(0.1f));
    }

    @Test
    void aNegativeAndItsCorrectionAreAPositive() {
        float[] logit = {-1};
        Calibration corrected = new Calibration(SPEC);
        Calibration positive = new Calibration(SPEC);
        for (int i = 0; i < 2_000; i++) {
            corrected.learn(logit, new float[] {0}, new float[] {1}, new float[1], 1);
            corrected.learn(logit, new float[] {1}, new float[] {1}, new float[] {1}, 1);
            positive.learn(logit, new float[] {1}, new float[] {1}, new float[1], 1);
        }
        assertThat(corrected.values()[1] - corrected.values()[0])
                .isCloseTo(positive.values()[1] - positive.values()[0], within(0.5f));
    }

    @Test
    void whatIsNotFiniteIsPassedOver() {
        Calibration calibration = new Calibration(SPEC);
        calibration.learn(new float[] {Float.NaN}, new float[] {1}, new float[] {1}, new float[1], 1);
        assertThat(calibration.values()).containsExactly(1, 0);
    }

    /** The learner, a copy of it and ONNX Runtime say the same, and the order of candidates is that without calibration. */
    @Test
    void everyReaderOfASnapshotGetsIt() throws Exception {
        ModelSpec spec = ModelFixtures.spec(ModelFixtures.FULL, ModelFixtures.CALIBRATED_TASKS);
        Learner learner = SnapshotFixtures.learner(spec, 3, 200);
        Learner plain = SnapshotFixtures.learner(ModelFixtures.spec(ModelFixtures.FULL), 3, 200);
        Snapshot snapshot = SnapshotFixtures.snapshot(learner, 1);
        assertThat(snapshot.manifest().description().calibration()).containsOnlyKeys("click");
        List<FeatureValues> features = SnapshotFixtures.features(5, 20);
        int tasks = spec.taskCount();
        float[] expected = new float[features.size() * tasks];
        ModelCopy.of(snapshot).newScorer().score(features, expected);
        float[] uncalibrated = new float[expected.length];
        ModelCopy.of(plain).newScorer().score(features, uncalibrated);
        try (Ranker ranker = new Ranker(snapshot)) {
            float[] found = new float[expected.length];
            ranker.score(features, found);
            for (int i = 0; i < found.length; i++) {
                assertThat(GoldenRows.agree(found[i], expected[i])).isTrue();
                if (i % tasks > 0) {
                    assertThat(expected[i]).isEqualTo(uncalibrated[i]);
                }
            }
        }
        float[] values =
                learner.denseTensors().get(learner.denseTensors().size() - 1).values();
        for (int row = 0; row < features.size(); row++) {
            double logit = StrictMath.log(uncalibrated[row * tasks] / (1.0 - uncalibrated[row * tasks]));
            double calibrated = 1 / (1 + StrictMath.exp(-values[0] * logit - values[1]));
            assertThat((double) expected[row * tasks]).isCloseTo(calibrated, within(1e-5));
        }
        assertThat(values[0]).isNotEqualTo(1f);
    }

    @Test
    void itIsForProbabilitiesOfOneLogit() {
        assertThatThrownBy(() -> ModelFixtures.tasks("[{name: 'watch', loss: 'squared', calibration: 'platt'}]"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("calibration: found 'platt' where a prediction is not");
        assertThatThrownBy(() -> ModelFixtures.spec(
                        ModelFixtures.PLAIN,
                        "[{name: 'click', calibration: 'platt'}, {name: 'like', product_with: 'click'}]"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("found click with calibration, expected none");
    }
}

package freshet.serde.wire;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.serde.event.DeadLetter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What was written is what is read, for every kind of record and every format. */
class RoundTripTest {
    private static final int RECORDS = 500;

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void avroGivesBackWhatWasWritten(long seed) {
        Samples samples = new Samples(seed);
        ImpressionCodec impressions = new ImpressionCodec();
        FeedbackCodec feedbacks = new FeedbackCodec();
        HistorySeedCodec histories = new HistorySeedCodec();
        FeatureStateCodec states = new FeatureStateCodec();
        ExampleCodec examples = new ExampleCodec(Samples.FEATURES);
        for (int i = 0; i < RECORDS; i++) {
            var impression = samples.impression();
            assertThat(impressions.decode(impressions.encode(impression))).isEqualTo(Decoded.value(impression));
            var feedback = samples.feedback();
            assertThat(feedbacks.decode(feedbacks.encode(feedback))).isEqualTo(Decoded.value(feedback));
            var history = samples.history();
            assertThat(histories.decode(histories.encode(history))).isEqualTo(Decoded.value(history));
            var example = samples.example();
            assertThat(examples.decode(examples.encode(example))).isEqualTo(Decoded.value(example));
            var state = samples.featureState();
            assertThat(states.decode(states.encode(state))).isEqualTo(Decoded.value(state));
            assertThat(FeatureStateCodec.decodeKey(FeatureStateCodec.encodeKey(state.key())))
                    .isEqualTo(Decoded.value(state.key()));
            var frontier = samples.frontier();
            assertThat(examples.decode(examples.encode(frontier))).isEqualTo(Decoded.value(frontier));
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {4, 5})
    void deadLettersGoThereAndBack(long seed) {
        Samples samples = new Samples(seed);
        DeadLetterCodec codec = new DeadLetterCodec();
        for (int i = 0; i < RECORDS; i++) {
            DeadLetter letter = samples.deadLetter();
            DeadLetter read = ((Decoded.Value<DeadLetter>) codec.decode(codec.encode(letter))).value();
            assertThat(read).usingRecursiveComparison().isEqualTo(letter);
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {6, 7})
    void jsonGivesBackWhatWasWritten(long seed) {
        Samples samples = new Samples(seed);
        for (int i = 0; i < RECORDS; i++) {
            var impression = samples.impression();
            assertThat(EventJson.impression(EventJson.toJson(impression))).isEqualTo(Decoded.value(impression));
            var feedback = samples.feedback();
            assertThat(EventJson.feedback(EventJson.toJson(feedback))).isEqualTo(Decoded.value(feedback));
            var history = samples.history();
            assertThat(EventJson.history(EventJson.toJson(history))).isEqualTo(Decoded.value(history));
            var video = Samples.videoOf(impression);
            assertThat(EventJson.video(EventJson.toJson(video))).isEqualTo(Decoded.value(video));
        }
    }
}

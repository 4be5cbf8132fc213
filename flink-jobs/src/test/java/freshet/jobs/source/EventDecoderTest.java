package freshet.jobs.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import freshet.jobs.ViewerEvents;
import freshet.jobs.config.FreshetConfig;
import freshet.serde.config.ConfigException;
import freshet.serde.event.DeadLetter;
import freshet.serde.event.DeadLetter.Reason;
import freshet.serde.event.Feedback;
import freshet.serde.event.HistorySeed;
import freshet.serde.event.Impression;
import freshet.serde.wire.EventJson;
import freshet.serde.wire.FeedbackCodec;
import freshet.serde.wire.HistorySeedCodec;
import freshet.serde.wire.ImpressionCodec;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class EventDecoderTest {
    private static final FreshetConfig AVRO = ViewerEvents.config();
    private static final FreshetConfig JSON = FreshetConfig.parse(
            "test.yaml",
            ViewerEvents.YAML.replace(
                    "  feedback_wait",
                    "  impressions: {format: json}\n  feedback: {format: json}\n  histories: {format: json}\n"
                            + "  feedback_wait"));

    private static final Impression IMPRESSION =
            Impression.builder("i", "u", "v", ViewerEvents.START).build();
    private static final Feedback FEEDBACK = new Feedback("f", "i", "u", "v", ViewerEvents.START, "click", 1);
    private static final HistorySeed HISTORY = new HistorySeed("u", ViewerEvents.START, 3, new TreeMap<>());

    @ParameterizedTest
    @EnumSource
    void everyStreamIsReadInItsFormat(EventStream stream) {
        byte[] avro = switch (stream) {
            case HISTORY -> new HistorySeedCodec().encode(HISTORY);
            case IMPRESSIONS -> new ImpressionCodec().encode(IMPRESSION);
            case FEEDBACK -> new FeedbackCodec().encode(FEEDBACK);
        };
        byte[] json = EventJson.toJson(
                        switch (stream) {
                            case HISTORY -> HISTORY;
                            case IMPRESSIONS -> IMPRESSION;
                            case FEEDBACK -> FEEDBACK;
                        })
                .getBytes(StandardCharsets.UTF_8);

        SourceRecord fromAvro = EventDecoder.ofTopic(stream, AVRO).decode("t", 0, 0, avro);
        SourceRecord fromJson = EventDecoder.ofTopic(stream, JSON).decode("t", 0, 0, json);

        assertThat(((SourceRecord.Good) fromAvro).event()).isEqualTo(((SourceRecord.Good) fromJson).event());
        assertThat(fromAvro.stream()).isEqualTo(stream);
    }

    @ParameterizedTest
    @EnumSource
    void noBytesWhateverTheyAreThrow(EventStream stream) {
        SplittableRandom random = new SplittableRandom(1);
        for (FreshetConfig config : Arrays.asList(AVRO, JSON)) {
            EventDecoder decoder = EventDecoder.ofTopic(stream, config);
            for (int i = 0; i < 2000; i++) {
                byte[] bytes = new byte[random.nextInt(1, 40)];
                random.nextBytes(bytes);
                assertThat(decoder.decode("topic", 3, i, bytes)).isInstanceOf(SourceRecord.Refused.class);
            }
        }
    }

    @Test
    void aDeadLetterSaysWhereAndWhyAndKeepsTheBytes() {
        byte[] bytes = {1, 2, 3};

        SourceRecord record =
                EventDecoder.ofTopic(EventStream.IMPRESSIONS, AVRO).decode("topic", 3, 42, bytes);

        DeadLetter letter = ((SourceRecord.Refused) record).letter();
        assertThat(letter.topic()).isEqualTo("topic");
        assertThat(letter.partition()).isEqualTo(3);
        assertThat(letter.offset()).isEqualTo(42);
        assertThat(letter.reason()).isEqualTo(Reason.UNDECODABLE);
        assertThat(letter.raw()).isEqualTo(bytes);
    }

    @Test
    void aRecordWithoutValueIsEmptyAndAHugeOneTooLong() {
        EventDecoder decoder = EventDecoder.ofTopic(EventStream.FEEDBACK, AVRO);

        assertThat(((SourceRecord.Refused) decoder.decode("t", 0, 0, null))
                        .letter()
                        .reason())
                .isEqualTo(Reason.EMPTY);
        assertThat(((SourceRecord.Refused) decoder.decode("t", 0, 0, new byte[(1 << 20) + 1]))
                        .letter()
                        .reason())
                .isEqualTo(Reason.TOO_LONG);
    }

    @Test
    void aMappingTakesForeignRecordsAndSkipsWhatIsNoEvent() {
        EventDecoder decoder =
                EventDecoder.ofTopic(EventStream.FEEDBACK, FreshetConfig.parse("test.yaml", withMapping("json")));

        SourceRecord mapped = decoder.decode(
                "t",
                0,
                0,
                "{\"id\": \"f\", \"who\": \"u\", \"what\": \"v\", \"at\": 1650844800, \"type\": \"click\"}"
                        .getBytes(StandardCharsets.UTF_8));
        SourceRecord skipped = decoder.decode("t", 0, 1, "{\"type\": \"heartbeat\"}".getBytes(StandardCharsets.UTF_8));

        assertThat(((SourceRecord.Good) mapped).event())
                .isEqualTo(new Feedback("f", null, "u", "v", ViewerEvents.START, "click", 1));
        assertThat(((SourceRecord.Skipped) skipped).condition()).contains("heartbeat");
    }

    @Test
    void aMappingOfAvroWithoutARegistryIsAMistake() {
        assertThatThrownBy(() -> FreshetConfig.parse("test.yaml", withMapping("avro")))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("events.feedback.format: found 'avro' with a mapping");
    }

    private static String withMapping(String format) {
        return ViewerEvents.YAML.replace(
                "  feedback_wait", """
                  feedback:
                    format: %s
                    mapping:
                      skip: [{path: type, is: [heartbeat]}]
                      fields:
                        feedback_id: id
                        user_id: who
                        video_id: what
                        event_time: {path: at, unit: s}
                        kind: type
                  feedback_wait""".formatted(format).indent(2).stripTrailing());
    }
}

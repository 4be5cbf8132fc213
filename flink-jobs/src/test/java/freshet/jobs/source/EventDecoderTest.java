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
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.GenericRecordBuilder;
import org.apache.avro.message.BinaryMessageEncoder;
import org.apache.flink.api.common.functions.util.ListCollector;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
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

    @Test
    void aMappingOfAvroFindsTheWritersSchemaByItsFingerprint(@TempDir Path folder) throws IOException {
        Schema schema = SchemaBuilder.record("shop.Action")
                .fields()
                .requiredString("id")
                .requiredString("who")
                .requiredString("what")
                .requiredLong("at")
                .requiredString("type")
                .endRecord();
        Files.writeString(folder.resolve("action.avsc"), schema.toString());
        Path file = Files.writeString(
                folder.resolve("shop.yaml"),
                withMapping("avro").replace("  feedback_wait", "  schemas: [action.avsc]\n  feedback_wait"));
        GenericRecord action = new GenericRecordBuilder(schema)
                .set("id", "f")
                .set("who", "u")
                .set("what", "v")
                .set("at", ViewerEvents.START / 1000)
                .set("type", "click")
                .build();
        ByteBuffer single = new BinaryMessageEncoder<GenericRecord>(GenericData.get(), schema).encode(action);
        byte[] bytes = Arrays.copyOf(single.array(), single.remaining());

        FreshetConfig config = FreshetConfig.load(file);
        Files.delete(folder.resolve("action.avsc")); // as on a TaskManager, which has the configuration and no file
        EventDecoder decoder = EventDecoder.ofTopic(EventStream.FEEDBACK, FreshetConfig.fromJson(config.json()));

        assertThat(((SourceRecord.Good) decoder.decode("t", 0, 0, bytes)).event())
                .isEqualTo(new Feedback("f", null, "u", "v", ViewerEvents.START, "click", 1));
        bytes[2] ^= 1;
        DeadLetter unknown = ((SourceRecord.Refused) decoder.decode("t", 0, 1, bytes)).letter();
        assertThat(unknown.reason()).isEqualTo(Reason.UNKNOWN_SCHEMA);
        assertThat(unknown.detail()).contains("found fingerprint", "add the file", "events.schemas");
        assertThatThrownBy(() -> FreshetConfig.load(file))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("events.schemas[0]: cannot read ")
                .hasMessageContaining("action.avsc");
    }

    @Test
    void schemasThatAreNoneAreNamedWithTheirPath() {
        String yaml = ViewerEvents.YAML.replace(
                "  feedback_wait",
                "  schemas: [{type: record, name: a}, {type: array, items: string}, 7]\n  feedback_wait");
        assertThatThrownBy(() -> FreshetConfig.parse("test.yaml", yaml))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("events.schemas[0]: found no Avro schema")
                .hasMessageContaining("events.schemas[1]: found the schema of a array, expected a record")
                .hasMessageContaining("events.schemas[2]: found 7");
    }

    @Test
    @SuppressWarnings("NullAway") // opening it does not look at the context
    void theRecordHeaderOfConfluentReachesTheDecoder() {
        FreshetConfig config = FreshetConfig.parse(
                "test.yaml",
                ViewerEvents.YAML.replace("  feedback_wait", "  feedback: {format: confluent}\n  feedback_wait")
                        + "schema_registry: {url: \"http://localhost:1\"}\n");
        EventDeserializer deserializer = new EventDeserializer(EventStream.FEEDBACK, config);
        deserializer.open(null);
        ConsumerRecord<byte[], byte[]> record = new ConsumerRecord<>("t", 3, 42, null, new byte[] {5});
        record.headers().add("__value_schema_id", new byte[] {1, 2});
        List<SourceRecord> out = new ArrayList<>();

        deserializer.deserialize(record, new ListCollector<>(out));

        assertThat(((SourceRecord.Refused) out.get(0)).letter().detail())
                .contains("the record header __value_schema_id: found 0102 at the start of 2 bytes");
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

package freshet.serde.mapping;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import freshet.serde.config.ConfigException;
import freshet.serde.config.ConfigNode;
import freshet.serde.event.DeadLetter.Reason;
import freshet.serde.event.Event;
import freshet.serde.event.Feedback;
import freshet.serde.event.Impression;
import freshet.serde.wire.GenericWire;
import freshet.serde.wire.SchemaId;
import freshet.serde.wire.SchemaSource;
import freshet.serde.wire.SchemaStore;
import freshet.serde.wire.Schemas;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EventMappingTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** The mapping of a product whose records look nothing like ours. */
    private static final String IMPRESSIONS = """
            {"skip": [{"path": "type", "is": ["heartbeat", "test"]},
                      {"path": "item.kind", "is_not": "video"},
                      {"path": "viewer", "missing": true}],
             "fields": {
               "impression_id": "header.uuid",
               "user_id": {"path": "viewer.id"},
               "video_id": "item.id",
               "event_time": {"path": "ts", "unit": "s"},
               "position": {"path": "slot", "add": -1},
               "surface": {"constant": "home"},
               "device": {"path": "agent.device", "default": "unknown", "words": {"MOBILE_PHONE": "phone"}},
               "channel_id": "item.makers[0].id",
               "video_duration_ms": {"path": "item.length", "unit": "s"},
               "ids.tag": {"path": "item.tags", "split": ","},
               "ids.maker": "item.makers[1].id",
               "numbers.price": "item.price"}}
            """;

    private static final String FEEDBACK = """
            {"fields": {"feedback_id": "id", "user_id": "user", "video_id": "video", "event_time": {"path": "at", "unit": "iso8601"},
                        "kind": {"path": "event", "words": {"PLAY_END": "watch"}}, "value": {"path": "seconds", "unit": "s"}}}
            """;

    private static <T extends Event> EventMapping<T> mapping(
            Function<ConfigNode, EventMapping<T>> reader, String json) {
        try {
            ConfigNode root = ConfigNode.root("mapping", JSON.readTree(json));
            EventMapping<T> mapping = reader.apply(root);
            root.check();
            return mapping;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static Mapped<Impression> impression(String record) {
        return MappedWire.json(mapping(EventMapping::impressions, IMPRESSIONS))
                .decode(record.getBytes(StandardCharsets.UTF_8));
    }

    private static Mapped<Feedback> feedback(String record) {
        return MappedWire.json(mapping(EventMapping::feedback, FEEDBACK))
                .decode(record.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void aRecordOfAnyShapeBecomesAnImpression() {
        assertThat(impression("""
                        {"type": "view", "header": {"uuid": "i1"}, "viewer": {"id": 77}, "ts": 1650866400.123, "slot": 3,
                         "agent": {"device": "MOBILE_PHONE"},
                         "item": {"kind": "video", "id": "v1", "length": 61.5, "tags": "a, b,,c", "price": 2.5,
                                  "makers": [{"id": "c1"}, {"id": "c2"}]}}
                        """))
                .isEqualTo(new Mapped.Value<>(Impression.builder("i1", "77", "v1", 1_650_866_400_123L)
                        .position(2)
                        .surface("home")
                        .device("phone")
                        .channelId("c1")
                        .videoDurationMillis(61_500)
                        .ids("tag", List.of("a", "b", "c"))
                        .ids("maker", List.of("c2"))
                        .number("price", 2.5f)
                        .build()));
    }

    @Test
    void whatIsNotThereIsAbsentOrTheDefault() {
        assertThat(impression("""
                        {"type": "view", "header": {"uuid": "i1"}, "viewer": {"id": "u"}, "ts": 1650866400, "item": {"kind": "video", "id": "v1"}}
                        """))
                .isEqualTo(new Mapped.Value<>(Impression.builder("i1", "u", "v1", 1_650_866_400_000L)
                        .surface("home")
                        .device("unknown")
                        .build()));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"type\":\"test\"} | type is [heartbeat, test]",
                "{\"viewer\":{},\"item\":{\"kind\":\"ad\"}} | item.kind is not [video]",
                "{\"viewer\":{}} | item.kind is not [video]",
                "{\"item\":{\"kind\":\"video\"}} | viewer missing"
            })
    void recordsThatAreNotEventsAreSkippedByName(String record, String condition) {
        assertThat(impression(record)).isEqualTo(new Mapped.Skipped<>(condition));
    }

    @ParameterizedTest(name = "{0} of {1} is {2}")
    @CsvSource({
        "ms, 1650866400123, 1650866400123",
        "s, 1650866400, 1650866400000",
        "us, 1650866400123999, 1650866400123",
        "ns, 1650866400123999999, 1650866400123",
        "s, \"1650866400.5\", 1650866400500",
        "iso8601, \"2022-04-25T06:00:00.5Z\", 1650866400500",
        "iso8601, \"2022-04-25T08:00:00+02:00\", 1650866400000"
    })
    void timesComeInAnyUnit(String unit, String time, long millis) {
        String fields = """
                {"fields": {"feedback_id": "id", "user_id": "id", "video_id": "id", "kind": "id",
                            "event_time": {"path": "at", "unit": "%s"}}}
                """.formatted(unit);
        String record = "{\"id\":\"x\",\"at\":" + time + "}";
        Mapped<Feedback> mapped = MappedWire.json(mapping(EventMapping::feedback, fields))
                .decode(record.getBytes(StandardCharsets.UTF_8));
        assertThat(mapped).isEqualTo(new Mapped.Value<>(new Feedback("x", null, "x", "x", millis, "x", 1)));
    }

    @Test
    void wordsAndUnitsOfFeedback() {
        assertThat(feedback("""
                        {"id": "f", "user": "u", "video": "v", "at": "2022-04-25T06:00:00Z", "event": "PLAY_END", "seconds": 12.5}
                        """))
                .isEqualTo(new Mapped.Value<>(new Feedback("f", null, "u", "v", 1_650_866_400_000L, "watch", 12_500)));
    }

    @Test
    void faultsNameTheFieldAndThePathButNoValue() {
        String good = "\"id\":\"f\",\"user\":\"u\",\"video\":\"v\",\"at\":\"2022-04-25T06:00:00Z\"";
        assertBad(feedback("{" + good + ",\"event\":{}}"), Reason.UNDECODABLE, "mapping of kind from path event");
        assertBad(feedback("{" + good + ",\"event\":\"PLAY_END\"}"), Reason.BAD_NUMBER, "mapping of value");
        assertBad(
                feedback("{" + good + ",\"event\":\"x\",\"seconds\":\"secret\"}"),
                Reason.BAD_NUMBER,
                "mapping of value from path seconds: found text, expected a number");
        assertBad(
                feedback("{\"id\":\"f\",\"user\":\"u\",\"video\":\"v\",\"event\":\"x\",\"at\":\"soon\"}"),
                Reason.BAD_TIME,
                "mapping of event_time from path at: found text");
        assertBad(feedback("{" + good + "}"), Reason.MISSING_ID, "after mapping: kind");
        assertBad(feedback("{\"user\":\"\\ud83c\"}"), Reason.UNDECODABLE, "mapping of user_id");
        assertBad(feedback("[]"), Reason.UNDECODABLE, "no JSON object");
        assertBad(feedback("{} {}"), Reason.UNDECODABLE, "not JSON");
        assertBad(feedback(""), Reason.EMPTY, "no bytes");
    }

    private static void assertBad(Mapped<?> mapped, Reason reason, String words) {
        assertThat(mapped).isInstanceOfSatisfying(Mapped.Bad.class, bad -> {
            assertThat(bad.reason()).isEqualTo(reason);
            assertThat(bad.detail()).contains(words).doesNotContain("secret");
        });
    }

    @Test
    void mistakesInTheBlockAreToldTogether() {
        assertThatThrownBy(() -> mapping(EventMapping::impressions, """
                        {"skip": [{"path": "a", "is": "x", "missing": true}],
                         "fields": {"impression_id": "a..b", "user_id": {"path": "u", "constant": "c"}, "video_id": {"default": "x"},
                                    "colour": "c", "numbers.": "x", "position": {"path": "p", "plus": 1},
                                    "surface": {"path": "s", "unit": "days"}}}
                        """))
                .isInstanceOf(ConfigException.class)
                .hasMessageContainingAll(
                        "skip[0].is: found 2 of is, is_not and missing",
                        "fields.impression_id: found 'a..b'",
                        "fields.user_id.path: found both of path and constant",
                        "fields.video_id.path: found neither of path and constant",
                        "fields.colour: not a field of an event",
                        "fields.numbers.: not a field of an event",
                        "fields.position.plus: not a known key",
                        "fields.surface.unit: found 'days'",
                        "fields.event_time: missing");
    }

    private static final Schema AVRO = new Schema.Parser().parse("""
            {"type": "record", "name": "View", "namespace": "their", "fields": [
              {"name": "type", "type": {"type": "enum", "name": "Type", "symbols": ["view", "test"]}},
              {"name": "header", "type": {"type": "map", "values": "string"}},
              {"name": "viewer", "type": ["null", {"type": "record", "name": "Viewer", "fields": [{"name": "id", "type": "long"}]}]},
              {"name": "ts", "type": "double"},
              {"name": "slot", "type": "int"},
              {"name": "item", "type": {"type": "record", "name": "Item", "fields": [
                {"name": "kind", "type": "string"}, {"name": "id", "type": "string"}, {"name": "price", "type": "float"},
                {"name": "tags", "type": {"type": "array", "items": "string"}}]}}]}
            """);

    private static byte[] avro(int schemaId) {
        GenericRecord viewer = new GenericData.Record(
                AVRO.getField("viewer").schema().getTypes().get(1));
        viewer.put("id", 77L);
        GenericRecord item = new GenericData.Record(AVRO.getField("item").schema());
        item.put("kind", "video");
        item.put("id", "v1");
        item.put("price", 2.5f);
        item.put("tags", List.of("a", "b"));
        GenericRecord record = new GenericData.Record(AVRO);
        record.put("type", new GenericData.EnumSymbol(AVRO.getField("type").schema(), "view"));
        record.put("header", Map.of("uuid", "i1"));
        record.put("viewer", viewer);
        record.put("ts", 1_650_866_400.123);
        record.put("slot", 3);
        record.put("item", item);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(new byte[] {0, 0, 0, 0, (byte) schemaId});
        try {
            BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
            new GenericDatumWriter<GenericRecord>(AVRO).write(record, encoder);
            encoder.flush();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return out.toByteArray();
    }

    private static MappedWire<Impression> avroWire() {
        return MappedWire.avro(
                mapping(EventMapping::impressions, IMPRESSIONS),
                GenericWire.confluent(SchemaSource.of(Map.of(
                        new SchemaId.Number(5), AVRO, new SchemaId.Number(6), Schema.create(Schema.Type.STRING)))));
    }

    @Test
    void avroRecordsOfAnySchemaAreMappedToo() {
        assertThat(avroWire().decode(avro(5)))
                .isEqualTo(new Mapped.Value<>(Impression.builder("i1", "77", "v1", 1_650_866_400_123L)
                        .position(2)
                        .surface("home")
                        .device("unknown")
                        .ids("tag", List.of("a", "b"))
                        .number("price", 2.5f)
                        .build()));
        assertBad(avroWire().decode(avro(4)), Reason.UNKNOWN_SCHEMA, "schema id 4");
        assertBad(avroWire().decode(avro(6)), Reason.UNKNOWN_SCHEMA, "the schema of a string");
    }

    @Test
    void soAreSingleObjectRecordsOfTheSchemasInAStore() {
        EventMapping<Impression> mapping = mapping(EventMapping::impressions, IMPRESSIONS);
        byte[] prefixed = avro(5);
        byte[] single = ByteBuffer.allocate(prefixed.length + 5)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put((byte) 0xC3)
                .put((byte) 1)
                .putLong(Schemas.fingerprint(AVRO))
                .put(prefixed, 5, prefixed.length - 5)
                .array();
        assertThat(MappedWire.avro(
                                mapping,
                                GenericWire.singleObject(SchemaStore.known().with(AVRO)))
                        .decode(single))
                .isEqualTo(avroWire().decode(prefixed))
                .isInstanceOf(Mapped.Value.class);
        assertBad(
                MappedWire.avro(mapping, GenericWire.singleObject(SchemaStore.known()))
                        .decode(single),
                Reason.UNKNOWN_SCHEMA,
                "events.schemas");
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2})
    void damagedRecordsNeverThrow(long seed) {
        Random random = new Random(seed);
        MappedWire<Impression> avro = avroWire();
        MappedWire<Impression> json = MappedWire.json(mapping(EventMapping::impressions, IMPRESSIONS));
        byte[] text =
                "{\"type\":\"view\",\"header\":{\"uuid\":\"i1\"},\"viewer\":{\"id\":77},\"ts\":1650866400,\"item\":{\"kind\":\"video\",\"id\":\"v1\"}}"
                        .getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < 20_000; i++) {
            assertThat(avro.decode(damaged(avro(5), random))).isNotNull();
            assertThat(json.decode(damaged(text, random))).isNotNull();
        }
        for (int length = 0; length < text.length; length++) {
            assertThat(json.decode(Arrays.copyOf(text, length))).isInstanceOf(Mapped.Bad.class);
        }
        for (int length = 0; length < avro(5).length; length++) {
            assertThat(avro.decode(Arrays.copyOf(avro(5), length))).isInstanceOf(Mapped.Bad.class);
        }
    }

    private static byte[] damaged(byte[] good, Random random) {
        byte[] bad = good.clone();
        for (int times = random.nextInt(3); times >= 0; times--) {
            bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
        }
        return bad;
    }
}

package freshet.serde.wire;

import static freshet.serde.wire.Refusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import freshet.serde.event.DeadLetter.Reason;
import freshet.serde.event.Feedback;
import freshet.serde.event.Impression;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.EncoderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The hand-written codec against Avro's own library, and records of other versions. */
class EvolutionTest {

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void avrosLibraryReadsWhatWeWriteAndWeReadWhatItWrites(long seed) {
        Samples samples = new Samples(seed);
        ImpressionCodec impressions = new ImpressionCodec();
        ExampleCodec examples = new ExampleCodec(Samples.FEATURES);
        // Small blocks with their sizes before them: the other legal way to write arrays and maps.
        EncoderFactory blocks = new EncoderFactory().configureBlockSize(64);
        for (int i = 0; i < 300; i++) {
            Impression impression = samples.impression();
            GenericRecord generic = Evolution.generic(impression);
            assertThat(generic.get("user_id").toString()).isEqualTo(impression.userId());
            assertThat(generic.get("event_time")).isEqualTo(impression.eventTimeMillis());
            assertThat(impressions.decode(Evolution.written(generic, Schemas.IMPRESSION, blocks)))
                    .isEqualTo(Decoded.value(impression));

            var example = samples.example();
            GenericRecord genericExample = Evolution.generic(examples.encode(example), Schemas.EXAMPLE);
            assertThat(examples.decode(Evolution.written(genericExample, Schemas.EXAMPLE, blocks)))
                    .isEqualTo(Decoded.value(example));
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {4, 5})
    void theGenericWayGivesTheSameAsTheHandWrittenOne(long seed) {
        Schema other = Evolution.reversed(Schemas.IMPRESSION);
        ImpressionCodec codec = new ImpressionCodec(SchemaStore.known().with(other));
        Samples samples = new Samples(seed);
        for (int i = 0; i < 300; i++) {
            Impression impression = samples.impression();
            assertThat(codec.decode(Evolution.written(Evolution.generic(impression), other)))
                    .isEqualTo(Decoded.value(impression));
        }
    }

    @Test
    void whatAnOlderVersionDidNotHaveIsAbsent() {
        Schema older = Evolution.without(
                Schemas.IMPRESSION, "position", "ids", "numbers", "scores", "video_duration_ms", "channel_id");
        ImpressionCodec codec = new ImpressionCodec(SchemaStore.known().with(older));
        Impression full = Impression.builder("i", "u", "v", 1_650_866_400_000L)
                .channelId("c")
                .position(3)
                .surface("home")
                .videoDurationMillis(9_000)
                .number("x", 1)
                .build();
        Impression expected = Impression.builder("i", "u", "v", 1_650_866_400_000L)
                .surface("home")
                .build();
        assertThat(codec.decode(Evolution.written(Evolution.generic(full), older)))
                .isEqualTo(Decoded.value(expected));
    }

    @Test
    void numbersArePromoted() {
        Schema older = SchemaBuilder.record("Feedback")
                .namespace("freshet.event")
                .fields()
                .requiredString("feedback_id")
                .requiredString("user_id")
                .requiredString("video_id")
                .requiredLong("event_time")
                .requiredString("kind")
                .requiredInt("value")
                .endRecord();
        GenericRecord record = new GenericData.Record(older);
        record.put("feedback_id", "f");
        record.put("user_id", "u");
        record.put("video_id", "v");
        record.put("event_time", 1_650_866_400_000L);
        record.put("kind", "watch");
        record.put("value", 1500);
        assertThat(new FeedbackCodec(SchemaStore.known().with(older)).decode(Evolution.written(record, older)))
                .isEqualTo(Decoded.value(new Feedback("f", null, "u", "v", 1_650_866_400_000L, "watch", 1500)));
    }

    @Test
    void aFingerprintThatNobodyKnowsIsAnUnknownSchema() {
        byte[] bytes = new ImpressionCodec().encode(new Samples(1).impression());
        bytes[5] ^= 1;
        assertRefused(
                new ImpressionCodec().decode(bytes),
                Reason.UNKNOWN_SCHEMA,
                "expected a version of freshet.event.Impression");
    }

    @Test
    void anotherKindOfRecordIsAnUnknownSchema() {
        byte[] feedback = new FeedbackCodec().encode(new Samples(1).feedback());
        assertRefused(new ImpressionCodec().decode(feedback), Reason.UNKNOWN_SCHEMA, "freshet.event.Feedback");
    }

    @Test
    void aSchemaWhoseListsCouldBeEndlessIsRefused() {
        Schema trap = SchemaBuilder.record("Feedback")
                .namespace("freshet.event")
                .fields()
                .requiredString("feedback_id")
                .requiredString("user_id")
                .requiredString("video_id")
                .requiredLong("event_time")
                .requiredString("kind")
                .name("nothings")
                .type()
                .array()
                .items()
                .nullType()
                .noDefault()
                .endRecord();
        var codec = new ConfluentWire<>(new FeedbackCodec(), id -> Optional.of(trap));
        assertRefused(codec.decode(new byte[] {0, 0, 0, 0, 1, 2}), Reason.UNKNOWN_SCHEMA, "items take no bytes");
    }

    @Test
    void formatsThatAreMistakenForSingleObjectAreNamed() {
        ImpressionCodec codec = new ImpressionCodec();
        assertRefused(
                codec.decode("{\"impression_id\":1}".getBytes(StandardCharsets.UTF_8)),
                Reason.UNDECODABLE,
                "looks like JSON");
        assertRefused(
                codec.decode(new byte[] {0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7}), Reason.UNDECODABLE, "looks like Confluent");
    }
}

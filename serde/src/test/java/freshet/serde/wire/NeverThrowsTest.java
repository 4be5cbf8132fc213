package freshet.serde.wire;

import static freshet.serde.wire.Refusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import freshet.serde.event.DeadLetter.Reason;
import freshet.serde.event.EventValidator;
import freshet.serde.event.Impression;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever the bytes are, decoding ends with a value or a reason, in memory that the bytes' own length bounds. */
class NeverThrowsTest {

    /** A way of decoding, with good records of its own to damage. */
    record Target(String name, Function<byte[], Decoded<?>> decode, Function<Samples, byte[]> good) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Target> targets() {
        ImpressionCodec impressions = new ImpressionCodec();
        FeedbackCodec feedbacks = new FeedbackCodec();
        HistorySeedCodec histories = new HistorySeedCodec();
        DeadLetterCodec letters = new DeadLetterCodec();
        FeatureStateCodec states = new FeatureStateCodec();
        ExampleCodec examples = new ExampleCodec(Samples.FEATURES);
        Schema older = Evolution.reversed(Schemas.IMPRESSION);
        ImpressionCodec both = new ImpressionCodec(SchemaStore.known().with(older));
        var confluent = new ConfluentWire<>(
                new ImpressionCodec(), SchemaSource.of(Map.of(new SchemaId.Number(7), Schemas.IMPRESSION)));
        return Stream.of(
                new Target("impression", impressions::decode, samples -> impressions.encode(samples.impression())),
                new Target("feedback", feedbacks::decode, samples -> feedbacks.encode(samples.feedback())),
                new Target("history", histories::decode, samples -> histories.encode(samples.history())),
                new Target("dead letter", letters::decode, samples -> letters.encode(samples.deadLetter())),
                new Target("feature state", states::decode, samples -> states.encode(samples.featureState())),
                new Target("example", examples::decode, samples -> examples.encode(samples.example())),
                new Target("frontier", examples::decode, samples -> examples.encode(samples.frontier())),
                new Target(
                        "impression of another version",
                        both::decode,
                        samples -> Evolution.written(Evolution.generic(samples.impression()), older)),
                new Target("confluent", confluent::decode, samples -> confluent.encode(7, samples.impression())),
                new Target(
                        "json impression",
                        bytes -> EventJson.impression(new String(bytes, StandardCharsets.UTF_8)),
                        samples -> EventJson.toJson(samples.impression()).getBytes(StandardCharsets.UTF_8)),
                new Target(
                        "json feedback",
                        bytes -> EventJson.feedback(new String(bytes, StandardCharsets.UTF_8)),
                        samples -> EventJson.toJson(samples.feedback()).getBytes(StandardCharsets.UTF_8)),
                new Target(
                        "json history",
                        bytes -> EventJson.history(new String(bytes, StandardCharsets.UTF_8)),
                        samples -> EventJson.toJson(samples.history()).getBytes(StandardCharsets.UTF_8)),
                new Target(
                        "json video",
                        bytes -> EventJson.video(new String(bytes, StandardCharsets.UTF_8)),
                        samples -> EventJson.toJson(Samples.videoOf(samples.impression()))
                                .getBytes(StandardCharsets.UTF_8)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("targets")
    void randomBytes(Target target) {
        Random random = new Random(11);
        byte[] header = Arrays.copyOf(target.good.apply(new Samples(1)), AvroCodec.HEADER_BYTES);
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = new byte[random.nextInt(200)];
            random.nextBytes(bytes);
            if (random.nextBoolean()) {
                // Behind a good header, or nothing would get further than that.
                System.arraycopy(header, 0, bytes, 0, Math.min(header.length, bytes.length));
            }
            assertThat(target.decode.apply(bytes)).isNotNull();
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("targets")
    void everyTruncationIsRefused(Target target) {
        Samples samples = new Samples(12);
        for (int i = 0; i < 20; i++) {
            byte[] good = target.good.apply(samples);
            for (int length = 0; length < good.length; length++) {
                assertThat(target.decode.apply(Arrays.copyOf(good, length))).isInstanceOf(Decoded.Bad.class);
            }
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("targets")
    void bytesAfterTheEndAreRefused(Target target) {
        byte[] good = target.good.apply(new Samples(13));
        byte[] longer = Arrays.copyOf(good, good.length + 1);
        assertThat(target.decode.apply(good)).isInstanceOf(Decoded.Value.class);
        assertThat(target.decode.apply(longer)).isInstanceOf(Decoded.Bad.class);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("targets")
    void flippedBits(Target target) {
        Samples samples = new Samples(14);
        Random random = new Random(14);
        for (int i = 0; i < 100; i++) {
            byte[] good = target.good.apply(samples);
            for (int flip = 0; flip < 100; flip++) {
                byte[] bad = good.clone();
                for (int times = random.nextInt(3); times >= 0; times--) {
                    bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
                }
                assertThat(target.decode.apply(bad)).isNotNull();
            }
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("targets")
    void aBombInEveryPlace(Target target) {
        byte[][] bombs = {number(Integer.MAX_VALUE), number(Long.MAX_VALUE), number(Long.MIN_VALUE), number(-1)};
        Samples samples = new Samples(15);
        for (int i = 0; i < 10; i++) {
            byte[] good = target.good.apply(samples);
            for (int place = 0; place <= good.length; place++) {
                for (byte[] bomb : bombs) {
                    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                    bytes.write(good, 0, place);
                    bytes.writeBytes(bomb);
                    bytes.write(good, place, good.length - place);
                    assertThat(target.decode.apply(bytes.toByteArray())).isNotNull();
                }
            }
        }
    }

    @Test
    void nothingIsEmpty() {
        assertRefused(new ImpressionCodec().decode(null), Reason.EMPTY, "found no bytes");
        assertRefused(new ImpressionCodec().decode(new byte[0]), Reason.EMPTY, "found no bytes");
        assertRefused(new ExampleCodec(Samples.FEATURES).decode(null), Reason.EMPTY, "found no bytes");
        assertRefused(EventJson.feedback("  "), Reason.EMPTY, "found nothing");
    }

    @Test
    void aRecordOverTheLimitIsNotLookedAt() {
        byte[] good = new ImpressionCodec().encode(new Samples(1).impression());
        byte[] huge = Arrays.copyOf(good, EventValidator.MAX_RECORD_BYTES + 1);
        assertRefused(new ImpressionCodec().decode(huge), Reason.TOO_LONG, "1048577 bytes");
        assertRefused(
                EventJson.impression("{" + " ".repeat(EventValidator.MAX_RECORD_BYTES)),
                Reason.TOO_LONG,
                "1048577 characters");
    }

    @Test
    void whatIsOverALimitInsideARecordIsTooLong() {
        ImpressionCodec codec = new ImpressionCodec();
        var plain = Impression.builder("i", "u", "v", 1_650_866_400_000L);
        byte[] text = codec.encode(plain.channelId("x".repeat(513)).build());
        assertRefused(codec.decode(text), Reason.TOO_LONG, "channel_id: found 513 bytes");
        byte[] list = codec.encode(
                plain.channelId(null).ids("tag", Collections.nCopies(1025, "")).build());
        assertRefused(codec.decode(list), Reason.TOO_LONG, "ids: found 1025 items");
    }

    @Test
    void textThatIsNotUtf8IsRefusedRatherThanRepaired() {
        FeedbackCodec codec = new FeedbackCodec();
        byte[] bytes = codec.encode(new Samples(2).feedback());
        // The first letter of the feedback's id stands behind the header and a length.
        bytes[AvroCodec.HEADER_BYTES + 1] = (byte) 0xFF;
        assertRefused(codec.decode(bytes), Reason.UNDECODABLE, "feedback_id: found bytes that are not UTF-8");
    }

    @Test
    void jsonOfTheWrongShapeSaysWhere() {
        List<String[]> cases = List.of(
                new String[] {"[]", "expected a JSON object"},
                new String[] {"{\"impression_id\":{}}", "impression_id: found keys and values, expected text"},
                new String[] {"{\"impression_id\":true}", "impression_id"},
                new String[] {"{\"event_time\":\"now\"}", "event_time: found text, expected a whole number"},
                new String[] {"{\"event_time\":1e12}", "event_time: found a number, expected a whole number"},
                new String[] {"{\"event_time\":99999999999999999999}", "event_time"},
                new String[] {"{\"position\":4294967296}", "position"},
                new String[] {"{\"ids\":[]}", "ids: found a list, expected names and lists"},
                new String[] {"{\"ids\":{\"tag\":\"a\"}}", "ids: found text, expected a list of ids"},
                new String[] {"{\"ids\":{\"tag\":[null]}}", "ids: found null"},
                new String[] {"{\"numbers\":{\"x\":\"1\"}}", "numbers.x: found text, expected a number"},
                new String[] {"{\"numbers\":{\"x\":NaN}}", "not JSON"},
                new String[] {"{\"user_id\":\"\\ud83c\"}", "user_id: found half a character"},
                new String[] {"{\"user_id\":\"u\"} {}", "found more after"},
                new String[] {"{\"user_id\":\"u\"", "not JSON"},
                new String[] {"[".repeat(100_000), "expected a JSON object"},
                new String[] {"{\"other\":" + "[".repeat(100_000), "not JSON"});
        for (String[] example : cases) {
            assertThat(EventJson.impression(example[0]))
                    .as(example[0].substring(0, Math.min(60, example[0].length())))
                    .isInstanceOfSatisfying(
                            Decoded.Bad.class, bad -> assertThat(bad.detail()).contains(example[1]));
        }
        String infinite = "{\"impression_id\":\"i\",\"user_id\":\"u\",\"video_id\":\"v\",\"event_time\":1650866400000,"
                + "\"numbers\":{\"x\":1e400}}";
        assertRefused(EventJson.impression(infinite), Reason.BAD_NUMBER, "numbers.x");
        assertRefused(EventJson.feedback("{\"kind\":\"watch\"}"), Reason.BAD_NUMBER, "value: found none");
    }

    private static byte[] number(long value) {
        AvroOutput out = new AvroOutput();
        out.longNumber(value);
        return out.toByteArray();
    }
}

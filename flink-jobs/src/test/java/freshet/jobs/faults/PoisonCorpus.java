package freshet.jobs.faults;

import freshet.jobs.ViewerEvents;
import freshet.jobs.config.FreshetConfig;
import freshet.jobs.source.ReplayToKafka;
import freshet.serde.event.DeadLetter.Reason;
import freshet.serde.event.Event;
import freshet.serde.event.Feedback;
import freshet.serde.event.HistorySeed;
import freshet.serde.event.Impression;
import freshet.serde.example.FeatureValues;
import freshet.serde.example.LabeledExample;
import freshet.serde.wire.ConfluentWire;
import freshet.serde.wire.Decoded;
import freshet.serde.wire.EventJson;
import freshet.serde.wire.ExampleCodec;
import freshet.serde.wire.HistorySeedCodec;
import freshet.serde.wire.ImpressionCodec;
import freshet.serde.wire.SchemaId;
import freshet.serde.wire.SchemaSource;
import freshet.serde.wire.Schemas;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * Good events with poison in their middle: impressions in Confluent's format, feedback as JSON, histories in our Avro; and poison
 * alone in the topics of examples, commands and snapshots. Drawn from a seed.
 */
final class PoisonCorpus {
    private static final int UNKNOWN_SCHEMA = 99;
    private static final int PARTITIONS = 2;
    private static final int BOMBS_OF_EACH_KIND = 20;
    private static final long TIME = ViewerEvents.START;
    private static final byte[] NOISE = {(byte) 0xFF, (byte) 0xFE, 0, 1, 2, 3};

    private final FreshetConfig config;
    private final List<Event> events;
    private final SplittableRandom random = new SplittableRandom(61);
    private final ImpressionCodec impressionCodec = new ImpressionCodec();
    private final ConfluentWire<Impression> wire = new ConfluentWire<>(
            impressionCodec,
            SchemaSource.of(Map.of(new SchemaId.Number(SchemaRegistry.IMPRESSIONS), Schemas.IMPRESSION)));
    private final HistorySeedCodec historyCodec = new HistorySeedCodec();
    private final ExampleCodec exampleCodec;
    private final SortedMap<String, String> expected = new TreeMap<>();

    /** One bad record. */
    private record Poison(Reason reason, byte @Nullable [] bytes) {}

    /**
     * @param events the good ones, in the order of their arrival
     */
    PoisonCorpus(FreshetConfig config, List<Event> events) {
        this.config = config;
        this.events = events;
        this.exampleCodec = new ExampleCodec(config.features().schema());
    }

    /** The reason of each dead letter that there must be, by topic, partition and offset. */
    SortedMap<String, String> expected() {
        return expected;
    }

    /** Puts everything into the topics. */
    void send(FreshetConfig deployed) throws IOException {
        Properties properties = deployed.kafka().forProducers();
        properties.setProperty(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, String.valueOf(ReplayToKafka.MAX_REQUEST_BYTES));
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer())) {
            int half = events.size() / 2;
            events.subList(0, half).forEach(event -> producer.send(good(event)));
            send(producer, config.topics().impressions(), impressions());
            send(producer, config.topics().feedback(), feedback());
            send(producer, config.topics().histories(), histories());
            send(producer, config.topics().examples(), examples());
            events.subList(half, events.size()).forEach(event -> producer.send(good(event)));
            for (byte[] key : new byte[][] {null, NOISE, utf8("command/x"), utf8("answer/y")}) {
                producer.send(new ProducerRecord<>(config.topics().trainerControl(), 0, key, NOISE));
                producer.send(new ProducerRecord<>(config.topics().trainerControl(), 0, key, null));
                producer.send(new ProducerRecord<>(config.topics().snapshots(), 0, key, NOISE));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("sending poison: interrupted", e);
        } catch (ExecutionException e) {
            throw new IOException("sending poison: " + e.getCause(), e);
        }
    }

    private void send(KafkaProducer<byte[], byte[]> producer, String topic, List<Poison> corpus)
            throws ExecutionException, InterruptedException {
        int partition = 0;
        for (Poison poison : corpus) {
            var place = producer.send(new ProducerRecord<>(topic, partition, null, poison.bytes))
                    .get();
            expected.put(topic + "-" + partition + "@" + place.offset(), poison.reason.label());
            partition = topic.equals(config.topics().histories()) ? 0 : (partition + 1) % PARTITIONS;
        }
    }

    private ProducerRecord<byte[], byte[]> good(Event event) {
        int partition = Math.floorMod(event.userId().hashCode(), PARTITIONS);
        if (event instanceof Impression impression) {
            return new ProducerRecord<>(
                    config.topics().impressions(),
                    partition,
                    null,
                    wire.encode(SchemaRegistry.IMPRESSIONS, impression));
        }
        return event instanceof HistorySeed seed
                ? new ProducerRecord<>(config.topics().histories(), 0, null, historyCodec.encode(seed))
                : new ProducerRecord<>(config.topics().feedback(), partition, null, utf8(EventJson.toJson(event)));
    }

    private List<Poison> impressions() {
        byte[] good = wire.encode(
                SchemaRegistry.IMPRESSIONS,
                shown().ids("tag", List.of("a", "b")).build());
        byte[] unknown = wire.encode(UNKNOWN_SCHEMA, shown().build());
        List<Poison> corpus = new ArrayList<>(List.of(
                new Poison(Reason.EMPTY, null),
                new Poison(Reason.EMPTY, new byte[0]),
                new Poison(Reason.UNDECODABLE, NOISE),
                new Poison(Reason.UNDECODABLE, Arrays.copyOf(good, good.length - 3)),
                new Poison(Reason.UNKNOWN_SCHEMA, unknown),
                new Poison(Reason.TOO_LONG, Arrays.copyOf(good, 1_200_000)),
                refused(Reason.TOO_LONG, shown().channelId("x".repeat(100_000)).build()),
                refused(
                        Reason.TOO_LONG,
                        shown().ids("tag", Collections.nCopies(20_000, "t")).build()),
                refused(Reason.BAD_NUMBER, shown().number("n", Float.NaN).build()),
                refused(
                        Reason.BAD_NUMBER,
                        shown().number("n", Float.NEGATIVE_INFINITY).build()),
                refused(
                        Reason.MISSING_ID,
                        Impression.builder("", "u", "v", TIME).build()),
                refused(
                        Reason.BAD_TIME,
                        Impression.builder("i", "u", "v", TIME * 1000).build()),
                refused(
                        Reason.BAD_TIME,
                        Impression.builder("i", "u", "v", TIME / 1000).build())));
        corpus.addAll(bombs(good, wire::decode));
        return corpus;
    }

    private static Impression.Builder shown() {
        return Impression.builder("poison", "u1", "v1", TIME);
    }

    private Poison refused(Reason reason, Impression impression) {
        return new Poison(reason, wire.encode(SchemaRegistry.IMPRESSIONS, impression));
    }

    private static List<Poison> feedback() {
        String good = EventJson.toJson(new Feedback("f", "i", "u", "v", TIME, "watch", 7));
        return List.of(
                new Poison(Reason.EMPTY, null),
                new Poison(Reason.UNDECODABLE, NOISE),
                new Poison(Reason.UNDECODABLE, utf8(good.substring(0, good.length() - 3))),
                new Poison(Reason.UNDECODABLE, utf8("[".repeat(100_000))),
                new Poison(Reason.UNDECODABLE, utf8(good.replace("7", "NaN"))),
                new Poison(Reason.TOO_LONG, utf8("{" + " ".repeat(1_200_000) + "}")),
                new Poison(Reason.TOO_LONG, utf8(good.replace("\"u\"", "\"" + "u".repeat(50_000) + "\""))),
                new Poison(Reason.MISSING_ID, utf8(good.replace("\"u\"", "\"\""))),
                new Poison(
                        Reason.BAD_NUMBER, utf8(EventJson.toJson(new Feedback("f", "i", "u", "v", TIME, "watch", -7)))),
                new Poison(Reason.BAD_TIME, utf8(good.replace("" + TIME, TIME + "000"))));
    }

    private List<Poison> histories() {
        byte[] good =
                historyCodec.encode(new HistorySeed("u", TIME, 3, new TreeMap<>(Map.of("shown", List.of("v1", "v2")))));
        List<Poison> corpus = new ArrayList<>(List.of(
                new Poison(Reason.EMPTY, null),
                new Poison(Reason.UNDECODABLE, NOISE),
                new Poison(Reason.TOO_LONG, Arrays.copyOf(good, 1_200_000))));
        corpus.addAll(bombs(good, historyCodec::decode));
        return corpus;
    }

    private List<Poison> examples() {
        byte[] good = exampleCodec.encode(new LabeledExample(
                "poison",
                "u",
                "v",
                TIME,
                TIME,
                new FeatureValues(
                        new String[config.features().schema().idNames().size()][0],
                        new float[config.features().schema().numberNames().size()]),
                List.of()));
        List<Poison> corpus =
                new ArrayList<>(List.of(new Poison(Reason.EMPTY, null), new Poison(Reason.UNDECODABLE, NOISE)));
        corpus.addAll(bombs(good, exampleCodec::decode));
        return corpus;
    }

    /** Numbers that claim gigabytes, or a negative count, put into places of a good record where they are refused. */
    private List<Poison> bombs(byte[] good, Function<byte[], Decoded<?>> decode) {
        byte[][] claims = {number(Integer.MAX_VALUE), number(Long.MAX_VALUE), number(Long.MIN_VALUE), number(-1)};
        List<Poison> bombs = new ArrayList<>();
        for (byte[] claim : claims) {
            for (int found = 0; found < BOMBS_OF_EACH_KIND; ) {
                int place = random.nextInt(10, good.length);
                ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                bytes.write(good, 0, place);
                bytes.writeBytes(claim);
                bytes.write(good, place, good.length - place);
                if (decode.apply(bytes.toByteArray()) instanceof Decoded.Bad<?> bad) {
                    bombs.add(new Poison(bad.reason(), bytes.toByteArray()));
                    found++;
                }
            }
        }
        return bombs;
    }

    /** As Avro writes a long. */
    private static byte[] number(long value) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        long rest = (value << 1) ^ (value >> 63);
        while ((rest & ~0x7FL) != 0) {
            out.write((int) (rest & 0x7F | 0x80));
            rest >>>= 7;
        }
        out.write((int) rest);
        return out.toByteArray();
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}

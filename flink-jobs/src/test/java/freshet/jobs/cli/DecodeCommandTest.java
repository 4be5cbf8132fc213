package freshet.jobs.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import freshet.jobs.local.EmbeddedKafka;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The samples of {@code deploy/guide/bring-your-own-events.md}: a file of JSON, and Avro on a topic with its schema in a registry. */
class DecodeCommandTest {
    private static final Path GUIDE = Path.of("../deploy/guide");
    private static final Path CONFIG = GUIDE.resolve("bring-your-own-events.yaml");
    private static final int SCHEMA_ID = 7;

    @TempDir
    Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int decode(String... arguments) {
        CommandLine command = Main.commandLine();
        command.setOut(new PrintWriter(out, true));
        command.setErr(new PrintWriter(err, true));
        return command.execute(arguments);
    }

    @Test
    void aFileOfTheirJson() {
        String samples = GUIDE.resolve("samples/views.jsonl").toString();

        assertThat(decode("decode", "--config", CONFIG.toString(), "--stream", "impressions", "--records", samples))
                .isEqualTo(1);
        assertThat(out.toString().lines())
                .containsExactly(
                        "{\"impression_id\":\"a1\",\"request_id\":\"r1\",\"user_id\":\"4711\",\"event_time\":1772434805120,"
                                + "\"video_id\":\"v12\",\"channel_id\":\"c3\",\"position\":0,\"device\":\"phone\","
                                + "\"surface\":\"home\",\"user_language\":\"de\",\"video_duration_ms\":42500,"
                                + "\"video_published_at\":1771695204000,\"ids\":{\"tag\":[\"music\",\"live\"]},"
                                + "\"numbers\":{\"price\":0.5}}",
                        "{\"impression_id\":\"a2\",\"request_id\":\"r1\",\"user_id\":\"4711\",\"event_time\":1772434805120,"
                                + "\"video_id\":\"v7\",\"channel_id\":\"c1\",\"position\":1,\"device\":\"web\","
                                + "\"surface\":\"home\",\"user_language\":\"en\",\"video_duration_ms\":61000}");
        assertThat(err.toString().lines())
                .containsExactly(
                        "line 3: skipped, since type is not [served]",
                        "line 4: skipped, since viewer.id missing",
                        "line 5: skipped, since viewer.kind is [bot, test]",
                        "line 6: refused, bad_time: mapping of event_time from path header.at: found text, expected a time"
                                + " such as 2022-04-25T06:00:00Z",
                        "2 events, 3 skipped, 1 refused");
    }

    @Test
    void aTopicOfTheirAvroWithItsSchemaInARegistry() throws IOException {
        Schema schema =
                new Schema.Parser().parse(GUIDE.resolve("samples/action.avsc").toFile());
        HttpServer registry = registryOf(schema);
        try (EmbeddedKafka kafka = EmbeddedKafka.start(folder.resolve("kafka"))) {
            kafka.createTopic("shop.actions", 2, Map.of());
            send(kafka.bootstrapServers(), schema);
            Path config = Files.writeString(
                    folder.resolve("my.yaml"),
                    Files.readString(CONFIG)
                            .replace("127.0.0.1:9092", kafka.bootstrapServers())
                            .replace(":8085", ":" + registry.getAddress().getPort()));

            assertThat(decode("decode", "--config", config.toString(), "--stream", "feedback"))
                    .isZero();
            assertThat(out.toString().lines())
                    .containsExactly(
                            "{\"feedback_id\":\"b1\",\"impression_id\":\"a1\",\"user_id\":\"4711\",\"video_id\":\"v12\","
                                    + "\"event_time\":1772434807250,\"kind\":\"click\",\"value\":1}",
                            "{\"feedback_id\":\"b2\",\"impression_id\":\"a1\",\"user_id\":\"4711\",\"video_id\":\"v12\","
                                    + "\"event_time\":1772434829000,\"kind\":\"watch\",\"value\":21750}",
                            "{\"feedback_id\":\"b4\",\"user_id\":\"4711\",\"video_id\":\"v12\","
                                    + "\"event_time\":1772434831000,\"kind\":\"like\",\"value\":1}");
            assertThat(err.toString().lines())
                    .containsExactly(
                            "shop.actions-1:2: skipped, since action is [SCROLL, PAUSE]",
                            "3 events, 1 skipped, 0 refused");

            out.getBuffer().setLength(0);
            assertThat(decode("decode", "--config", config.toString(), "--stream", "feedback", "--last", "1"))
                    .isZero();
            assertThat(out.toString()).contains("b4").doesNotContain("b1");

            registry.stop(0);
            assertThat(decode("decode", "--config", config.toString(), "--stream", "feedback"))
                    .as("without the schema nothing can be said of the record")
                    .isEqualTo(Main.NOT_POSSIBLE);
            assertThat(err.toString()).contains("freshet: asking the schema registry");
        } finally {
            registry.stop(0);
        }
    }

    @Test
    void aTopicThatIsNotThereIsSaid() throws IOException {
        try (EmbeddedKafka kafka = EmbeddedKafka.start(folder.resolve("kafka"))) {
            Path config = Files.writeString(
                    folder.resolve("my.yaml"),
                    Files.readString(CONFIG).replace("127.0.0.1:9092", kafka.bootstrapServers()));

            assertThat(decode("decode", "--config", config.toString(), "--stream", "impressions"))
                    .isEqualTo(Main.NOT_POSSIBLE);
            assertThat(err.toString()).contains("shop.views: found none, expected it to exist");
        }
    }

    private static HttpServer registryOf(Schema schema) throws IOException {
        HttpServer registry = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        byte[] answer = new ObjectMapper().writeValueAsBytes(Map.of("schema", schema.toString()));
        registry.createContext("/schemas/ids/" + SCHEMA_ID, exchange -> {
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
        registry.start();
        return registry;
    }

    /** The sample's records, as a producer with Confluent's serializer writes them. */
    private static void send(String brokers, Schema schema) throws IOException {
        GenericDatumReader<GenericRecord> reader = new GenericDatumReader<>(schema);
        GenericDatumWriter<GenericRecord> writer = new GenericDatumWriter<>(schema);
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", brokers), new ByteArraySerializer(), new ByteArraySerializer())) {
            for (String line : Files.readAllLines(GUIDE.resolve("samples/actions.jsonl"))) {
                GenericRecord record = reader.read(null, DecoderFactory.get().jsonDecoder(schema, line));
                ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                bytes.write(0);
                bytes.write(ByteBuffer.allocate(4).putInt(SCHEMA_ID).array());
                BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(bytes, null);
                writer.write(record, encoder);
                encoder.flush();
                producer.send(new ProducerRecord<>(
                        "shop.actions", 1, "4711".getBytes(StandardCharsets.UTF_8), bytes.toByteArray()));
            }
        }
    }
}

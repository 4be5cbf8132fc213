package freshet.serde.wire;

import static freshet.serde.wire.Refusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import freshet.serde.event.DeadLetter.Reason;
import freshet.serde.event.Impression;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.avro.Schema;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Confluent's wire format against a registry that is a real HTTP server in this process. */
class ConfluentWireTest {
    private static final String NOT_FOUND = "{\"error_code\":40403,\"message\":\"Schema not found\"}";

    private record Answer(int status, String body) {}

    private final Map<String, Answer> answers = new ConcurrentHashMap<>();
    private final AtomicInteger requests = new AtomicInteger();
    private final AtomicReference<String> authorization = new AtomicReference<>("");
    private final Impression impression = new Samples(1).impression();
    private HttpServer server;
    private URI address;

    @BeforeEach
    void startRegistry() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            requests.incrementAndGet();
            String given = exchange.getRequestHeaders().getFirst("Authorization");
            authorization.set(given == null ? "" : given);
            Answer answer = answers.getOrDefault(exchange.getRequestURI().getPath(), new Answer(404, NOT_FOUND));
            byte[] body = answer.body.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(answer.status, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        address = URI.create("http://localhost:" + server.getAddress().getPort() + "/");
    }

    @AfterEach
    void stopRegistry() {
        server.stop(0);
    }

    private void register(int id, Schema schema) throws IOException {
        answers.put("/schemas/ids/" + id, answers(schema));
    }

    private static Answer answers(Schema schema) throws IOException {
        return new Answer(200, new ObjectMapper().writeValueAsString(Map.of("schema", schema.toString())));
    }

    private ConfluentWire<Impression> wire() {
        return new ConfluentWire<>(new ImpressionCodec(), SchemaRegistryClient.at(address));
    }

    @Test
    void aRecordOfOurSchemaIsReadAndTheRegistryAskedOnce() throws IOException {
        register(42, Schemas.IMPRESSION);
        ConfluentWire<Impression> wire = wire();
        byte[] bytes = wire.encode(42, impression);
        assertThat(bytes).startsWith(0, 0, 0, 0, 42);
        for (int i = 0; i < 3; i++) {
            assertThat(wire.decode(bytes)).isEqualTo(Decoded.value(impression));
        }
        assertThat(requests).hasValue(1);
    }

    @Test
    void aRecordOfAnotherVersionIsResolved() throws IOException {
        Schema other = Evolution.reversed(Schemas.IMPRESSION);
        register(0x01020304, other);
        byte[] single = Evolution.written(Evolution.generic(impression), other);
        byte[] bytes = new byte[single.length - AvroCodec.HEADER_BYTES + ConfluentHeader.PREFIX_BYTES];
        System.arraycopy(new byte[] {0, 1, 2, 3, 4}, 0, bytes, 0, 5);
        System.arraycopy(single, AvroCodec.HEADER_BYTES, bytes, 5, bytes.length - 5);
        assertThat(wire().decode(bytes)).isEqualTo(Decoded.value(impression));
    }

    @Test
    void theSchemaMayBeNamedInARecordHeader() throws IOException {
        UUID guid = UUID.fromString("89791762-2336-186f-9674-99b90a8e2e24");
        answers.put("/schemas/guids/" + guid, answers(Evolution.reversed(Schemas.IMPRESSION)));
        register(42, Schemas.IMPRESSION);
        byte[] byGuid = HexFormat.of().parseHex("01" + "897917622336186f967499b90a8e2e24");
        byte[] single = Evolution.written(Evolution.generic(impression), Evolution.reversed(Schemas.IMPRESSION));
        byte[] fields = Arrays.copyOfRange(single, AvroCodec.HEADER_BYTES, single.length);
        ConfluentWire<Impression> wire = wire();

        assertThat(wire.decode(byGuid, fields)).isEqualTo(Decoded.value(impression));
        assertThat(wire.decode(byGuid, fields)).isEqualTo(Decoded.value(impression));
        assertThat(requests).hasValue(1);
        // The same topic from before its producers were told to: the prefix is read on.
        assertThat(wire.decode(null, wire.encode(42, impression))).isEqualTo(Decoded.value(impression));
        byte[] bare = wire.encode(42, impression);
        assertThat(wire.decode(
                        new byte[] {0, 0, 0, 0, 42},
                        Arrays.copyOfRange(bare, ConfluentHeader.PREFIX_BYTES, bare.length)))
                .isEqualTo(Decoded.value(impression));
    }

    @Test
    void aRecordHeaderThatNamesNoSchemaIsTheRecordsFault() {
        ConfluentWire<Impression> wire = wire();
        byte[] guid = Arrays.copyOf(new byte[] {1, 2, 3}, 17);
        assertRefused(
                wire.decode(guid, new byte[] {1}),
                Reason.UNKNOWN_SCHEMA,
                "schema GUID 02030000-0000-0000-0000-000000000000, which is no Avro schema of the registry");
        for (byte[] header : new byte[][] {{}, {1}, {0, 0, 0, 0}, {2, 0, 0, 0, 42}, Arrays.copyOf(guid, 16)}) {
            assertRefused(wire.decode(header, new byte[] {1}), Reason.UNDECODABLE, "__value_schema_id: found");
        }
        // A registry from before there were GUIDs says so in other words.
        answers.put(
                "/schemas/guids/03030000-0000-0000-0000-000000000000",
                new Answer(404, "{\"error_code\":404,\"message\":\"HTTP 404 Not Found\"}"));
        assertRefused(
                wire.decode(Arrays.copyOf(new byte[] {1, 3, 3}, 17), new byte[] {1}),
                Reason.UNKNOWN_SCHEMA,
                "schema GUID 03030000");
    }

    @Test
    void anIdThatTheRegistryDoesNotKnowIsTheRecordsFault() {
        ConfluentWire<Impression> wire = wire();
        assertRefused(wire.decode(wire.encode(9, impression)), Reason.UNKNOWN_SCHEMA, "schema id 9");
        assertRefused(wire.decode(wire.encode(-1, impression)), Reason.UNKNOWN_SCHEMA, "schema id 4294967295");
    }

    @Test
    void schemasThatAreNotAvroAreTheRecordsFault() {
        answers.put("/schemas/ids/3", new Answer(200, "{\"schemaType\":\"PROTOBUF\",\"schema\":\"syntax\"}"));
        answers.put("/schemas/ids/4", new Answer(200, "{\"schema\":\"{\\\"type\\\":\\\"nonsense\\\"}\"}"));
        answers.put("/schemas/ids/5", new Answer(200, "{\"schema\":\"\\\"string\\\"\"}"));
        ConfluentWire<Impression> wire = wire();
        assertRefused(wire.decode(wire.encode(3, impression)), Reason.UNKNOWN_SCHEMA, "schema id 3");
        assertRefused(wire.decode(wire.encode(4, impression)), Reason.UNKNOWN_SCHEMA, "schema id 4");
        assertRefused(
                wire.decode(wire.encode(5, impression)),
                Reason.UNKNOWN_SCHEMA,
                "cannot be read as freshet.event.Impression");
    }

    @Test
    void aRegistryThatDoesNotAnswerIsNotTheRecordsFault() throws IOException {
        answers.put("/schemas/ids/1", new Answer(500, "{\"error_code\":50001,\"message\":\"store\"}"));
        answers.put("/schemas/ids/2", new Answer(401, "{\"error_code\":401}"));
        answers.put("/schemas/ids/3", new Answer(404, "<html>not a registry</html>"));
        answers.put("/schemas/ids/4", new Answer(200, "{}"));
        ConfluentWire<Impression> wire = wire();
        for (int id = 1; id <= 4; id++) {
            byte[] bytes = wire.encode(id, impression);
            assertThatThrownBy(() -> wire.decode(bytes))
                    .isInstanceOf(RegistryUnavailableException.class)
                    .hasMessageContaining("asking the schema registry http://localhost");
        }
        // Once it answers, the same bytes are good.
        register(1, Schemas.IMPRESSION);
        assertThat(wire.decode(wire.encode(1, impression))).isEqualTo(Decoded.value(impression));
    }

    @Test
    void aRegistryThatIsGoneIsNotTheRecordsFault() {
        server.stop(0);
        ConfluentWire<Impression> wire = wire();
        assertThatThrownBy(() -> wire.decode(wire.encode(1, impression)))
                .isInstanceOf(RegistryUnavailableException.class);
    }

    @Test
    void anUnknownIdIsAskedForAgainAfterAMinute() throws IOException {
        AtomicLong nanos = new AtomicLong();
        SchemaRegistryClient registry = SchemaRegistryClient.at(address).withClock(nanos::get);
        assertThat(registry.schema(new SchemaId.Number(7))).isEmpty();
        assertThat(registry.schema(new SchemaId.Number(7))).isEmpty();
        assertThat(requests).hasValue(1);
        register(7, Schemas.IMPRESSION);
        nanos.addAndGet(Duration.ofMinutes(1).toNanos());
        assertThat(registry.schema(new SchemaId.Number(7))).contains(Schemas.IMPRESSION);
        assertThat(requests).hasValue(2);
    }

    @Test
    void passwordsGoToTheRegistryAndNowhereElse() {
        SchemaRegistryClient registry = SchemaRegistryClient.at(address, "user", "secret");
        assertThat(registry.schema(new SchemaId.Number(1))).isEmpty();
        assertThat(authorization).hasValue("Basic dXNlcjpzZWNyZXQ=");
        server.stop(0);
        assertThatThrownBy(() -> registry.schema(new SchemaId.Number(2))).hasMessageNotContaining("secret");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SchemaRegistryClient.at(URI.create("file://user:secret@host/x")))
                .withMessageNotContaining("secret");
    }

    @Test
    void bytesThatAreNotConfluentsAreUndecodable() {
        ConfluentWire<Impression> wire = wire();
        for (byte[] bytes : new byte[][] {{0}, {0, 0, 0, 1}, {(byte) 0xC3, 1, 2, 3, 4, 5, 6}}) {
            assertRefused(wire.decode(bytes), Reason.UNDECODABLE, "found");
        }
        assertRefused(wire.decode(null), Reason.EMPTY, "found");
        assertThat(requests).hasValue(0);
    }
}

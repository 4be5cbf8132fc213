package freshet.serde.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;

/**
 * The read side of a schema registry with Confluent's HTTP interface (Confluent, Karapace, Apicurio's compatible one): one
 * request per id, once. What was found is kept for ever, "no such schema" for a minute, so that a topic of random bytes does
 * not become a flood of requests. It does not retry: that is for the caller, who knows how long it may wait. Safe on any
 * thread; calls block up to the timeout.
 */
public final class SchemaRegistryClient implements SchemaSource {
    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final long UNKNOWN_NANOS = Duration.ofMinutes(1).toNanos();
    private static final int MOST_UNKNOWN = 10_000;
    private static final int MOST_BYTES = 4 << 20;
    private static final int SCHEMA_NOT_FOUND = 40403;

    private static final ObjectMapper JSON = new ObjectMapper();

    private final URI address;
    private final @Nullable String authorization;
    private final LongSupplier nanoClock;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(TIMEOUT).build();
    private final Map<SchemaId, Schema> known = new ConcurrentHashMap<>();
    private final Map<SchemaId, Long> unknownSince = new ConcurrentHashMap<>();

    private SchemaRegistryClient(URI address, @Nullable String authorization, LongSupplier nanoClock) {
        if (!"http".equals(address.getScheme()) && !"https".equals(address.getScheme())) {
            throw new IllegalArgumentException("schema registry: found the address " + withoutUser(address)
                    + ", expected http://host:port or https://host:port");
        }
        this.address = address;
        this.authorization = authorization;
        this.nanoClock = nanoClock;
    }

    /** A registry that asks for no password. */
    public static SchemaRegistryClient at(URI address) {
        return new SchemaRegistryClient(address, null, System::nanoTime);
    }

    /** A registry with HTTP basic authentication. */
    public static SchemaRegistryClient at(URI address, String user, String password) {
        String credentials = user + ":" + password;
        return new SchemaRegistryClient(
                address,
                "Basic " + Base64.getEncoder().encodeToString(credentials.getBytes(StandardCharsets.UTF_8)),
                System::nanoTime);
    }

    /** The same registry by another clock, for tests: nanoseconds since any moment. */
    SchemaRegistryClient withClock(LongSupplier clock) {
        return new SchemaRegistryClient(address, authorization, clock);
    }

    @Override
    public Optional<Schema> schema(SchemaId.OfRegistry id) {
        Schema schema = known.get(id);
        if (schema != null) {
            return Optional.of(schema);
        }
        Long since = unknownSince.get(id);
        if (since != null && nanoClock.getAsLong() - since < UNKNOWN_NANOS) {
            return Optional.empty();
        }
        Optional<Schema> fetched = fetch(id);
        if (fetched.isPresent()) {
            known.put(id, fetched.get());
            unknownSince.remove(id);
        } else {
            if (unknownSince.size() >= MOST_UNKNOWN) {
                unknownSince.clear();
            }
            unknownSince.put(id, nanoClock.getAsLong());
        }
        return fetched;
    }

    private Optional<Schema> fetch(SchemaId.OfRegistry id) {
        // "resolved" asks for a schema with what it refers to put in; registries without references ignore it.
        Answer answer = get("/schemas/" + path(id) + "?format=resolved", asking(id));
        return answer(id, answer.status(), answer.body());
    }

    /**
     * The names under which schemas are registered, as the registry orders them.
     *
     * @throws RegistryUnavailableException when the registry does not answer so
     */
    public List<String> subjects() {
        String asking = "asking the schema registry " + withoutUser(address) + " for its subjects: ";
        Answer answer = get("/subjects", asking);
        try {
            JsonNode json = JSON.readTree(answer.body());
            if (answer.status() == 200 && json.isArray()) {
                List<String> subjects = new ArrayList<>();
                json.forEach(subject -> subjects.add(subject.asText()));
                return subjects;
            }
        } catch (IOException e) {
            throw new RegistryUnavailableException(asking + "found status " + answer.status()
                    + " and no JSON, expected a list of names; is the address right?");
        }
        throw new RegistryUnavailableException(asking + "found status " + answer.status()
                + ", expected 200 with a list of names; are the address, user and password right?");
    }

    private record Answer(int status, byte[] body) {}

    private Answer get(String path, String asking) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(withoutSlash(address.toString()) + path))
                .timeout(TIMEOUT)
                .header("Accept", "application/vnd.schemaregistry.v1+json, application/json");
        if (authorization != null) {
            request.header("Authorization", authorization);
        }
        try {
            HttpResponse<InputStream> response = http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
            try (InputStream body = response.body()) {
                return new Answer(response.statusCode(), body.readNBytes(MOST_BYTES));
            }
        } catch (IOException e) {
            throw new RegistryUnavailableException(asking + e + "; expected an answer", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RegistryUnavailableException(asking + "interrupted while waiting for the answer", e);
        }
    }

    private Optional<Schema> answer(SchemaId id, int status, byte[] body) {
        JsonNode json;
        try {
            json = JSON.readTree(body);
        } catch (IOException e) {
            throw new RegistryUnavailableException(asking(id) + "found status " + status + " and " + body.length
                    + " bytes that are not JSON, expected a registry's answer; is the address right?");
        }
        int code = json.path("error_code").asInt();
        // A registry from before there were GUIDs has no such page: waiting for it would not help.
        if (status == 404 && (code == SCHEMA_NOT_FOUND || code == 404 && id instanceof SchemaId.Guid)) {
            return Optional.empty();
        }
        if (status != 200 || !json.path("schema").isTextual()) {
            throw new RegistryUnavailableException(asking(id) + "found status " + status + " with error code "
                    + code + ", expected 200 with a schema, or 404 with "
                    + SCHEMA_NOT_FOUND);
        }
        if (!json.path("schemaType").asText("AVRO").equals("AVRO")) {
            return Optional.empty();
        }
        try {
            return Optional.of(new Schema.Parser().parse(json.path("schema").asText()));
        } catch (AvroRuntimeException e) {
            // The registry has something of this id, but it is no schema of Avro's: asking again would not help.
            return Optional.empty();
        }
    }

    private String asking(SchemaId id) {
        return "asking the schema registry " + withoutUser(address) + " for " + id.inWords() + ": ";
    }

    private static String path(SchemaId.OfRegistry id) {
        return id instanceof SchemaId.Guid guid
                ? "guids/" + guid.value()
                : "ids/" + Integer.toUnsignedString(((SchemaId.Number) id).value());
    }

    /** An address may carry a password. */
    private static String withoutUser(URI address) {
        return address.getScheme() + "://" + address.getHost() + (address.getPort() < 0 ? "" : ":" + address.getPort());
    }

    private static String withoutSlash(String text) {
        return text.endsWith("/") ? text.substring(0, text.length() - 1) : text;
    }
}

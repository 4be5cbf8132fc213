package freshet.jobs.faults;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import freshet.serde.wire.Schemas;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;

/** A schema registry that knows our schema of impressions, and may be down for whoever asks for another. */
final class SchemaRegistry implements AutoCloseable {
    /** The id of what it knows. */
    static final int IMPRESSIONS = 1;

    static final String USER = "freshet";

    private final HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    private volatile boolean down;

    /**
     * @param password of its user; empty where it does not ask
     */
    SchemaRegistry(Optional<String> password) throws IOException {
        byte[] schema = new ObjectMapper().writeValueAsBytes(Map.of("schema", Schemas.IMPRESSION.toString()));
        byte[] unknown = "{\"error_code\":40403,\"message\":\"Schema not found\"}".getBytes(StandardCharsets.UTF_8);
        Optional<String> login = password.map(secret ->
                "Basic " + Base64.getEncoder().encodeToString((USER + ":" + secret).getBytes(StandardCharsets.UTF_8)));
        server.createContext("/", exchange -> {
            boolean ours = exchange.getRequestURI().getPath().equals("/schemas/ids/" + IMPRESSIONS);
            String given = exchange.getRequestHeaders().getFirst("Authorization");
            boolean refused = login.isPresent() && !login.get().equals(given);
            byte[] body = ours && !refused ? schema : unknown;
            exchange.sendResponseHeaders(refused ? 401 : ours ? 200 : down ? 503 : 404, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    void goesDown() {
        down = true;
    }

    void comesUp() {
        down = false;
    }

    @Override
    public void close() {
        server.stop(0);
    }
}

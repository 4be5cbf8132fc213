package freshet.model.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import freshet.model.serve.FusionProfiles;
import freshet.model.serve.LiveRanker;
import freshet.serde.snapshot.SnapshotManifest;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves a {@link LiveRanker} by the Open Inference Protocol (KServe V2, HTTP with JSON), on the JDK's own server. What goes in
 * and out stands in model/DESIGN.md, section 11.
 *
 * <p>A request holds one thread of a bounded pool from its first byte to its last; of those, {@link Settings#scoring} score at
 * a time, and who waits longer than {@link Settings#patience} is told to come again. {@link #close} answers no to what comes
 * new, and waits for what is running.
 */
public final class RankingServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RankingServer.class);
    private static final String JSON = "application/json";
    private static final String LINES = "application/x-ndjson";
    private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";
    private static final String MODELS = "/v2/models/";
    private static final String OK = "";
    private static final int SUCCESS = 200;
    private static final int BACKLOG = 1024;

    /** Threads that read and write for each one that scores. */
    private static final int THREADS_PER_SCORING = 8;

    private static final long LOOK_AGAIN_MILLIS = 5;

    /**
     * How a server behaves.
     *
     * @param address to listen on; port 0 for any that is free
     * @param name of the model, in addresses
     * @param scoring requests that are scored at a time
     * @param patience how long a request may wait for its turn, and a close for what is running
     * @param mostBytes of a request's body
     */
    public record Settings(InetSocketAddress address, String name, int scoring, Duration patience, int mostBytes) {}

    /** What an endpoint answers. */
    private record Answer(int status, String type, String body) {
        Answer(String type, String body) {
            this(SUCCESS, type, body);
        }
    }

    /** What an endpoint does with a request. */
    private interface Endpoint {
        Answer answer(HttpExchange exchange) throws IOException, InterruptedException;
    }

    private final Settings settings;
    private final LiveRanker live;
    private final FusionProfiles fusion;
    private final @Nullable LineRanking lines;
    private final Supplier<? extends Map<String, Long>> outcomes;
    private final Clock clock;
    private final HttpServer server;
    private final ExecutorService pool;
    private final Semaphore turns;
    /** Requests that have a thread or wait for one. */
    private final AtomicInteger open = new AtomicInteger();

    /** Those of them that score or wait for their turn. */
    private final AtomicInteger scoring = new AtomicInteger();

    private final ServerMetrics metrics = new ServerMetrics();
    private volatile boolean closing;
    private final AtomicBoolean stopped = new AtomicBoolean();

    /**
     * Listens at once; answers that it is not ready until there is a snapshot.
     *
     * @param live what scores; stays the caller's to close, after this server
     * @param fusion the fused scores that requests may ask for
     * @param lines for {@code POST /v1/rank}; null when there is no such endpoint
     * @param outcomes for the metrics: what became of what a topic brought
     * @param clock to tell the snapshot's age in the metrics
     * @throws IOException when the address cannot be listened on
     */
    public RankingServer(
            Settings settings,
            LiveRanker live,
            FusionProfiles fusion,
            @Nullable LineRanking lines,
            Supplier<? extends Map<String, Long>> outcomes,
            Clock clock)
            throws IOException {
        this.settings = settings;
        this.live = live;
        this.fusion = fusion;
        this.lines = lines;
        this.outcomes = outcomes;
        this.clock = clock;
        turns = new Semaphore(settings.scoring(), true);
        sendAtOnce();
        server = HttpServer.create(settings.address(), BACKLOG);
        AtomicInteger number = new AtomicInteger();
        pool = Executors.newFixedThreadPool(THREADS_PER_SCORING * settings.scoring(), task -> {
            Thread thread = new Thread(task, "rank-http-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        });
        server.setExecutor(this::run);
        server.createContext("/", this::handle);
        server.start();
    }

    /** The JDK's server else keeps the end of an answer back until the client has confirmed its beginning: 40 ms. */
    private static void sendAtOnce() {
        if (System.getProperty("sun.net.httpserver.nodelay") == null) {
            System.setProperty("sun.net.httpserver.nodelay", "true");
        }
    }

    /** The port it listens on. */
    public int port() {
        return server.getAddress().getPort();
    }

    /** One request, from its first byte; it counts as open while it waits for a thread. */
    private void run(Runnable request) {
        open.incrementAndGet();
        boolean accepted = false;
        try {
            pool.execute(() -> {
                try {
                    request.run();
                } finally {
                    open.decrementAndGet();
                }
            });
            accepted = true;
        } finally {
            if (!accepted) {
                open.decrementAndGet();
            }
        }
    }

    private void handle(HttpExchange exchange) throws IOException {
        // The JDK's server ends the connection after a request whose body nobody has looked at.
        exchange.getRequestBody();
        String path = exchange.getRequestURI().getPath();
        Map.Entry<String, Endpoint> route = route(path);
        try (exchange) {
            Answer answer;
            try {
                requireMethod(exchange, route.getKey());
                answer = route.getValue().answer(exchange);
            } catch (RequestException e) {
                answer = refusal(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                answer = refusal(notNow("this server is being stopped"));
            } catch (RuntimeException e) {
                LOG.error("answering {} {}", exchange.getRequestMethod(), path, e);
                answer = refusal(new RequestException(RequestException.FAILED, "the server failed; its log says why"));
            }
            // Counted first: whoever has the answer finds it counted.
            metrics.answered(route.getKey(), answer.status());
            send(exchange, answer);
        }
    }

    /** What is at a path, with the name by which its requests are counted. */
    private Map.Entry<String, Endpoint> route(String path) {
        if (path.startsWith(MODELS)) {
            return modelRoute(path.substring(MODELS.length()));
        }
        return switch (path) {
            case "/v2" -> Map.entry("server", exchange -> new Answer(JSON, TensorResponse.server(version())));
            case "/v2/health/live" -> Map.entry("live", exchange -> new Answer(JSON, OK));
            case "/v2/health/ready" ->
                Map.entry("ready", exchange -> {
                    serving();
                    return new Answer(JSON, OK);
                });
            case "/metrics" -> Map.entry("metrics", exchange -> new Answer(PROMETHEUS, metricsText()));
            case "/v1/rank" -> lines == null ? unknown(path) : Map.entry("lines", this::rankLines);
            default -> unknown(path);
        };
    }

    private Map.Entry<String, Endpoint> modelRoute(String path) {
        List<String> parts = List.of(path.split("/", -1));
        if (!parts.get(0).equals(settings.name())) {
            return Map.entry("unknown", exchange -> {
                throw new RequestException(
                        RequestException.NOT_FOUND,
                        "found the model '" + parts.get(0) + "', expected '" + settings.name() + "'");
            });
        }
        boolean isVersioned = parts.size() > 2 && parts.get(1).equals("versions");
        String version = isVersioned ? parts.get(2) : null;
        String rest = String.join("/", parts.subList(isVersioned ? 3 : 1, parts.size()));
        return switch (rest) {
            case "" -> Map.entry("model", exchange -> describe(version));
            case "ready" ->
                Map.entry("model_ready", exchange -> {
                    requireVersion(version, serving());
                    return new Answer(JSON, OK);
                });
            case "infer" -> Map.entry("infer", exchange -> infer(exchange, version));
            default -> unknown(MODELS + path);
        };
    }

    private static Map.Entry<String, Endpoint> unknown(String path) {
        return Map.entry("unknown", exchange -> {
            throw new RequestException(RequestException.NOT_FOUND, "there is nothing at " + path);
        });
    }

    private static void requireMethod(HttpExchange exchange, String endpoint) {
        String expected = endpoint.equals("infer") || endpoint.equals("lines") ? "POST" : "GET";
        if (!endpoint.equals("unknown") && !exchange.getRequestMethod().equals(expected)) {
            exchange.getResponseHeaders().set("Allow", expected);
            throw new RequestException(
                    RequestException.METHOD_NOT_ALLOWED,
                    "found the method " + exchange.getRequestMethod() + ", expected " + expected);
        }
    }

    private String version() {
        String version = RankingServer.class.getPackage().getImplementationVersion();
        return version == null ? "0.1.0" : version;
    }

    /** The manifest of what serves. */
    private SnapshotManifest serving() {
        if (closing) {
            throw notNow("this server is being stopped");
        }
        return live.manifest().orElseThrow(() -> notNow("no snapshot has been loaded yet"));
    }

    private static RequestException notNow(String why) {
        return new RequestException(RequestException.NOT_NOW, why + "; try again, or another server");
    }

    private static void requireVersion(@Nullable String version, SnapshotManifest manifest) {
        if (version != null && !version.equals(manifest.version().toString())) {
            throw new RequestException(
                    RequestException.NOT_FOUND,
                    "found the version '" + version + "', expected the one that serves, " + manifest.version());
        }
    }

    private Answer describe(@Nullable String version) {
        serving();
        // Scoring nothing is how to hold the ranker while its specification is read.
        LiveRanker.Scored none = live.score(ranker -> List.of());
        SnapshotManifest manifest = none.ranker().manifest();
        requireVersion(version, manifest);
        return new Answer(
                JSON,
                TensorResponse.model(
                        settings.name(),
                        List.of(manifest.version().toString()),
                        none.ranker().spec(),
                        fusion.byDefault() != null));
    }

    private Answer infer(HttpExchange exchange, @Nullable String version) throws IOException, InterruptedException {
        serving();
        byte[] body = body(exchange);
        return inTurn(() -> {
            long start = System.nanoTime();
            TensorRequest request = TensorRequest.read(body);
            requireProfile(request.profile());
            LiveRanker.Scored scored = live.score(ranker -> {
                requireVersion(version, ranker.manifest());
                return request.candidates(ranker.spec().schema());
            });
            double[] scores =
                    fusion.fuse(request.profile(), scored.ranker().spec(), scored.predictions(), scored.candidates());
            Answer answer = new Answer(JSON, TensorResponse.scores(settings.name(), request, scored, scores));
            metrics.scored(scored.candidates(), System.nanoTime() - start);
            return answer;
        });
    }

    private void requireProfile(@Nullable String profile) {
        try {
            fusion.choose(profile);
        } catch (IllegalArgumentException e) {
            throw RequestException.bad("parameters.profile: " + e.getMessage());
        }
    }

    private Answer rankLines(HttpExchange exchange) throws IOException, InterruptedException {
        serving();
        LineRanking ranking = lines;
        if (ranking == null) {
            throw new IllegalStateException("there is no such endpoint");
        }
        String profile = query(exchange, "profile");
        requireProfile(profile);
        byte[] body = body(exchange);
        return inTurn(() -> {
            long start = System.nanoTime();
            List<String> each = new String(body, StandardCharsets.UTF_8).lines().toList();
            if (each.size() > TensorRequest.MOST_CANDIDATES) {
                throw RequestException.bad(
                        "found " + each.size() + " lines, expected at most " + TensorRequest.MOST_CANDIDATES);
            }
            LineRanking.Answer answer = ranking.rank(each, profile);
            metrics.scored(answer.candidates(), System.nanoTime() - start);
            return new Answer(LINES, answer.text());
        });
    }

    private static @Nullable String query(HttpExchange exchange, String key) {
        String query = exchange.getRequestURI().getRawQuery();
        for (String pair : query == null ? new String[0] : query.split("&", -1)) {
            if (pair.startsWith(key + "=")) {
                return URLDecoder.decode(pair.substring(key.length() + 1), StandardCharsets.UTF_8);
            }
        }
        return null;
    }

    private Answer inTurn(Supplier<Answer> work) throws InterruptedException {
        scoring.incrementAndGet();
        try {
            if (!turns.tryAcquire(settings.patience().toMillis(), TimeUnit.MILLISECONDS)) {
                throw notNow("more requests are waiting than this server can score in " + settings.patience());
            }
            try {
                return work.get();
            } finally {
                turns.release();
            }
        } finally {
            scoring.decrementAndGet();
        }
    }

    private byte[] body(HttpExchange exchange) throws IOException {
        InputStream in = exchange.getRequestBody();
        byte[] body = in.readNBytes(settings.mostBytes() + 1);
        if (body.length > settings.mostBytes()) {
            throw new RequestException(
                    RequestException.TOO_LARGE,
                    "found a body of more than " + settings.mostBytes() + " bytes, expected at most that");
        }
        return body;
    }

    private String metricsText() {
        return metrics.text(
                scoring.get(),
                live.manifest().orElse(null),
                live.asOfMillis().orElse(0L),
                clock.millis(),
                outcomes.get());
    }

    private static Answer refusal(RequestException problem) {
        return new Answer(problem.status(), JSON, TensorResponse.error(String.valueOf(problem.getMessage())));
    }

    private static void send(HttpExchange exchange, Answer answer) throws IOException {
        if (answer.status() == RequestException.NOT_NOW) {
            exchange.getResponseHeaders().set("Retry-After", "1");
        }
        byte[] bytes = answer.body().getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", answer.type());
        exchange.sendResponseHeaders(answer.status(), bytes.length == 0 ? -1 : bytes.length);
        if (bytes.length > 0) {
            exchange.getResponseBody().write(bytes);
        }
    }

    /** Answers no to what comes new, waits for what is running, and stops listening. Closing again does nothing. */
    @Override
    public void close() {
        closing = true;
        long deadline = System.nanoTime() + settings.patience().toNanos();
        try {
            while (open.get() > 0 && System.nanoTime() < deadline) {
                Thread.sleep(LOOK_AGAIN_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (stopped.compareAndSet(false, true)) {
            server.stop(0);
            pool.shutdownNow();
        }
    }
}

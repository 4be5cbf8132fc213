package freshet.jobs.local;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;

/** The REST interface of a Flink cluster, which its dashboard uses too: questions only. Safe on any thread. */
public final class FlinkRest {
    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(TIMEOUT).build();
    private final URI cluster;

    /**
     * @param cluster such as {@code http://127.0.0.1:8081}
     */
    public FlinkRest(URI cluster) {
        this.cluster = cluster;
    }

    /**
     * What the cluster answers.
     *
     * @param path such as {@code /overview}
     * @return a missing node when it answers, but not with what was asked for
     * @throws IOException when it does not answer
     */
    public JsonNode get(String path) throws IOException, InterruptedException {
        HttpRequest request =
                HttpRequest.newBuilder(cluster.resolve(path)).timeout(TIMEOUT).build();
        HttpResponse<String> response = http.send(request, BodyHandlers.ofString());
        return response.statusCode() == 200 ? JSON.readTree(response.body()) : MissingNode.getInstance();
    }

    /** As {@link #get}; a missing node, too, when the cluster does not answer, as while it starts. */
    public JsonNode getIfUp(String path) throws InterruptedException {
        try {
            return get(path);
        } catch (IOException notUp) {
            return MissingNode.getInstance();
        }
    }
}

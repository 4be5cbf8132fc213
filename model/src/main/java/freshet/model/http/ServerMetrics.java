package freshet.model.http;

import freshet.serde.snapshot.SnapshotManifest;
import freshet.serde.wire.Decimals;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** What the server counts, and its text for Prometheus. Safe on any thread. */
final class ServerMetrics {
    /** Upper bounds of the histogram, in microseconds. */
    private static final long[] BOUNDS_MICROS = {
        500, 1_000, 2_000, 3_000, 4_000, 5_000, 7_500, 10_000, 15_000, 25_000, 50_000, 100_000, 250_000, 1_000_000
    };

    private static final double MICROS_PER_SECOND = 1e6;
    private static final int DECIMALS = 6;

    private final LongAdder candidates = new LongAdder();
    private final LongAdder micros = new LongAdder();
    /** {@code [bound]}: requests that took so long and no longer; the last one's are longer than every bound. */
    private final LongAdder[] buckets = new LongAdder[BOUNDS_MICROS.length + 1];

    /** By endpoint and status. Guarded by this. */
    private final SortedMap<String, Long> requests = new TreeMap<>();

    ServerMetrics() {
        for (int i = 0; i < buckets.length; i++) {
            buckets[i] = new LongAdder();
        }
    }

    /** A request has been answered. */
    synchronized void answered(String endpoint, int status) {
        requests.merge("endpoint=\"" + endpoint + "\",code=\"" + status + "\"", 1L, Long::sum);
    }

    /**
     * Candidates have been scored.
     *
     * @param nanos from the first byte of the request's body to the last of the answer, without waiting for the network
     */
    void scored(int count, long nanos) {
        candidates.add(count);
        long tookMicros = nanos / 1_000;
        micros.add(tookMicros);
        int bucket = 0;
        while (bucket < BOUNDS_MICROS.length && tookMicros > BOUNDS_MICROS[bucket]) {
            bucket++;
        }
        buckets[bucket].increment();
    }

    /**
     * Everything as text.
     *
     * @param running requests that are being scored
     * @param manifest of what serves; null before the first
     * @param asOfMillis event time up to which it has learnt, deltas included
     * @param nowMillis to tell the snapshot's age
     * @param outcomes of following a topic; see {@code SnapshotSubscriber.outcomes}
     */
    String text(
            int running,
            @Nullable SnapshotManifest manifest,
            long asOfMillis,
            long nowMillis,
            Map<String, Long> outcomes) {
        StringBuilder text = new StringBuilder(2048);
        family(text, "freshet_rank_requests_total", "counter", "Requests answered, by endpoint and status.");
        synchronized (this) {
            requests.forEach((labels, count) -> sample(text, "freshet_rank_requests_total", labels, count));
        }
        family(text, "freshet_rank_candidates_total", "counter", "Candidates scored.");
        sample(text, "freshet_rank_candidates_total", "", candidates.sum());
        family(text, "freshet_rank_running", "gauge", "Requests that are being scored or wait for it.");
        sample(text, "freshet_rank_running", "", running);
        histogram(text);
        family(text, "freshet_rank_snapshot_info", "gauge", "The snapshot that serves.");
        if (manifest != null) {
            sample(text, "freshet_rank_snapshot_info", "version=\"" + manifest.version() + "\"", 1);
            family(
                    text,
                    "freshet_rank_snapshot_age_seconds",
                    "gauge",
                    "Now less the event time up to which what serves has learnt.");
            sample(text, "freshet_rank_snapshot_age_seconds", "", (nowMillis - asOfMillis) / 1000);
        }
        if (!outcomes.isEmpty()) {
            family(text, "freshet_rank_subscriber_total", "counter", "What became of what the topic brought.");
            outcomes.forEach((outcome, count) ->
                    sample(text, "freshet_rank_subscriber_total", label("outcome", outcome), count));
        }
        return text.toString();
    }

    private void histogram(StringBuilder text) {
        String name = "freshet_rank_request_seconds";
        family(text, name, "histogram", "Time to read, score and write a request, without the network.");
        long count = 0;
        for (int i = 0; i < BOUNDS_MICROS.length; i++) {
            count += buckets[i].sum();
            String bound = Decimals.text(BOUNDS_MICROS[i] / MICROS_PER_SECOND, DECIMALS);
            sample(text, name + "_bucket", label("le", bound), count);
        }
        count += buckets[BOUNDS_MICROS.length].sum();
        sample(text, name + "_bucket", label("le", "+Inf"), count);
        text.append(name).append("_sum ");
        Decimals.append(text, micros.sum() / MICROS_PER_SECOND, DECIMALS).append('\n');
        sample(text, name + "_count", "", count);
    }

    private static String label(String name, String value) {
        return name + "=\"" + value.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    private static void family(StringBuilder text, String name, String type, String help) {
        text.append("# HELP ").append(name).append(' ').append(help).append('\n');
        text.append("# TYPE ").append(name).append(' ').append(type).append('\n');
    }

    private static void sample(StringBuilder text, String name, String labels, long value) {
        text.append(name);
        if (!labels.isEmpty()) {
            text.append('{').append(labels).append('}');
        }
        text.append(' ').append(value).append('\n');
    }
}

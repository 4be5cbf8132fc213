package freshet.jobs.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import freshet.jobs.local.Machine;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * {@code freshet bench join}: how many events a second of CPU time joins, by us and by what one would write otherwise. Every
 * variant runs in a JVM of its own, one after the other, on the same events and with the flags of this one.
 */
public final class JoinBench {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int USUAL_VIEWERS = 200_000;
    /** With other numbers of viewers: past the warm-up, and no more. */
    private static final long MOST_IMPRESSIONS_OF_OTHERS = 2_000_000;
    /** With fewer, what is measured begins before any row expires, and much of it is the compiler. */
    private static final long FEWEST_IMPRESSIONS = 1_500_000;

    private final long impressions;
    private final Measuring measuring;
    private final PrintWriter progress;
    private final List<JoinMeasurement> measured = new ArrayList<>();
    /** By label, with the number of viewers where that is not the usual one. */
    private final SortedMap<String, String> failed = new TreeMap<>();

    /**
     * @param impressions about how many ours and the keyed function join; {@link JoinVariant#mostImpressions} for others
     * @param checkpointSeconds between checkpoints, where RocksDB is used
     * @param progress for lines to people while it runs
     */
    public JoinBench(long impressions, long checkpointSeconds, PrintWriter progress) {
        this(
                impressions,
                progress,
                (variant, viewers, joined) -> inItsOwnJvm(variant, viewers, joined, checkpointSeconds));
    }

    JoinBench(long impressions, PrintWriter progress, Measuring measuring) {
        this.impressions = impressions;
        this.progress = progress;
        this.measuring = measuring;
    }

    /** One variant on so many impressions, from start to end. */
    interface Measuring {
        JoinMeasurement of(JoinVariant variant, int viewers, long impressions) throws IOException, InterruptedException;
    }

    private static JoinMeasurement inItsOwnJvm(
            JoinVariant variant, int viewers, long impressions, long checkpointSeconds)
            throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("freshet-bench-");
        try {
            String line = MeasuredJvm.run(
                    JoinRun.class,
                    variant.label(),
                    Integer.toString(viewers),
                    Long.toString(impressions),
                    Long.toString(checkpointSeconds),
                    folder.toString());
            return JSON.readValue(line, JoinMeasurement.class);
        } finally {
            Machine.removeFolder(folder);
        }
    }

    /**
     * Measures some variants; those in SQL are left out where Flink has no planner. One that fails is noted and does not stop
     * the others.
     *
     * @param viewers with how many viewers our join on RocksDB is measured; the others always with 200,000
     */
    public void measure(List<JoinVariant> variants, List<Integer> viewers) throws InterruptedException {
        if (impressions < FEWEST_IMPRESSIONS) {
            progress.printf(
                    "%,d impressions show that it runs, and not how fast: with fewer than %,d, rows hardly expire and the"
                            + " compiler takes most of the time%n",
                    impressions, FEWEST_IMPRESSIONS);
        }
        for (JoinVariant variant : variants) {
            if (variant.join() == JoinVariant.Join.SQL && !SqlJoin.isPossible()) {
                progress.println(variant.label() + ": left out, Flink's SQL planner is not on the class path");
                continue;
            }
            for (int count : variant == JoinVariant.FRESHET_ROCKSDB ? viewers : List.of(USUAL_VIEWERS)) {
                try {
                    measure(variant, count);
                } catch (IOException e) {
                    failed.put(variant.label() + (count == USUAL_VIEWERS ? "" : " " + count), e.getMessage());
                    progress.println(variant.label() + ": " + e.getMessage());
                }
            }
        }
    }

    /** How many were measured. */
    public int measured() {
        return measured.size();
    }

    private long impressionsFor(JoinVariant variant, int viewers) {
        long most = viewers == USUAL_VIEWERS ? variant.mostImpressions() : MOST_IMPRESSIONS_OF_OTHERS;
        if (most < impressions) {
            progress.printf(
                    "%-22s %,9d viewers: on %,d impressions and not %,d%n",
                    variant.label(), viewers, most, impressions);
        }
        return Math.min(most, impressions);
    }

    private void measure(JoinVariant variant, int viewers) throws IOException, InterruptedException {
        long joined = impressionsFor(variant, viewers);
        JoinMeasurement result = measuring.of(variant, viewers, joined);
        measured.add(result);
        progress.printf(
                "%-22s %,9d viewers: %,9.0f events per CPU second, %5.2f us each (%.1f s of CPU in %.1f s)%n",
                variant.label(),
                viewers,
                result.eventsPerCpuSecond(),
                result.cpuMicrosPerEvent(),
                result.cpuSeconds(),
                result.wallSeconds());
    }

    /** What was measured, as JSON for other tools. */
    public ObjectNode toJson() {
        ObjectNode json = JSON.createObjectNode();
        ObjectNode speeds = json.putObject("events_per_cpu_second");
        ObjectNode ratios = json.putObject("ratio_to_keyed_function");
        for (JoinMeasurement one : measured) {
            if (one.viewers() == USUAL_VIEWERS) {
                speeds.put(one.label(), Math.round(one.eventsPerCpuSecond()));
                JoinMeasurement plain = find(plainOn(one.label()), USUAL_VIEWERS);
                if (plain != null) {
                    ratios.put(one.label(), rounded(one.eventsPerCpuSecond() / plain.eventsPerCpuSecond()));
                }
            }
        }
        JoinMeasurement ours = find(JoinVariant.FRESHET_ROCKSDB, USUAL_VIEWERS);
        if (ours != null) {
            json.put("state_bytes_per_user", Math.round(ours.stateBytesPerUser()));
            json.put("rocksdb_reads_per_event", rounded(ours.readsPerEvent()));
            json.put("rocksdb_writes_per_event", rounded(ours.writesPerEvent()));
            json.put("checkpoint_sync_pause_millis", rounded(ours.syncPauseMillis()));
            json.put("checkpoint_longest_sync_pause_millis", rounded(ours.longestSyncPauseMillis()));
        }
        ObjectNode byViewers = json.putObject("freshet_rocksdb_cpu_micros_per_event_by_users");
        for (JoinMeasurement one : measured) {
            if (one.label().equals(JoinVariant.FRESHET_ROCKSDB.label())) {
                byViewers.put(Integer.toString(one.viewers()), rounded(one.cpuMicrosPerEvent()));
            }
        }
        json.set("runs", JSON.valueToTree(measured));
        json.set("failed", JSON.valueToTree(failed));
        return json;
    }

    private static JoinVariant plainOn(String label) {
        return JoinVariant.labelled(label).backend() == JoinVariant.Backend.ROCKSDB
                ? JoinVariant.KEYED_FUNCTION_ROCKSDB
                : JoinVariant.KEYED_FUNCTION_HEAP;
    }

    private @Nullable JoinMeasurement find(JoinVariant variant, int viewers) {
        for (JoinMeasurement one : measured) {
            if (one.label().equals(variant.label()) && one.viewers() == viewers) {
                return one;
            }
        }
        return null;
    }

    private static double rounded(double value) {
        return Math.round(value * 1000) / 1000.0;
    }
}

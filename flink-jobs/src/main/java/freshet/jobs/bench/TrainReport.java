package freshet.jobs.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import freshet.model.learn.StepProfile;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/** What {@code freshet bench train} says: for other tools, and for people. Pure functions. */
public final class TrainReport {
    private static final PyTorchBaseline.Rates NOT_MEASURED = new PyTorchBaseline.Rates(Double.NaN, Double.NaN);

    private TrainReport() {}

    /**
     * {@code {"peak_gflops", "hash_micros", "results": [{"batch", "threads", "examples_per_second", "dense_gflops", "share_of_peak",
     * "bytes_allocated_per_example", "micros": {"gather", "forward", "backward", "scatter", "adam"}}]}}. The share is of the
     * peak of as many threads as took part. With a run through Flink besides {@code {"flink": {"examples_per_second",
     * "share_of_bare", "examples_per_cpu_second", "checkpoints", "longest_sync_pause_millis"}}}; with PyTorch {@code {"pytorch":
     * [{"batch", "modules", "arranged"}]}}, in examples per second; with a table that grows {@code {"table": [{"rows", "bytes_per_row",
     * "fill_pause_millis", "touched_rows", "checkpoint_pause_millis", "checkpoint_bytes"}]}}.
     *
     * @param pyTorch by batch size; empty if it was not measured
     * @param flink absent if it was not measured
     * @param growth by size; empty if it was not measured
     */
    public static ObjectNode json(
            TrainBenchmark.Report report,
            Map<Integer, PyTorchBaseline.Rates> pyTorch,
            TrainRun.@Nullable Result flink,
            List<TableGrowth.Size> growth) {
        ObjectNode root = new ObjectMapper().createObjectNode();
        root.put("peak_gflops", rounded(report.peakGflops()));
        root.put("hash_micros", rounded(report.hashMicros()));
        ArrayNode results = root.putArray("results");
        for (TrainBenchmark.Result result : report.results()) {
            ObjectNode node = results.addObject();
            node.put("batch", result.batch());
            node.put("threads", result.threads());
            node.put("examples_per_second", rounded(result.examplesPerSecond()));
            node.put("dense_gflops", rounded(result.denseGflops()));
            node.put("share_of_peak", rounded(shareOfPeak(report, result)));
            node.put("bytes_allocated_per_example", rounded(result.bytesAllocatedPerExample()));
            ObjectNode micros = node.putObject("micros");
            for (StepProfile.Phase phase : StepProfile.Phase.values()) {
                micros.put(phase.name().toLowerCase(Locale.ROOT), rounded(micros(result, phase)));
            }
        }
        if (!pyTorch.isEmpty()) {
            ArrayNode rates = root.putArray("pytorch");
            pyTorch.forEach((batch, rate) -> rates.addObject()
                    .put("batch", batch)
                    .put("modules", rounded(rate.modules()))
                    .put("arranged", rounded(rate.arranged())));
        }
        if (flink != null) {
            ObjectNode node = root.putObject("flink");
            node.put("examples_per_second", rounded(flink.examplesPerSecond()));
            bare(report).ifPresent(bare -> node.put("share_of_bare", rounded(flink.examplesPerSecond() / bare)));
            node.put("examples_per_cpu_second", rounded(flink.examplesPerCpuSecond()));
            node.put("checkpoints", flink.checkpoints());
            node.put("longest_sync_pause_millis", rounded(flink.longestSyncPauseMillis()));
        }
        if (!growth.isEmpty()) {
            ArrayNode sizes = root.putArray("table");
            growth.forEach(size -> sizes.addObject()
                    .put("rows", size.rows())
                    .put("bytes_per_row", rounded(size.bytesPerRow()))
                    .put("fill_pause_millis", size.fillPauseMillis())
                    .put("touched_rows", TableGrowth.TOUCHED)
                    .put("checkpoint_pause_millis", size.pauseMillis())
                    .put("checkpoint_bytes", size.bytes()));
        }
        return root;
    }

    /** The bare learner with which the one inside Flink is compared: one thread, the same batches. */
    private static OptionalDouble bare(TrainBenchmark.Report report) {
        return report.results().stream()
                .filter(result -> result.threads() == 1 && result.batch() == TrainRun.BATCH)
                .mapToDouble(TrainBenchmark.Result::examplesPerSecond)
                .findFirst();
    }

    /**
     * A table, a line for each result, with ratios to what else was measured in the same run.
     *
     * @param pyTorch by batch size; empty if it was not measured
     * @param flink absent if it was not measured
     * @param growth by size; empty if it was not measured
     */
    public static List<String> table(
            TrainBenchmark.Report report,
            Map<Integer, PyTorchBaseline.Rates> pyTorch,
            TrainRun.@Nullable Result flink,
            List<TableGrowth.Size> growth) {
        List<String> lines = new ArrayList<>();
        lines.add(String.format(
                Locale.ROOT,
                "peak of one thread: %.0f GFLOP/s (multiply-adds in registers alone)",
                report.peakGflops()));
        lines.add(String.format(
                Locale.ROOT,
                "not in what follows: %.2f µs an example to hash its 68 ids, done by whoever decodes it",
                report.hashMicros()));
        lines.add("");
        lines.add("loops       batch threads examples/s   / plain / PyTorch  dense GFLOP/s of peak   B/example"
                + "   µs: gather forward backward scatter  adam");
        List<TrainBenchmark.Result> all = new ArrayList<>(report.results());
        all.addAll(report.plain());
        for (TrainBenchmark.Result result : all) {
            double plain = report.plain().stream()
                    .filter(other -> other.batch() == result.batch())
                    .mapToDouble(TrainBenchmark.Result::examplesPerSecond)
                    .findFirst()
                    .orElse(Double.NaN);
            StringBuilder line = new StringBuilder(String.format(
                    Locale.ROOT,
                    "%-11s %5d %7d %10.0f %9s %9s %14.0f %6.0f %% %11.1f   ",
                    result.kernels().product().name(),
                    result.batch(),
                    result.threads(),
                    result.examplesPerSecond(),
                    ratio(result.examplesPerSecond() / plain),
                    ratio(result.examplesPerSecond()
                            / pyTorch.getOrDefault(result.batch(), NOT_MEASURED).best()),
                    result.denseGflops(),
                    100 * shareOfPeak(report, result),
                    result.bytesAllocatedPerExample()));
            for (StepProfile.Phase phase : StepProfile.Phase.values()) {
                line.append(String.format(Locale.ROOT, " %7.2f", micros(result, phase)));
            }
            lines.add(line.toString());
        }
        pyTorch.forEach((batch, rate) -> lines.add(String.format(
                Locale.ROOT,
                "%-11s %5d %7d %10.0f   arranged by hand; %.0f with its modules",
                "PyTorch",
                batch,
                1,
                rate.arranged(),
                rate.modules())));
        if (flink != null) {
            lines.add(String.format(
                    Locale.ROOT,
                    "%-11s %5d %7d %10.0f   %s of the bare learner; %.0f a CPU second of the process; %d checkpoints, the longest"
                            + " stopped it for %.0f ms",
                    "Flink",
                    TrainRun.BATCH,
                    1,
                    flink.examplesPerSecond(),
                    ratio(flink.examplesPerSecond() / bare(report).orElse(Double.NaN)),
                    flink.examplesPerCpuSecond(),
                    flink.checkpoints(),
                    flink.longestSyncPauseMillis()));
        }
        growth.forEach(size -> lines.add(String.format(
                Locale.ROOT,
                "table of %,d rows x 16: %.0f bytes a row in a checkpoint; one after %,d rows changed stopped the trainer for %d ms"
                        + " and wrote %.1f MB (after the fill: %d ms)",
                size.rows(),
                size.bytesPerRow(),
                TableGrowth.TOUCHED,
                size.pauseMillis(),
                size.bytes() / 1e6,
                size.fillPauseMillis())));
        return lines;
    }

    private static String ratio(double ratio) {
        return Double.isNaN(ratio) ? "-" : String.format(Locale.ROOT, "%.2f", ratio);
    }

    private static double shareOfPeak(TrainBenchmark.Report report, TrainBenchmark.Result result) {
        return result.denseGflops() / (report.peakGflops() * result.threads());
    }

    private static double micros(TrainBenchmark.Result result, StepProfile.Phase phase) {
        return result.micros().getOrDefault(phase, 0.0);
    }

    private static BigDecimal rounded(double value) {
        return BigDecimal.valueOf(value).setScale(3, RoundingMode.HALF_EVEN);
    }
}

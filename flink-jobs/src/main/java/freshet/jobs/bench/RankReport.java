package freshet.jobs.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import freshet.jobs.bench.RankBenchmark.Answerer;
import freshet.jobs.bench.RankBenchmark.Result;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What {@code freshet bench rank} says: for other tools, and for people. Pure functions. */
public final class RankReport {
    private RankReport() {}

    /**
     * {@code {"candidates", "overhead", "results": [{"answerer", "threads", "swaps", "requests", "p50_micros", "p99_micros",
     * "max_micros", "cpu_micros", "requests_per_second", "cpu_over_bare"}]}}. The overhead is the ranker's CPU time on one thread
     * over that of ONNX Runtime alone, less 1.
     */
    public static ObjectNode json(List<Result> results) {
        ObjectNode root = new ObjectMapper().createObjectNode();
        root.put("candidates", RankBenchmark.CANDIDATES);
        root.put("overhead", rounded(overhead(results)));
        ArrayNode list = root.putArray("results");
        for (Result result : results) {
            list.addObject()
                    .put("answerer", result.answerer().name().toLowerCase(Locale.ROOT))
                    .put("threads", result.threads())
                    .put("swaps", result.swaps())
                    .put("requests", result.requests())
                    .put("p50_micros", rounded(result.p50Micros()))
                    .put("p99_micros", rounded(result.p99Micros()))
                    .put("max_micros", rounded(result.maxMicros()))
                    .put("cpu_micros", rounded(result.cpuMicros()))
                    .put("requests_per_second", rounded(result.requestsPerSecond()))
                    .put("cpu_over_bare", rounded(result.cpuMicros() / bareCpuMicros(results, result.threads())));
        }
        return root;
    }

    /** A table, a line for each result. */
    public static List<String> table(List<Result> results) {
        List<String> lines = new ArrayList<>();
        lines.add("who                            threads swaps requests/s   p50 ms   p99 ms   max ms  CPU ms  / bare");
        for (Result result : results) {
            lines.add(String.format(
                    Locale.ROOT,
                    "%-30s %7d %5d %10.0f %8.2f %8.2f %8.2f %7.2f %7.2f",
                    words(result.answerer()),
                    result.threads(),
                    result.swaps(),
                    result.requestsPerSecond(),
                    result.p50Micros() / 1e3,
                    result.p99Micros() / 1e3,
                    result.maxMicros() / 1e3,
                    result.cpuMicros() / 1e3,
                    result.cpuMicros() / bareCpuMicros(results, result.threads())));
        }
        lines.add("");
        lines.add(String.format(
                Locale.ROOT,
                "%d candidates a request; overhead over ONNX Runtime alone: %.0f %% of its CPU time",
                RankBenchmark.CANDIDATES,
                100 * overhead(results)));
        return lines;
    }

    private static String words(Answerer answerer) {
        return switch (answerer) {
            case BARE -> "ONNX Runtime alone";
            case RANKER -> "ranker";
            case RANKER_NOTHING_SHARED -> "ranker, nothing shared";
        };
    }

    private static double overhead(List<Result> results) {
        return results.stream()
                                .filter(result -> result.answerer() == Answerer.RANKER)
                                .mapToDouble(Result::cpuMicros)
                                .findFirst()
                                .orElse(Double.NaN)
                        / bareCpuMicros(results, 1)
                - 1;
    }

    private static double bareCpuMicros(List<Result> results, int threads) {
        return results.stream()
                .filter(result -> result.answerer() == Answerer.BARE && result.threads() == threads)
                .mapToDouble(Result::cpuMicros)
                .findFirst()
                .orElse(Double.NaN);
    }

    private static BigDecimal rounded(double value) {
        return BigDecimal.valueOf(value).setScale(3, RoundingMode.HALF_EVEN);
    }
}

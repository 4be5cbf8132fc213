package freshet.jobs.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import freshet.jobs.bench.RankBenchmark;
import freshet.jobs.bench.RankReport;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code freshet bench rank}: how fast a server ranks. */
@Command(
        name = "rank",
        description = {
            "Ranks made-up requests of 300 candidates with a snapshot of the standard model (see freshet bench train), on one"
                    + " thread and on two, with and without a new snapshot being loaded and swapped in every second.",
            "For comparison, in the same run: ONNX Runtime alone on the same network, its inputs prepared. Candidates share"
                    + " what belongs to the viewer (device, 9 single ids, 4 bags of 8); one line of the table has requests in"
                    + " which nothing is shared. Times are on the clock; CPU is that of the threads that answer."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class BenchRankCommand implements Callable<Integer> {
    @Option(
            names = "--seconds",
            paramLabel = "S",
            defaultValue = "10",
            description = "Time for each line of the table (default: ${DEFAULT-VALUE}).")
    private double seconds;

    @Option(names = "--json", paramLabel = "FILE", description = "Also writes the results as JSON.")
    private @Nullable Path json;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        if (!(seconds > 0 && seconds <= 3600)) {
            throw new ParameterException(
                    spec.commandLine(), "--seconds: found " + seconds + ", expected above 0 and up to 3600");
        }
        List<RankBenchmark.Result> results =
                new RankBenchmark(seconds, line -> spec.commandLine().getErr().println("bench: " + line)).run();
        RankReport.table(results).forEach(spec.commandLine().getOut()::println);
        if (json != null) {
            String text =
                    new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(RankReport.json(results));
            Files.writeString(json, text + "\n", StandardCharsets.UTF_8);
        }
        return 0;
    }
}

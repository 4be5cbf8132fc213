package freshet.jobs.cli;

import freshet.jobs.bench.RankBenchmark;
import freshet.jobs.bench.RankReport;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
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
    @Mixin
    private final BenchSeconds seconds = new BenchSeconds(10);

    @Mixin
    @SuppressWarnings("NullAway.Init") // set by picocli
    private BenchJson json;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        double each = seconds.checked(spec.commandLine());
        List<RankBenchmark.Result> results =
                new RankBenchmark(each, line -> spec.commandLine().getErr().println("bench: " + line)).run();
        RankReport.table(results).forEach(spec.commandLine().getOut()::println);
        json.write(RankReport.json(results));
        return 0;
    }
}

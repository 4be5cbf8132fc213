package freshet.jobs.cli;

import freshet.jobs.bench.SnapshotBenchmark;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code freshet bench snapshot}: what a snapshot costs the trainer, the publisher and a server. */
@Command(
        name = "snapshot",
        description = {
            "Measures how long the trainer waits for a cut (copy of what changed, and passing it on), how fast the publisher"
                    + " writes a snapshot and a server loads it, the time from the end of an hour until the model ranks, and the"
                    + " heap of each. In this process, without a broker: what the network takes comes on top.",
            "The model: one table of 16 weights a row, sparse Adagrad. 10 million rows need 5 GB: FRESHET_HEAP=6g."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class BenchSnapshotCommand implements Callable<Integer> {
    @Option(
            names = "--rows",
            paramLabel = "N",
            split = ",",
            defaultValue = "10000,1000000",
            description = "Rows of the table (default: ${DEFAULT-VALUE}).")
    @SuppressWarnings("NullAway.Init") // has a default
    private List<Integer> rows;

    @Option(
            names = "--changed",
            paramLabel = "N",
            defaultValue = "100000",
            description = "Rows that change between two cuts, where there are so many (default: ${DEFAULT-VALUE}).")
    private int changed;

    @Mixin
    @SuppressWarnings("NullAway.Init") // set by picocli
    private BenchJson json;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        rows.forEach(count -> check("--rows", count));
        check("--changed", changed);
        List<SnapshotBenchmark.Result> results =
                new SnapshotBenchmark(line -> spec.commandLine().getErr().println("bench: " + line)).run(rows, changed);
        double sha256 = SnapshotBenchmark.sha256MegabytesPerSecond();
        SnapshotBenchmark.table(results, sha256).forEach(spec.commandLine().getOut()::println);
        json.write(SnapshotBenchmark.json(results, sha256));
        return 0;
    }

    private void check(String option, int found) {
        if (found < 1 || found > 20_000_000) {
            throw new ParameterException(
                    spec.commandLine(), option + ": found " + found + ", expected a number from 1 to 20000000");
        }
    }
}

package freshet.jobs.cli;

import freshet.jobs.bench.PyTorchBaseline;
import freshet.jobs.bench.TableGrowth;
import freshet.jobs.bench.TrainBenchmark;
import freshet.jobs.bench.TrainReport;
import freshet.jobs.bench.TrainRun;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code freshet bench train}: how fast the learner learns. */
@Command(
        name = "train",
        description = {
            "Trains the standard model on made-up examples and says how many it learns in a second, how near that comes to what"
                    + " the processor can do, and where the time goes.",
            "The model: 26 sparse features (20 single ids, 6 bags of 8) x 16, 2 million rows, Zipf 1.05, 12 numbers; bottom"
                    + " 428-128; 4 experts 128-64; 5 tasks with gate and tower 64-32-1; shallow tower; sparse Adagrad, dense"
                    + " Adam. One thread's time is its CPU time, that of several is on the clock; the fastest of ten rounds counts.",
            "Examples come with their ids as numbers, as the trainer gets them from the task that decodes them (and as other tools"
                    + " read them); what hashing them costs is printed beside. Through Flink all of it is included."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class BenchTrainCommand implements Callable<Integer> {
    private static final double FLINK_SECONDS = 30;
    private static final long LEAST_ROWS = TableGrowth.TOUCHED;
    private static final long MOST_ROWS = 100_000_000;

    @Option(
            names = "--batch",
            paramLabel = "N",
            split = ",",
            defaultValue = "64,256,1024",
            description = "Examples in a mini-batch (default: ${DEFAULT-VALUE}).")
    @SuppressWarnings("NullAway.Init") // has a default
    private List<Integer> batches;

    @Option(
            names = "--threads",
            paramLabel = "N",
            split = ",",
            defaultValue = "1,2",
            description = "Threads that learn together (default: ${DEFAULT-VALUE}).")
    @SuppressWarnings("NullAway.Init") // has a default
    private List<Integer> threads;

    @Mixin
    private final BenchSeconds seconds = new BenchSeconds(6);

    @Mixin
    @SuppressWarnings("NullAway.Init") // set by picocli
    private BenchJson json;

    @Option(
            names = "--flink",
            description =
                    "Also through Flink, with all that the train job does: order, metrics, rows in RocksDB, checkpoints"
                            + " every 10 s. Needs two quiet cores and about a minute.")
    private boolean flink;

    @Option(
            names = "--rows",
            paramLabel = "N",
            split = ",",
            description =
                    "Also grow a table to these numbers of rows, such as 1000000,20000000, and say what a checkpoint costs at each"
                            + " when a hundred thousand rows have changed. 20 million take some minutes and 10 GB of disk.")
    private List<Long> rows = List.of();

    @Option(
            names = "--pytorch",
            paramLabel = "PYTHON",
            description =
                    "A python3 with torch: the same model is trained with it, for comparison: with PyTorch's modules, and as"
                            + " arranged by hand for speed. Ratios are to the better one.")
    private @Nullable Path python;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        for (int positive : batches) {
            check("--batch", positive, 16_384);
        }
        for (int positive : threads) {
            check("--threads", positive, 64);
        }
        rows = rows.stream().sorted().distinct().toList();
        for (long size : rows) {
            if (size < LEAST_ROWS || size > MOST_ROWS) {
                throw new ParameterException(
                        spec.commandLine(),
                        "--rows: found " + size + ", expected a number from " + LEAST_ROWS + " to " + MOST_ROWS);
            }
        }
        double each = seconds.checked(spec.commandLine());
        if (python != null) {
            PyTorchBaseline.check(python);
        }
        TrainBenchmark.Report report = new TrainBenchmark(each, this::progress).run(batches, threads, batches);
        Map<Integer, PyTorchBaseline.Rates> pyTorch = Map.of();
        if (python != null) {
            progress("PyTorch");
            pyTorch = PyTorchBaseline.run(python, each, batches);
        }
        TrainRun.Result throughFlink = null;
        if (flink) {
            progress("through Flink");
            throughFlink = TrainRun.inItsOwnJvm(FLINK_SECONDS);
        }
        List<TableGrowth.Size> growth = List.of();
        if (!rows.isEmpty()) {
            progress("a table that grows");
            growth = TableGrowth.inItsOwnJvm(rows);
        }
        TrainReport.table(report, pyTorch, throughFlink, growth)
                .forEach(spec.commandLine().getOut()::println);
        json.write(TrainReport.json(report, pyTorch, throughFlink, growth));
        return 0;
    }

    private void check(String option, int found, int most) {
        if (found < 1 || found > most) {
            throw new ParameterException(
                    spec.commandLine(), option + ": found " + found + ", expected a number from 1 to " + most);
        }
    }

    private void progress(String line) {
        spec.commandLine().getErr().println("bench: " + line);
    }
}

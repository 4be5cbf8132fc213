package freshet.jobs.cli;

import freshet.jobs.bench.JoinBench;
import freshet.jobs.bench.JoinVariant;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code freshet bench join}: events a second of CPU time, by our join and by others. */
@Command(
        name = "join",
        description = {
            "Joins simulated impressions and feedback, one variant after the other, each in a JVM of its own, and prints"
                    + " as JSON how many events a second of CPU time joins (all threads: also those of RocksDB, the"
                    + " compiler and the collector).",
            "1,000 impressions for each second of event time, 15%% of them answered by 2 feedback events on average"
                    + " within 10 minutes, 30 s of disorder, 200,000 viewers by Zipf's law; where RocksDB is used, an"
                    + " incremental checkpoint every 10 s. The first 650,000 impressions, until rows expire, warm up.",
            "Takes about ten minutes on two cores that do nothing else. A variant that fails is named under 'failed'."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class BenchJoinCommand implements Callable<Integer> {
    @Option(
            names = "--impressions",
            paramLabel = "N",
            defaultValue = "5000000",
            description = "About how many ours and the keyed function join (default: ${DEFAULT-VALUE}); with other"
                    + " numbers of users at most 2,000,000, Flink's interval join and SQL on heap at most 1,500,000. On"
                    + " RocksDB these two stop at 100,000: they fall to a few thousand a second once rows expire.")
    private long impressions;

    @Option(
            names = "--users",
            paramLabel = "N",
            split = ",",
            defaultValue = "200000,20000,2000000",
            description = "How many viewers our join on RocksDB is measured with, one run each (default:"
                    + " ${DEFAULT-VALUE}); all others with 200000.")
    private List<Integer> users = List.of();

    @Option(
            names = "--variants",
            paramLabel = "NAME",
            split = ",",
            description = "Only these: ${COMPLETION-CANDIDATES} (default: all).")
    private List<JoinVariant> variants = List.of(JoinVariant.values());

    @Option(
            names = "--checkpoint-seconds",
            paramLabel = "N",
            defaultValue = "10",
            description =
                    "Between checkpoints, where RocksDB is used (default: ${DEFAULT-VALUE}); of the wall clock, so"
                            + " use more on a machine that is busy with other things.")
    private long checkpointSeconds;

    @Mixin
    @SuppressWarnings("NullAway.Init") // set by picocli
    private BenchJson json;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
        JoinBench bench =
                new JoinBench(impressions, checkpointSeconds, spec.commandLine().getErr());
        bench.measure(variants, users);
        if (bench.measured() == 0) {
            return 1;
        }
        spec.commandLine().getOut().print(BenchJson.text(bench.toJson()));
        spec.commandLine().getOut().flush();
        json.write(bench.toJson());
        return 0;
    }
}

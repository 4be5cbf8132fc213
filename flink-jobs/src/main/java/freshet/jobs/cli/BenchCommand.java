package freshet.jobs.cli;

import picocli.CommandLine.Command;

/** {@code freshet bench}: holds the benchmarks. */
@Command(
        name = "bench",
        description =
                "Measures how fast this machine does the work, each with a ratio to something else in the same run.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            BenchJoinCommand.class,
            BenchTrainCommand.class,
            BenchRankCommand.class,
            BenchSnapshotCommand.class
        })
final class BenchCommand {}

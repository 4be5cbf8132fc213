package freshet.jobs.cli;

import freshet.jobs.dataset.ImportSummary;
import freshet.jobs.dataset.KuaiRandFiles;
import freshet.jobs.dataset.KuaiRandImporter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code freshet import}: public data sets to events. */
@Command(
        name = "import",
        description = "Turns a public data set into the events that replay reads.",
        mixinStandardHelpOptions = true,
        subcommands = ImportCommand.KuaiRand.class)
final class ImportCommand {

    @Command(
            name = "kuairand",
            description = {
                "Imports KuaiRand (https://kuairand.com), a real short-video log.",
                "Writes impressions.jsonl.gz, feedback.jsonl.gz, history.jsonl.gz, sorted by event time, videos.jsonl.gz and"
                        + " import.json. Input files may be plain or gzip."
            },
            footerHeading = "%nWhat is assumed where the data set says nothing:%n",
            mixinStandardHelpOptions = true,
            sortOptions = false)
    static final class KuaiRand implements Callable<Integer> {
        @Option(
                names = "--log",
                required = true,
                arity = "1..*",
                paramLabel = "FILE",
                description = "Log(s) of impressions with their feedback.")
        @SuppressWarnings("NullAway.Init") // required: picocli sets it
        private List<Path> logs;

        @Option(names = "--users", paramLabel = "FILE", description = "User features.")
        private @Nullable Path users;

        @Option(names = "--videos", paramLabel = "FILE", description = "Basic video features.")
        private @Nullable Path videos;

        @Option(names = "--warm", paramLabel = "FILE", description = "What each user did before the log begins.")
        private @Nullable Path warm;

        @Option(names = "--out", required = true, paramLabel = "DIR", description = "Folder for the events.")
        @SuppressWarnings("NullAway.Init") // required: picocli sets it
        private Path out;

        @Option(
                names = "--max-bad-rows",
                paramLabel = "N",
                defaultValue = "100",
                description = "Give up when more rows than this cannot be read (default: ${DEFAULT-VALUE}).")
        private long maxBadRows;

        @Spec
        @SuppressWarnings("NullAway.Init") // set by picocli
        private CommandSpec spec;

        /** The rules stand in the help as they stand in the summary. */
        @Spec
        void describe(CommandSpec command) {
            command.usageMessage()
                    .footer(KuaiRandImporter.RULES.stream()
                            .map(rule -> "  * " + rule)
                            .toArray(String[]::new));
        }

        @Override
        public Integer call() throws Exception {
            ImportSummary summary =
                    new KuaiRandImporter(new KuaiRandFiles(logs, users, videos, warm), maxBadRows).importInto(out);
            spec.commandLine().getErr().println(summary.text());
            spec.commandLine().getOut().println(out);
            return 0;
        }
    }
}

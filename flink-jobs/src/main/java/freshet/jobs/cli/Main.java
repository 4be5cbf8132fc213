package freshet.jobs.cli;

import freshet.features.online.OnlineStoreException;
import freshet.jobs.dataset.ImportException;
import freshet.jobs.local.CannotStartException;
import freshet.serde.config.ConfigException;
import freshet.serde.snapshot.BadSnapshotException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/** The {@code freshet} command itself: holds the others and says what went wrong in words. */
@Command(
        name = "freshet",
        description = "Keeps a ranking model fresh: joins what viewers were shown with what they did, learns from it in"
                + " event-time order, and hands servers a new model every hour.",
        mixinStandardHelpOptions = true,
        version = "freshet 0.1.0",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            DemoCommand.class,
            ImportCommand.class,
            SimulateCommand.class,
            ReplayCommand.class,
            CheckCommand.class,
            SchemaCommand.class,
            DoctorCommand.class,
            TopicsCommand.class,
            SendCommand.class,
            DecodeCommand.class,
            ClusterCommand.class,
            RunCommand.class,
            RecoverCommand.class,
            SnapshotCommand.class,
            TrainerCommands.class,
            KeysCommand.class,
            FeaturesCommand.class,
            RankCommand.class,
            BenchCommand.class
        })
public final class Main implements Runnable {
    /** The work failed, or the answer is no. */
    static final int FAILED = 1;

    /** Called wrongly, or something that the command needs is not there; the message says what to do. */
    static final int NOT_POSSIBLE = 2;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    public static void main(String[] args) {
        System.exit(commandLine().execute(args));
    }

    static CommandLine commandLine() {
        CommandLine commandLine = new CommandLine(new Main());
        commandLine.setCaseInsensitiveEnumValuesAllowed(true);
        commandLine.setOut(new PrintWriter(System.out, true, StandardCharsets.UTF_8));
        commandLine.setErr(new PrintWriter(System.err, true, StandardCharsets.UTF_8));
        commandLine.setExecutionExceptionHandler(Main::explain);
        return commandLine;
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Missing command");
    }

    private static int explain(Exception problem, CommandLine commandLine, ParseResult parsed) throws Exception {
        String message = inWords(problem);
        if (message == null) {
            throw problem;
        }
        commandLine.getErr().println(commandLine.getColorScheme().errorText("freshet: " + message));
        return NOT_POSSIBLE;
    }

    /** The message for problems that the caller can mend; null for ours, which keep their stack trace. */
    private static @Nullable String inWords(Exception problem) {
        if (problem instanceof ConfigException
                || problem instanceof ImportException
                || problem instanceof CannotStartException
                || problem instanceof BadSnapshotException
                || problem instanceof OnlineStoreException
                || problem instanceof UncheckedIOException) {
            return problem.getMessage();
        }
        if (problem instanceof NoSuchFileException missing) {
            return "there is no " + missing.getFile();
        }
        if (problem instanceof FileSystemException file) {
            return file.getFile() + ": "
                    + (file.getReason() == null ? file.getClass().getSimpleName() : file.getReason());
        }
        return null;
    }
}

package freshet.jobs.cli;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.config.JobTopics;
import freshet.jobs.doctor.Doctor;
import freshet.jobs.doctor.Finding.Grade;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code freshet doctor}: what does a deployment stand on, and is it sound? */
@Command(
        name = "doctor",
        description = {
            "Looks at what a deployment stands on: brokers, their version and limits, every topic and its settings, permissions, schema"
                    + " registry, clocks, Java, memory and disk. One line for each finding: OK, NOTE, WARN or FAIL, what was found and, where"
                    + " that is not well, what was expected and what to do.",
            "It reads only, and waits ten seconds at most for what does not answer. Java and disk are those of the machine it"
                    + " runs on."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:nothing fails", "1:there is a line that begins with FAIL", "2:the configuration has mistakes"
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class DoctorCommand implements Callable<Integer> {
    @Option(names = "--config", required = true, paramLabel = "FILE", description = "The deployment.")
    @SuppressWarnings("NullAway.Init") // required: picocli sets it
    private Path file;

    @Option(
            names = "--job",
            paramLabel = "JOB",
            description =
                    "${COMPLETION-CANDIDATES}, in lower case: only its topics, and whether this login may do what it does"
                            + " (default: every topic, and no permissions).")
    private @Nullable Job job;

    @Option(
            names = "--folder",
            paramLabel = "DIR",
            description =
                    "A folder of this machine for checkpoints or RocksDB, to be looked at; may be given several times.")
    private List<Path> folders = List.of();

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() {
        FreshetConfig config = FreshetConfig.load(file);
        PrintWriter out = spec.commandLine().getOut();
        Map<String, JobTopics> jobs =
                job == null ? Map.of() : Map.of(job.name().toLowerCase(Locale.ROOT), job.topics(config));
        AtomicBoolean hasFailure = new AtomicBoolean();
        new Doctor(config, jobs, System::currentTimeMillis).examine(folders, finding -> {
            out.println(finding.line());
            if (finding.grade() == Grade.FAIL) {
                hasFailure.set(true);
            }
        });
        return hasFailure.get() ? Main.FAILED : 0;
    }
}

package freshet.jobs.cli;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.config.JobTopics;
import freshet.jobs.doctor.Doctor;
import freshet.jobs.doctor.Finding.Grade;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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
            "With --job only the topics of that job. It reads only, and waits ten seconds at most for what does not answer. Java and disk are those of the machine it"
                    + " runs on."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:nothing fails", "1:there is a line that begins with FAIL", "2:the configuration has mistakes"
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class DoctorCommand implements Callable<Integer> {
    @Mixin
    @SuppressWarnings("NullAway.Init") // set by picocli
    private DeploymentOption deployment;

    @Mixin
    @SuppressWarnings("NullAway.Init") // set by picocli
    private JobOption job;

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
        FreshetConfig config = deployment.load();
        PrintWriter out = spec.commandLine().getOut();
        Map<String, JobTopics> jobs =
                job.named().map(one -> Map.of(one.word(), one.topics(config))).orElse(Map.of());
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

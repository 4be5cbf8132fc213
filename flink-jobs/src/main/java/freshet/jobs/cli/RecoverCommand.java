package freshet.jobs.cli;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.recover.OldestOffsets;
import freshet.jobs.recover.RecoveryPlan;
import freshet.jobs.recover.Retained;
import freshet.jobs.recover.RetainedFinder;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.TopicPartition;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code freshet recover}: from what can a job go on, and what does that cost? */
@Command(
        name = "recover",
        description = {
            "Lists the checkpoints and savepoints of a job that were kept, newest first, and looks whether each is whole: its _metadata can"
                    + " be read and is what was written, and every file that it names is there with its size. Then reads all of the"
                    + " newest good one, and compares each byte with the checksums of RocksDB's tables and those that Freshet wrote;"
                    + " where they differ, the next. Says what going on from it means, and prints the command that does it, on"
                    + " standard output; with --run does it.",
            "Of a checkpoint without Freshet's checksums (execution.checkpointing.storage is neither filesystem nor absent), and of a savepoint"
                    + " beyond a gibibyte, it says how many files could not be compared.",
            "Changes no checkpoint. Stop the job first: two of one deployment get in each other's way."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:there is a good one; with --run: the job was submitted",
            "1:there is none that is whole",
            "2:called wrongly, or the folder cannot be looked at"
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class RecoverCommand implements Callable<Integer> {
    @Mixin
    @SuppressWarnings("NullAway.Init") // set by picocli
    private DeploymentOption deployment;

    @Option(
            names = "--job",
            required = true,
            paramLabel = "JOB",
            description = "${COMPLETION-CANDIDATES}, in lower case.")
    @SuppressWarnings("NullAway.Init") // required: picocli sets it
    private Job job;

    @Option(
            names = "--checkpoints",
            required = true,
            paramLabel = "DIR",
            description =
                    "Folder or URI with what was kept, as execution.checkpointing.dir of the cluster, or one checkpoint in it; may"
                            + " be given several times, as for savepoints.")
    @SuppressWarnings("NullAway.Init") // required: picocli sets it
    private List<String> folders;

    @Option(
            names = "--quick",
            description =
                    "Read no file but the _metadata: of the others, look only for their sizes. For states that take long"
                            + " to read; a job that goes on from a damaged one fails when it comes to the place.")
    private boolean quick;

    @Option(names = "--run", description = "Submit the job.")
    private boolean run;

    @Option(
            names = "--with",
            paramLabel = "OPTION",
            description = "For freshet run, as in --with=--cluster=http://jobmanager:8081; may be given several times.")
    private List<String> options = List.of();

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() {
        FreshetConfig config = deployment.load();
        PrintWriter err = spec.commandLine().getErr();
        List<Retained> found = found();
        RecoveryPlan plan = new RecoveryPlan(job.state(config).among(found))
                .readThrough(quick ? UnaryOperator.identity() : RetainedFinder::readThrough);
        long nowMillis = System.currentTimeMillis();
        plan.lines(nowMillis).forEach(err::println);
        if (plan.chosen().isEmpty()) {
            err.println(none(found.size(), plan.candidates().size()));
            return Main.FAILED;
        }
        Retained chosen = plan.chosen().get();
        plan.consequences(nowMillis, oldest(config, chosen.offsets().keySet(), err))
                .forEach(err::println);
        List<String> command = command(chosen);
        if (!run) {
            spec.commandLine().getOut().println("freshet " + String.join(" ", command));
            return 0;
        }
        CommandLine freshet = spec.commandLine().getParent();
        return freshet.execute(command.toArray(String[]::new));
    }

    /** Newest first. */
    private List<Retained> found() {
        List<Retained> found = new ArrayList<>();
        for (String folder : folders) {
            try {
                found.addAll(RetainedFinder.find(folder));
            } catch (IOException e) {
                throw new UncheckedIOException("looking for checkpoints in " + folder + ": " + e.getMessage(), e);
            }
        }
        found.sort(Comparator.comparingLong(Retained::writtenMillis).reversed());
        return found;
    }

    private String none(int all, int ofJob) {
        return ofJob > 0
                ? "none of them is whole. Look for a savepoint elsewhere; without state the job begins anew, by freshet run "
                        + job.word() + " --empty"
                : "found no checkpoint of the " + job.word() + " job of this deployment in "
                        + String.join(", ", folders)
                        + " (" + all + " of other jobs or unreadable), expected at least one; is it the folder"
                        + " execution.checkpointing.dir?";
    }

    private static Map<TopicPartition, Long> oldest(FreshetConfig config, Set<TopicPartition> read, PrintWriter err) {
        try {
            return read.isEmpty() ? Map.of() : OldestOffsets.of(config.kafka(), read);
        } catch (IllegalStateException e) {
            err.println("whether the topics still have what it would read is not known: " + e.getMessage());
            return Map.of();
        }
    }

    private List<String> command(Retained chosen) {
        List<String> command = new ArrayList<>(
                List.of("run", job.word(), "--config", deployment.file().toString()));
        command.addAll(options);
        command.addAll(List.of("--from", chosen.path()));
        return command;
    }
}

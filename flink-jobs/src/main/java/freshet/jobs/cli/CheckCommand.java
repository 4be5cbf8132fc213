package freshet.jobs.cli;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.config.JobTopics;
import freshet.jobs.source.KafkaTopics;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.apache.kafka.common.acl.AclOperation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code freshet check}: is this configuration without mistakes, and are its topics there? */
@Command(
        name = "check",
        description = {
            "Checks a configuration as a whole, every mistake at once, then asks the brokers for every topic it names.",
            "With --job asks whether the login of this configuration may do what that job does with its topics."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:all is well",
            "1:a topic or a permission is missing, or the brokers do not answer",
            "2:the configuration has mistakes"
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class CheckCommand implements Callable<Integer> {
    @Mixin
    @SuppressWarnings("NullAway.Init") // set by picocli
    private DeploymentOption deployment;

    @Option(names = "--file-only", description = "Do not ask the brokers.")
    private boolean fileOnly;

    @Mixin
    @SuppressWarnings("NullAway.Init") // set by picocli
    private JobOption job;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() {
        FreshetConfig config = deployment.load();
        PrintWriter out = spec.commandLine().getOut();
        out.println("good: " + deployment.file() + ", " + config.model().tasks().size() + " tasks, "
                + config.features().schema().idNames().size() + " sparse and "
                + config.features().schema().numberNames().size() + " dense features");
        if (fileOnly) {
            return 0;
        }
        int missing = 0;
        for (String topic : config.topicsInUse()) {
            try {
                int partitions = KafkaTopics.partitions(config.kafka(), topic);
                out.println(
                        "good: topic " + topic + ", " + partitions + (partitions == 1 ? " partition" : " partitions"));
            } catch (IllegalStateException e) {
                missing++;
                out.println("bad: " + e.getMessage());
            }
        }
        if (job.named().isPresent() && missing == 0) {
            JobTopics needed = job.named().get().topics(config);
            missing += forbidden(config, needed.reads(), AclOperation.READ, out);
            missing += forbidden(config, needed.writes(), AclOperation.WRITE, out);
        }
        return missing == 0 ? 0 : Main.FAILED;
    }

    /** How many of these topics this login may not use so. */
    private static int forbidden(FreshetConfig config, List<String> topics, AclOperation operation, PrintWriter out) {
        int forbidden = 0;
        String word = operation.name().toLowerCase(Locale.ROOT);
        for (String topic : topics) {
            if (KafkaTopics.permitted(config.kafka(), topic).contains(operation)) {
                out.println("good: may " + word + " " + topic);
            } else {
                forbidden++;
                out.println("bad: may not " + word + " " + topic + ", expected the permission; see"
                        + " deploy/kubernetes/base/users.yaml for what each job needs");
            }
        }
        return forbidden;
    }
}

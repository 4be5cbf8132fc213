package freshet.jobs.cli;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.source.KafkaTopics;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code freshet check}: is this configuration without mistakes, and are its topics there? */
@Command(
        name = "check",
        description = {
            "Checks a configuration as a whole, every mistake at once, then asks the brokers for every topic it names."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:all is well",
            "1:a topic is missing, or the brokers do not answer",
            "2:the configuration has mistakes"
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class CheckCommand implements Callable<Integer> {
    @Option(names = "--config", required = true, paramLabel = "FILE", description = "The deployment.")
    @SuppressWarnings("NullAway.Init") // required: picocli sets it
    private Path file;

    @Option(names = "--file-only", description = "Do not ask the brokers.")
    private boolean fileOnly;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() {
        FreshetConfig config = FreshetConfig.load(file);
        PrintWriter out = spec.commandLine().getOut();
        out.println("good: " + file + ", " + config.model().tasks().size() + " tasks, "
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
        return missing == 0 ? 0 : Main.FAILED;
    }
}

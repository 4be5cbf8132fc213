package freshet.jobs.cli;

import freshet.jobs.config.EventsConfig;
import freshet.jobs.config.FreshetConfig;
import freshet.jobs.local.CannotStartException;
import freshet.jobs.source.ReplayToKafka;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code freshet send}: puts files of events into the topics of a configuration. */
@Command(
        name = "send",
        description = {
            "Puts the events of a folder, as freshet simulate and freshet import write them, into the topics of a"
                    + " configuration, as JSON and in the order of the files; the events of a viewer share a partition.",
            "The configuration must say format: json for impressions, feedback and histories."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class SendCommand implements Callable<Integer> {
    @Mixin
    @SuppressWarnings("NullAway.Init") // set by picocli
    private DeploymentOption deployment;

    @Option(names = "--events", required = true, paramLabel = "DIR", description = "Folder with the events.")
    @SuppressWarnings("NullAway.Init") // required: picocli sets it
    private Path events;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        FreshetConfig config = deployment.load();
        EventsConfig read = config.events();
        if (!config.withJsonEvents().events().equals(read)) {
            throw new CannotStartException(
                    "sending " + events + ": found events in " + read.formats() + " in " + deployment.file()
                            + ", expected format: json for impressions, feedback and histories, without mapping; the jobs would"
                            + " refuse every record");
        }
        ReplayToKafka.send(events, config);
        spec.commandLine()
                .getErr()
                .println("sent " + events + " to " + config.kafka().bootstrapServers());
        return 0;
    }
}

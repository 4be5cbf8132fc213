package freshet.jobs.cli;

import freshet.features.online.FeatureFollower;
import freshet.features.online.OnlineStore;
import freshet.jobs.config.FreshetConfig;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code freshet features}: keeps an online store up to date, as a server does. */
@Command(
        name = "features",
        description = {
            "Follows what the examples job writes for servers, into an online store from which requests get their features"
                    + " (freshet rank --features). Goes on where the store ends; runs until it is stopped.",
            "One line of progress every ten seconds, on standard error."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class FeaturesCommand implements Callable<Integer> {
    private static final Duration LINE_EVERY = Duration.ofSeconds(10);

    @Mixin
    @SuppressWarnings("NullAway.Init") // set by picocli
    private DeploymentOption deployment;

    @Option(
            names = "--store",
            required = true,
            paramLabel = "DIR",
            description = "Folder of the store; made if missing.")
    @SuppressWarnings("NullAway.Init") // required: picocli sets it
    private Path folder;

    @Option(names = "--once", description = "End when everything has been read that the topic held at the start.")
    private boolean once;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        FreshetConfig config = deployment.load();
        if (config.featureTopics().isEmpty()) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--config: found user_features.written false in " + deployment.file()
                            + ", expected a job that writes them");
        }
        PrintWriter err = spec.commandLine().getErr();
        try (OnlineStore store = OnlineStore.open(folder);
                FeatureFollower follower =
                        FeatureFollower.connect(config.kafka().forConsumers(), config.featureTopics(), store)) {
            follower.start();
            boolean isCaughtUp = false;
            while (!(isCaughtUp && once)) {
                if (isCaughtUp) {
                    Thread.sleep(LINE_EVERY.toMillis());
                } else {
                    isCaughtUp = follower.awaitCaughtUp(LINE_EVERY);
                }
                err.println(line(follower.status()));
            }
        }
        return 0;
    }

    private static String line(FeatureFollower.Status status) {
        StringBuilder line = new StringBuilder();
        line.append(status.applied().stored())
                .append(" stored, ")
                .append(status.applied().forgotten())
                .append(" forgotten, ")
                .append(status.applied().stale())
                .append(" older, ")
                .append(status.refused())
                .append(" refused");
        status.behind().ifPresent(records -> line.append(", ").append(records).append(" behind"));
        status.newestAsOfMillis().ifPresent(millis -> line.append(", as of ").append(Instant.ofEpochMilli(millis)));
        status.lastProblem().ifPresent(problem -> line.append("; ").append(problem));
        return line.toString();
    }
}

package freshet.jobs.cli;

import freshet.jobs.config.FreshetConfig;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** {@code --config} of commands that are about one deployment. */
final class DeploymentOption {
    @Option(names = "--config", required = true, paramLabel = "FILE", description = "The deployment.")
    @SuppressWarnings("NullAway.Init") // required: picocli sets it
    private Path file;

    /** The file that was named, for messages. */
    Path file() {
        return file;
    }

    /**
     * Reads and checks the file.
     *
     * @throws freshet.serde.config.ConfigException with every mistake in it
     */
    FreshetConfig load() {
        return FreshetConfig.load(file);
    }
}

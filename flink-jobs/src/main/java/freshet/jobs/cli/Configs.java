package freshet.jobs.cli;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.dataset.ImportSummary;
import freshet.jobs.dataset.KuaiRandImporter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** Finds the configuration that a command is about. */
final class Configs {
    /** By which importer made the events: the configuration that ships for them. */
    private static final Map<String, String> SHIPPED =
            Map.of(KuaiRandImporter.SOURCE, "kuairand", SimulateCommand.SOURCE, "demo");

    private Configs() {}

    /**
     * The configuration of a file, or, without one, that which ships for the importer that made the events.
     *
     * @throws ParameterException when there is neither
     */
    static FreshetConfig forEvents(@Nullable Path file, Path events, CommandLine command) throws IOException {
        if (file != null) {
            return FreshetConfig.load(file);
        }
        String source = ImportSummary.sourceOf(events).orElse("");
        String shipped = SHIPPED.get(source);
        if (shipped == null) {
            throw new ParameterException(
                    command,
                    "found no --config, and no " + ImportSummary.FILE + " of a known importer in " + events
                            + "; name a configuration file with --config");
        }
        return FreshetConfig.shipped(shipped);
    }
}

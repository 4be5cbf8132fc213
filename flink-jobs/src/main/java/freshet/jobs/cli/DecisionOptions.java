package freshet.jobs.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code --reason} and {@code --by} of commands by which a person decides something for all: who did, and why. */
final class DecisionOptions {
    @Option(
            names = "--reason",
            paramLabel = "TEXT",
            required = true,
            description = "Why; is kept with what it changes, for the next person.")
    @SuppressWarnings("NullAway.Init") // required: picocli sets it
    private String reason;

    @Option(names = "--by", paramLabel = "NAME", description = "Who decides so (default: the name of this user).")
    private @Nullable String by;

    String reason() {
        return reason;
    }

    String by() {
        return by == null ? System.getProperty("user.name", "unknown") : by;
    }
}

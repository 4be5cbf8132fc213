package freshet.jobs.cli;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code --job} of commands that look at a deployment: then also at what one of its jobs may do. */
final class JobOption {
    @Option(
            names = "--job",
            paramLabel = "JOB",
            description =
                    "${COMPLETION-CANDIDATES}, in lower case: also whether this login may do what that job does with its"
                            + " topics (default: nothing is asked about permissions).")
    private @Nullable Job job;

    Optional<Job> named() {
        return Optional.ofNullable(job);
    }
}

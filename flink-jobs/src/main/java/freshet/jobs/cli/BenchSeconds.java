package freshet.jobs.cli;

import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** {@code --seconds} of the benchmarks that measure for a while. */
final class BenchSeconds {
    @Option(
            names = "--seconds",
            paramLabel = "S",
            description = "Time for each line of the table (default: ${DEFAULT-VALUE}).")
    private double seconds;

    BenchSeconds(double byDefault) {
        seconds = byDefault;
    }

    /**
     * Seconds, above 0 and up to 3600.
     *
     * @throws ParameterException for any other number
     */
    double checked(CommandLine command) {
        if (!(seconds > 0 && seconds <= 3600)) {
            throw new ParameterException(command, "--seconds: found " + seconds + ", expected above 0 and up to 3600");
        }
        return seconds;
    }
}

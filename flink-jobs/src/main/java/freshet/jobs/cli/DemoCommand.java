package freshet.jobs.cli;

import freshet.jobs.local.Demo;
import freshet.jobs.local.DemoOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code freshet demo}: everything in one process. */
@Command(
        name = "demo",
        description = {
            "Shows everything at work in one process: a real Kafka broker, a real Flink cluster with its dashboard, simulated"
                    + " viewers, the three jobs, and a server that ranks with each new snapshot.",
            "Ends by itself, or with Ctrl-C, with what the model learnt against the simulator's truth, and report.html."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class DemoCommand implements Callable<Integer> {
    private static final long CLOSE_PATIENCE_SECONDS = 60;

    @ArgGroup
    private @Nullable Length length;

    /** One of the two. */
    static final class Length {
        @Option(names = "--minutes", paramLabel = "N", description = "How long viewers come (default: 3).")
        private @Nullable Integer minutes;

        @Option(names = "--seconds", paramLabel = "N", description = "The same, in seconds.")
        private @Nullable Integer seconds;

        private Duration duration() {
            return seconds != null
                    ? Duration.ofSeconds(seconds)
                    : Duration.ofMinutes(minutes == null ? DEFAULT_MINUTES : minutes);
        }
    }

    private static final int DEFAULT_MINUTES = 3;

    @Option(
            names = "--speed",
            paramLabel = "X",
            defaultValue = "240",
            description = "Event time per wall clock: 240 makes an hour 15 s (default: ${DEFAULT-VALUE}).")
    private double speed;

    @Option(
            names = "--port",
            paramLabel = "N",
            defaultValue = "8081",
            description = "Of the Flink dashboard; 0 for any free one (default: ${DEFAULT-VALUE}).")
    private int port;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "Of the simulated world (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            defaultValue = ".freshet/demo",
            description = "Folder for report.html, metrics.jsonl and demo.log (default: ${DEFAULT-VALUE}).")
    @SuppressWarnings("NullAway.Init") // has a default: picocli sets it
    private Path out;

    @Option(names = "--keep", description = "Keep the broker's data and the checkpoints.")
    private boolean keep;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        Demo demo = new Demo(options(), spec.commandLine().getErr());
        CountDownLatch ended = new CountDownLatch(1);
        Thread onInterrupt = new Thread(
                () -> {
                    demo.interrupt();
                    try {
                        // The JVM halts when its hooks have returned: wait for the summary and for everything to close.
                        ended.await(CLOSE_PATIENCE_SECONDS, TimeUnit.SECONDS);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                },
                "on-interrupt");
        Runtime.getRuntime().addShutdownHook(onInterrupt);
        try {
            boolean ranked = demo.run();
            return ranked ? 0 : Main.FAILED;
        } finally {
            ended.countDown();
        }
    }

    private DemoOptions options() {
        try {
            return new DemoOptions(
                    out,
                    length == null ? Duration.ofMinutes(DEFAULT_MINUTES) : length.duration(),
                    speed,
                    port,
                    seed,
                    keep ? DemoOptions.Afterwards.KEEP : DemoOptions.Afterwards.REMOVE);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage());
        }
    }
}

package freshet.jobs.cli;

import freshet.jobs.local.DevelopmentCluster;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code freshet cluster}: a Flink cluster of processes on this machine, to try on what will run on a real one. */
@Command(
        name = "cluster",
        description =
                "A Flink cluster of processes on this machine, for development: freshet run submits to it as to any"
                        + " other, with --no-jars, since it has Freshet on its class path.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {ClusterCommand.Start.class, ClusterCommand.Stop.class, ClusterCommand.Status.class})
final class ClusterCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Missing command");
    }

    /** Where the cluster lives. */
    static final class Place {
        @Option(
                names = "--work",
                paramLabel = "DIR",
                defaultValue = "freshet-cluster",
                description = "Logs, checkpoints, savepoints and topics; what runs is remembered there"
                        + " (default: ${DEFAULT-VALUE}).")
        @SuppressWarnings("NullAway.Init") // has a default: picocli sets it
        private Path folder;

        DevelopmentCluster cluster() {
            return new DevelopmentCluster(folder);
        }
    }

    /** {@code freshet cluster start}. */
    @Command(
            name = "start",
            description =
                    "Starts a JobManager and TaskManagers, and a Kafka broker if asked, and waits until they are up. Of a cluster"
                            + " that runs in part, what is missing: asked as at first, it replaces a process that has died.",
            mixinStandardHelpOptions = true,
            sortOptions = false)
    static final class Start implements Callable<Integer> {
        @Mixin
        @SuppressWarnings("NullAway.Init") // set by picocli
        private Place place;

        @Option(
                names = "--flink-settings",
                paramLabel = "DIR",
                defaultValue = "${sys:freshet.home:-.}/deploy/flink",
                description = "The folder with Flink's config.yaml (default: deploy/flink beside the launcher).")
        @SuppressWarnings("NullAway.Init") // has a default: picocli sets it
        private Path flinkSettings;

        @Option(
                names = "--taskmanagers",
                paramLabel = "N",
                defaultValue = "1",
                description = "How many (default: ${DEFAULT-VALUE}); each takes about 2 GiB.")
        private int taskManagers;

        @Option(
                names = "--port",
                paramLabel = "PORT",
                defaultValue = "8081",
                description = "Of the dashboard and of freshet run --cluster (default: ${DEFAULT-VALUE}).")
        private int port;

        @Option(
                names = "--kafka",
                paramLabel = "PORT",
                description = "Start a broker too, on this port and the next one.")
        private @Nullable Integer brokerPort;

        @Spec
        @SuppressWarnings("NullAway.Init") // set by picocli
        private CommandSpec spec;

        @Override
        public Integer call() throws Exception {
            if (taskManagers < 1) {
                throw new ParameterException(
                        spec.commandLine(), "--taskmanagers: found " + taskManagers + ", expected at least 1");
            }
            List<String> started = place.cluster()
                    .start(new DevelopmentCluster.Options(
                            flinkSettings, taskManagers, port, Optional.ofNullable(brokerPort)));
            spec.commandLine().getErr().println("started " + String.join(", ", started));
            spec.commandLine().getOut().println("dashboard   http://127.0.0.1:" + port);
            if (brokerPort != null) {
                spec.commandLine().getOut().println("broker      127.0.0.1:" + brokerPort);
            }
            return 0;
        }
    }

    /** {@code freshet cluster stop}. */
    @Command(
            name = "stop",
            description =
                    "Ends the processes. Jobs stop where they are: take a savepoint first, or go on from the newest"
                            + " checkpoint below the folder.",
            mixinStandardHelpOptions = true)
    static final class Stop implements Callable<Integer> {
        @Mixin
        @SuppressWarnings("NullAway.Init") // set by picocli
        private Place place;

        @Spec
        @SuppressWarnings("NullAway.Init") // set by picocli
        private CommandSpec spec;

        @Override
        public Integer call() throws Exception {
            int stopped = place.cluster().stop();
            spec.commandLine().getErr().println(stopped == 0 ? "nothing ran" : stopped + " processes ended");
            return 0;
        }
    }

    /** {@code freshet cluster status}. */
    @Command(
            name = "status",
            description = "Prints the processes that run, with their ids; exits with 1 if none does.",
            mixinStandardHelpOptions = true)
    static final class Status implements Callable<Integer> {
        @Mixin
        @SuppressWarnings("NullAway.Init") // set by picocli
        private Place place;

        @Spec
        @SuppressWarnings("NullAway.Init") // set by picocli
        private CommandSpec spec;

        @Override
        public Integer call() throws Exception {
            SortedMap<String, Long> running = place.cluster().running();
            running.forEach((name, pid) -> spec.commandLine().getOut().println(name + " " + pid));
            return running.isEmpty() ? Main.FAILED : 0;
        }
    }
}

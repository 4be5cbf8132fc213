package freshet.jobs.cli;

import com.fasterxml.jackson.databind.JsonNode;
import freshet.jobs.config.FreshetConfig;
import freshet.jobs.job.ExamplesJob;
import freshet.jobs.job.GateJob;
import freshet.jobs.job.TrainJob;
import freshet.jobs.local.CannotStartException;
import freshet.jobs.local.FlinkRest;
import freshet.jobs.local.JobJars;
import freshet.jobs.recover.Retained;
import freshet.jobs.recover.RetainedFinder;
import freshet.jobs.source.EventSources.Until;
import freshet.jobs.source.LostRecords;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.JobManagerOptions;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code freshet run}: submits a job to a Flink cluster. */
@Command(
        name = "run",
        description = {
            "Submits one of the jobs to a running Flink cluster and prints its id. State backend, checkpoints and restarts are"
                    + " the cluster's, where it says anything about them.",
            "Without --from it refuses where checkpoints of the job lie in the cluster's folder: what was learnt would be left"
                    + " behind without a word. freshet recover finds the one to go on from.",
            "The jars of Freshet are sent along, unless --no-jars says that the cluster has them in its lib folder."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class RunCommand implements Callable<Integer> {
    /**
     * Settings, by how their keys begin, that the cluster may have a word in: a job that says nothing would put its own
     * recommendations before them.
     */
    private static final List<String> LEFT_TO_THE_CLUSTER = List.of(
            "state.backend.",
            "execution.checkpointing.",
            "restart-strategy",
            TaskManagerOptions.BUFFER_DEBLOAT_ENABLED.key());

    private static final String ADAPTIVE = JobManagerOptions.SchedulerType.Adaptive.name();

    @Parameters(paramLabel = "JOB", description = "examples, train or gate.")
    @SuppressWarnings("NullAway.Init") // required: picocli sets it
    private Job job;

    @Mixin
    @SuppressWarnings("NullAway.Init") // set by picocli
    private DeploymentOption deployment;

    @Option(
            names = "--cluster",
            paramLabel = "URL",
            defaultValue = "http://localhost:8081",
            description = "The cluster's REST address (default: ${DEFAULT-VALUE}).")
    @SuppressWarnings("NullAway.Init") // has a default: picocli sets it
    private URI cluster;

    @Option(
            names = "--parallelism",
            paramLabel = "N",
            defaultValue = "1",
            description = "Of sources and join; trainer and gate have one (default: ${DEFAULT-VALUE}).")
    private int parallelism;

    @Option(names = "--no-jars", description = "The cluster has the jars of Freshet already.")
    private boolean noJars;

    @Option(
            names = "--from",
            paramLabel = "PATH",
            description = "Savepoint or retained checkpoint to go on from (default: start without state).")
    private @Nullable String from;

    @Option(
            names = "--skip-lost",
            description =
                    "With --from: where a topic no longer has what the job would read next, go on with the oldest record"
                            + " that it has. Without it the job fails there; freshet recover counts what is lost.")
    private boolean skipLost;

    @Option(names = "--empty", description = "Start without state although there are checkpoints of the job.")
    private boolean empty;

    @Option(
            names = "--warm",
            paramLabel = "DIR",
            description =
                    "Of train: folder or URI, readable by the TaskManagers, with history.jsonl[.gz] and videos.jsonl[.gz];"
                            + " a new model first learns what the histories say of the time before the stream.")
    private @Nullable String warm;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        if (parallelism < 1) {
            throw new ParameterException(
                    spec.commandLine(), "--parallelism: found " + parallelism + ", expected at least 1");
        }
        if (cluster.getHost() == null || cluster.getPort() < 0) {
            throw new ParameterException(
                    spec.commandLine(), "--cluster: found " + cluster + ", expected such as http://localhost:8081");
        }
        if (warm != null && job != Job.TRAIN) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--warm: found it for the " + job.word()
                            + " job, expected it for train; the examples job takes histories from" + " their topic");
        }
        if (empty && from != null) {
            throw new ParameterException(
                    spec.commandLine(), "--empty: found --from beside it, expected one or the other");
        }
        FreshetConfig config = deployment.load();
        Map<String, String> ofCluster = settingsOfCluster();
        warnOfScheduler(ofCluster);
        String folder = ofCluster.get(CheckpointingOptions.CHECKPOINTS_DIRECTORY.key());
        if (from == null && !empty && folder != null) {
            refuseToForget(config, folder);
        }
        StreamExecutionEnvironment env = StreamExecutionEnvironment.createRemoteEnvironment(
                cluster.getHost(), cluster.getPort(), settings(ofCluster), noJars ? new String[0] : jars());
        env.setParallelism(parallelism);
        String name = job.name(config);
        JobID id = submit(env, config, name);
        spec.commandLine().getErr().println(name + " runs: " + cluster.resolve("/#/job/running/" + id));
        spec.commandLine().getOut().println(id);
        return 0;
    }

    /** What the cluster's own configuration says; nothing if it does not answer, which the submission then tells. */
    private Map<String, String> settingsOfCluster() throws InterruptedException {
        Map<String, String> settings = new HashMap<>();
        for (JsonNode setting : new FlinkRest(cluster).getIfUp("/jobmanager/config")) {
            settings.put(setting.path("key").asText(), setting.path("value").asText());
        }
        return settings;
    }

    /** Flink's default scheduler loses messages of the watermark alignment, which only the examples job has. */
    private void warnOfScheduler(Map<String, String> ofCluster) {
        String scheduler = ofCluster.get(JobManagerOptions.SCHEDULER.key());
        if (job == Job.EXAMPLES && !ofCluster.isEmpty() && !ADAPTIVE.equalsIgnoreCase(scheduler)) {
            spec.commandLine()
                    .getErr()
                    .println("note: " + JobManagerOptions.SCHEDULER.key() + " of the cluster: found "
                            + (scheduler == null ? "none" : scheduler) + ", expected " + ADAPTIVE
                            + ". With another one a task that dies while a checkpoint is under way may stop checkpoints until"
                            + " execution.checkpointing.timeout: FreshetCheckpointHangs in deploy/runbook.md");
        }
    }

    /** Throws if the cluster's folder holds checkpoints of this job; says so if it cannot be looked at. */
    private void refuseToForget(FreshetConfig config, String folder) {
        String word = job.word();
        List<Retained> kept;
        try {
            kept = job.state(config).among(RetainedFinder.find(folder));
        } catch (FileNotFoundException e) {
            return; // nobody has written there yet, or it is of other machines
        } catch (IOException e) {
            spec.commandLine()
                    .getErr()
                    .println("whether there are checkpoints of this job in " + folder + " is not known: "
                            + e.getMessage());
            return;
        }
        if (!kept.isEmpty()) {
            throw new CannotStartException("starting the " + word + " job without state: found " + kept.size()
                    + " checkpoints of it in " + folder + ", the newest "
                    + kept.get(0).path()
                    + ", expected --from with one of them, or --empty to leave them behind. freshet recover --config "
                    + deployment.file() + " --job " + word + " --checkpoints " + folder + " says which is whole");
        }
    }

    private JobID submit(StreamExecutionEnvironment env, FreshetConfig config, String name) {
        try {
            switch (job) {
                case EXAMPLES -> ExamplesJob.build(env, config, Until.STOPPED);
                case TRAIN -> TrainJob.build(env, config, Until.STOPPED, Optional.ofNullable(warm));
                case GATE -> GateJob.build(env, config, Until.STOPPED);
            }
            return env.executeAsync(name).getJobID();
        } catch (Exception e) {
            // Brokers and clusters that do not answer come as many kinds of exception, the reason at the end of a
            // chain.
            Throwable reason = e;
            while (reason.getCause() != null) {
                reason = reason.getCause();
            }
            throw new CannotStartException(
                    "submitting '" + name + "' to " + cluster + ": " + e.getMessage() + " (" + rootOf(reason)
                            + "); is the cluster up, and are brokers and topics there? Try freshet check",
                    e);
        }
    }

    /** A cluster answers with its whole stack trace as the message; what went wrong is its last cause. */
    private static String rootOf(Throwable reason) {
        return reason.toString()
                .lines()
                .filter(line -> line.startsWith("Caused by: "))
                .map(line -> line.substring("Caused by: ".length()))
                .reduce((first, last) -> last)
                .orElse(reason.toString());
    }

    /** What the cluster has a word in, and what only the submission can say. */
    private Configuration settings(Map<String, String> ofCluster) {
        Configuration settings = new Configuration();
        ofCluster.forEach((key, value) -> {
            if (LEFT_TO_THE_CLUSTER.stream().anyMatch(key::startsWith)) {
                settings.setString(key, value);
            }
        });
        if (from != null) {
            settings.set(StateRecoveryOptions.SAVEPOINT_PATH, from);
        }
        if (skipLost) {
            settings.set(LostRecords.OPTION, LostRecords.SKIP);
        }
        return settings;
    }

    /** The jar of this class and those beside it that a cluster lacks. */
    private String[] jars() throws Exception {
        Path self = Path.of(RunCommand.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        Path lib = self.resolveSibling("lib");
        if (!Files.isDirectory(lib)) {
            return new String[0]; // from a folder of classes, as in a test: the cluster is in this process
        }
        try (Stream<Path> jars = Files.list(lib)) {
            return Stream.concat(Stream.of(self), jars.filter(this::isSent))
                    .map(Path::toString)
                    .sorted()
                    .toArray(String[]::new);
        }
    }

    private boolean isSent(Path jar) {
        String name = jar.getFileName().toString();
        return job == Job.GATE ? JobJars.areNeededByGate(name) : JobJars.areNeeded(name);
    }
}

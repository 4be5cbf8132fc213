package freshet.jobs.faults;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import freshet.jobs.local.FlinkRest;
import freshet.jobs.local.Machine;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.jspecify.annotations.Nullable;

/**
 * A Flink session cluster of real processes on the class path of the test: a JobManager, and TaskManagers, that can be killed
 * as the kernel kills them, or stopped. What they print and log goes to files in the folder, {@code <name>.out} and {@code <name>.log}. One
 * TaskManager works; a second one, if asked for, stands by with as many slots and takes over.
 */
final class ProcessCluster implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(3);

    /** A JobManager gives a TaskManager up that has been silent for so long. */
    static final Duration HEARTBEAT_TIMEOUT = Duration.ofSeconds(8);

    private static final String JOB_MANAGER = "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint";
    private static final String TASK_MANAGER = "org.apache.flink.runtime.taskexecutor.TaskManagerRunner";

    /** Of a vertex whose work is done or under way. */
    private static final Set<String> WORKING = Set.of("RUNNING", "FINISHED");

    private final Map<String, String> environment;
    private final String classPath;
    private final Path folder;
    private final int slots;
    private final int restPort;
    private final Map<String, Process> processes = new TreeMap<>();
    private final FlinkRest rest;
    private final Map<JobID, Integer> killsByJob = new HashMap<>();
    private Process jobManager;
    private int jobManagers = 1;
    private int taskManagers;
    private Member taskManager;
    private @Nullable Member standby;
    private @Nullable Member stopped;
    private boolean standbyWanted;

    /** A process under the name that the cluster and its logs know it by. */
    private record Member(String name, Process process) {
        void kill() {
            process.destroyForcibly().onExit().join();
        }
    }

    /** Starts a JobManager and one TaskManager. */
    ProcessCluster(Path folder, int slotsPerTaskManager) throws IOException {
        this(folder, slotsPerTaskManager, Map.of());
    }

    /**
     * Starts a JobManager and one TaskManager.
     *
     * @param more of Flink's settings, before which the cluster's own stand
     */
    ProcessCluster(Path folder, int slotsPerTaskManager, Map<String, String> more) throws IOException {
        this(folder, slotsPerTaskManager, more, Map.of());
    }

    /**
     * Starts a JobManager and one TaskManager.
     *
     * @param more of Flink's settings, before which the cluster's own stand
     * @param environment variables that its processes have besides ours
     */
    ProcessCluster(Path folder, int slotsPerTaskManager, Map<String, String> more, Map<String, String> environment)
            throws IOException {
        this(folder, slotsPerTaskManager, more, environment, System.getProperty("java.class.path"));
    }

    /**
     * A JobManager and one TaskManager that know nothing of Freshet: what a job needs is sent along, and its class loader loads it. But ONNX
     * Runtime is theirs, and comes before what is sent, as in {@code deploy/flink/config.yaml}.
     */
    static ProcessCluster ofPlainFlink(Path folder, int slotsPerTaskManager) throws IOException {
        String flink = Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(place -> place.endsWith(".jar") && !SentJars.isOfJobs(Path.of(place)))
                .collect(Collectors.joining(File.pathSeparator));
        Map<String, String> settings = Map.of("classloader.parent-first-patterns.additional", "ai.onnxruntime.");
        return new ProcessCluster(folder, slotsPerTaskManager, settings, Map.of(), flink);
    }

    private ProcessCluster(
            Path folder,
            int slotsPerTaskManager,
            Map<String, String> more,
            Map<String, String> environment,
            String classPath)
            throws IOException {
        this.environment = environment;
        this.classPath = classPath;
        this.folder = folder;
        slots = slotsPerTaskManager;
        restPort = Machine.freePort();
        rest = new FlinkRest(restAddress());
        Files.createDirectories(folder.resolve("tmp"));
        StringBuilder settings = new StringBuilder(config());
        new TreeMap<>(more).forEach((key, value) -> settings.append(key + ": \"" + value + "\"\n"));
        Files.writeString(folder.resolve("config.yaml"), settings);
        jobManager = start("jobmanager-1", JOB_MANAGER);
        taskManager = startTaskManager();
        awaitMembers();
    }

    /** Of all that live, by name. */
    Map<String, Process> living() {
        Map<String, Process> living = new TreeMap<>(processes);
        living.values().removeIf(process -> !process.isAlive());
        return living;
    }

    /** Waits until the TaskManagers that we think are there are those that the JobManager knows. */
    void awaitMembers() {
        Set<String> expected = standby == null ? Set.of(taskManager.name) : Set.of(taskManager.name, standby.name);
        await("the TaskManagers " + expected + "; see " + folder)
                .atMost(PATIENCE)
                .until(() -> freeSlotsByMember().keySet().equals(expected));
    }

    private Map<String, Integer> freeSlotsByMember() throws InterruptedException {
        Map<String, Integer> freeSlots = new TreeMap<>();
        for (JsonNode member : rest.getIfUp("/taskmanagers").path("taskmanagers")) {
            freeSlots.put(member.path("id").asText(), member.path("freeSlots").asInt());
        }
        return freeSlots;
    }

    /** Memory is given piece by piece, since the shell scripts that would work it out are not there. */
    private String config() throws IOException {
        return """
                jobmanager: {rpc: {address: 127.0.0.1, port: %d}, bind-host: 127.0.0.1, scheduler: adaptive}
                rest: {address: 127.0.0.1, bind-address: 127.0.0.1, port: %d, bind-port: "%d"}
                taskmanager:
                  bind-host: 127.0.0.1
                  host: 127.0.0.1
                  numberOfTaskSlots: %d
                  cpu: {cores: 1.0}
                  memory:
                    framework: {heap: {size: 128m}, off-heap: {size: 128m}}
                    task: {heap: {size: 384m}, off-heap: {size: 0m}}
                    managed: {size: 128m}
                    network: {min: 64m, max: 64m}
                    jvm-metaspace: {size: 256m}
                    jvm-overhead: {min: 192m, max: 192m}
                heartbeat: {interval: 1000, timeout: %d, rpc-failure-threshold: 2}
                io: {tmp: {dirs: "%s"}}
                web: {refresh-interval: 100}
                rest.cache.checkpoint-statistics.timeout: 100ms
                metrics.fetcher.update-interval: 500
                """.formatted(
                Machine.freePort(), restPort, restPort, slots, HEARTBEAT_TIMEOUT.toMillis(), folder.resolve("tmp"));
    }

    /** It joins the cluster when it is up. */
    private Member startTaskManager() throws IOException {
        String name = "taskmanager-" + ++taskManagers;
        return new Member(name, start(name, TASK_MANAGER, "-Dtaskmanager.resource-id=" + name));
    }

    private Process start(String name, String mainClass, String... arguments) throws IOException {
        List<String> configured = new ArrayList<>(List.of("--configDir", folder.toString()));
        configured.addAll(List.of(arguments));
        Process process = JavaProcess.start(
                folder,
                name,
                environment,
                List.of("-Xmx512m", "-XX:MaxDirectMemorySize=192m", "-XX:MaxMetaspaceSize=256m", "-XX:+UseSerialGC"),
                classPath,
                mainClass,
                configured);
        processes.put(name, process);
        return process;
    }

    /** Where its logs are. */
    Path folder() {
        return folder;
    }

    /** For questions to the JobManager. */
    FlinkRest rest() {
        return rest;
    }

    URI restAddress() {
        return URI.create("http://127.0.0.1:" + restPort);
    }

    /**
     * An environment whose jobs run on this cluster.
     *
     * @param jars that are sent along, so that the job has a class loader of its own; none: its classes are the cluster's
     */
    StreamExecutionEnvironment environment(Configuration settings, String... jars) {
        return StreamExecutionEnvironment.createRemoteEnvironment("127.0.0.1", restPort, settings, jars);
    }

    /** From now on another TaskManager stands by. When this returns it has joined: jobs that run stay where they are. */
    void keepStandby() throws IOException {
        standbyWanted = true;
        replaceStandby();
        awaitMembers();
    }

    /** Starts another that stands by where one is wanted and none is there. Only when jobs run: they would take it at once. */
    void replaceStandby() throws IOException {
        if (standbyWanted && standby == null) {
            standby = startTaskManager();
        }
    }

    /** Kills the TaskManager that works. The one that stands by takes over; where none does, another is started. */
    void killTaskManager() throws IOException {
        Member killed = taskManager;
        if (standby != null) {
            awaitMembers();
        }
        killed.kill();
        taskManager = standby != null ? standby : startTaskManager();
        standby = null;
    }

    /** Waits until somebody else has killed the TaskManager that works; the one that stands by takes over. */
    void awaitDeathOfTaskManager() throws Exception {
        taskManager.process.onExit().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        taskManager = Objects.requireNonNull(standby, "nobody stands by");
        standby = null;
    }

    /** Stops the TaskManager that works, as SIGSTOP does; the one that stands by takes over. */
    void stopTaskManager() throws IOException, InterruptedException {
        awaitMembers();
        stopped = taskManager;
        taskManager = Objects.requireNonNull(standby, "nobody stands by");
        standby = null;
        standbyWanted = false;
        signal("STOP", stopped);
    }

    /** Lets the one that was stopped go on, and waits until it is back with nothing to do. */
    void continueTaskManager() throws IOException, InterruptedException {
        Member zombie = Objects.requireNonNull(stopped, "nobody was stopped");
        signal("CONT", zombie);
        standby = zombie;
        awaitMembers();
        await(zombie.name + " to have no task; see " + folder)
                .atMost(PATIENCE)
                .until(() -> freeSlotsByMember().getOrDefault(zombie.name, 0) == slots);
    }

    private static void signal(String signal, Member member) throws IOException, InterruptedException {
        int exit = new ProcessBuilder("kill", "-" + signal, "" + member.process.pid())
                .inheritIO()
                .start()
                .waitFor();
        if (exit != 0) {
            throw new IOException("kill -" + signal + " of " + member.name + ": exit code " + exit);
        }
    }

    /** The one that works. */
    Process taskManager() {
        return taskManager.process;
    }

    Process jobManager() {
        return jobManager;
    }

    /** Waits until no TaskManager has anything to do: what ran before has ended. */
    void awaitIdle() {
        await("TaskManagers without work; see " + folder).atMost(PATIENCE).until(() -> {
            Map<String, Integer> freeSlots = freeSlotsByMember();
            return !freeSlots.isEmpty() && freeSlots.values().stream().allMatch(free -> free == slots);
        });
    }

    void killJobManager() {
        jobManager.destroyForcibly().onExit().join();
    }

    /** Starts it again on the same ports. */
    void startJobManager() throws IOException {
        jobManager = start("jobmanager-" + ++jobManagers, JOB_MANAGER);
    }

    /**
     * Whether a job has begun to run since a moment, with all its tasks.
     *
     * @param sinceMillis as {@link System#currentTimeMillis} said it
     */
    boolean runsSince(JobID job, long sinceMillis) throws InterruptedException {
        JsonNode now = rest.getIfUp("/jobs/" + job);
        boolean works = now.path("state").asText().equals("RUNNING")
                && now.at("/timestamps/RUNNING").asLong() >= sinceMillis;
        for (JsonNode vertex : now.path("vertices")) {
            works &= WORKING.contains(vertex.path("status").asText());
        }
        return works;
    }

    /**
     * Whether a job has completed a checkpoint that was begun after it last began to run.
     *
     * @param sinceMillis and after this moment
     */
    boolean checkpointedSince(JobID job, long sinceMillis) throws InterruptedException {
        long running = rest.getIfUp("/jobs/" + job).at("/timestamps/RUNNING").asLong(Long.MAX_VALUE);
        return rest.getIfUp("/jobs/" + job + "/checkpoints")
                        .at("/latest/completed/trigger_timestamp")
                        .asLong()
                >= Math.max(running, sinceMillis);
    }

    /** The state of a job, such as RUNNING; empty while nobody answers. */
    String state(JobID job) throws InterruptedException {
        return rest.getIfUp("/jobs/" + job).path("state").asText();
    }

    /**
     * Kills the TaskManager while a job runs, after a checkpoint of its present attempt and when a condition holds, and
     * starts another.
     *
     * @throws AssertionError when the job had ended by then: it was too short to be killed in its middle
     */
    void killTaskManagerInTheMiddleOf(JobClient job, Callable<Boolean> condition) throws Exception {
        int completed = checkpoints(job.getJobID(), "completed");
        await().atMost(PATIENCE)
                .until(() -> checkpoints(job.getJobID(), "completed") > completed
                        && restoredCheckpoints(job) >= kills(job)
                        && condition.call());
        taskManager.kill();
        if (job.getJobStatus().get().isTerminalState()) {
            throw new AssertionError("the job had ended before the kill; give it more to do");
        }
        killsByJob.merge(job.getJobID(), 1, Integer::sum);
        taskManager = startTaskManager();
    }

    private int kills(JobClient job) {
        return killsByJob.getOrDefault(job.getJobID(), 0);
    }

    /** How often a job has gone on from a checkpoint. */
    int restoredCheckpoints(JobClient job) throws InterruptedException {
        return checkpoints(job.getJobID(), "restored");
    }

    /**
     * How many checkpoints of a job there have been.
     *
     * @param what such as {@code completed}, {@code failed}, {@code in_progress}, {@code restored}
     */
    int checkpoints(JobID job, String what) throws InterruptedException {
        return rest.getIfUp("/jobs/" + job + "/checkpoints")
                .path("counts")
                .path(what)
                .asInt();
    }

    @Override
    public void close() {
        processes.values().forEach(Process::destroyForcibly);
        processes.values().forEach(process -> process.onExit().join());
    }
}

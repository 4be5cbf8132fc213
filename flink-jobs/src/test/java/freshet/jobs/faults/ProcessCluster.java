package freshet.jobs.faults;

import static org.awaitility.Awaitility.await;

import freshet.jobs.local.FlinkRest;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * A Flink session cluster of real processes on the class path of the test: a JobManager, and TaskManagers that can be killed
 * as the kernel kills them. Their output goes to files in the folder.
 */
final class ProcessCluster implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(3);

    private final Path folder;
    private final int restPort;
    private final List<Process> processes = new ArrayList<>();
    private final FlinkRest rest;
    private final Map<JobID, Integer> killsByJob = new HashMap<>();
    private Process taskManager;
    private int taskManagers;

    /** Starts a JobManager and one TaskManager. */
    ProcessCluster(Path folder, int slotsPerTaskManager) throws IOException {
        this.folder = folder;
        restPort = freePort();
        rest = new FlinkRest(restAddress());
        Files.createDirectories(folder.resolve("tmp"));
        Files.writeString(folder.resolve("config.yaml"), config(slotsPerTaskManager));
        start("jobmanager", "-Xmx512m", "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint");
        taskManager = startTaskManager();
        await().atMost(PATIENCE)
                .until(() -> rest.getIfUp("/overview").path("taskmanagers").asInt() == 1);
    }

    /** Memory is given piece by piece, since the shell scripts that would work it out are not there. */
    private String config(int slots) throws IOException {
        return """
                jobmanager: {rpc: {address: 127.0.0.1, port: %d}, bind-host: 127.0.0.1}
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
                heartbeat: {interval: 1000, timeout: 8000, rpc-failure-threshold: 2}
                io: {tmp: {dirs: "%s"}}
                """.formatted(freePort(), restPort, restPort, slots, folder.resolve("tmp"));
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    /** It joins the cluster when it is up. */
    private Process startTaskManager() throws IOException {
        String name = "taskmanager-" + ++taskManagers;
        return start(
                name,
                "-Xmx512m",
                "org.apache.flink.runtime.taskexecutor.TaskManagerRunner",
                "-Dtaskmanager.resource-id=" + name);
    }

    private Process start(String name, String heap, String mainClass, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                heap,
                "-XX:MaxDirectMemorySize=192m",
                "-XX:TieredStopAtLevel=1", // short-lived: compile fast rather than well
                "-Dlog.file=" + folder.resolve(name + ".log"),
                "-Dlog4j2.configurationFile=classpath:log4j2-file.properties",
                "-cp",
                System.getProperty("java.class.path"),
                mainClass,
                "--configDir",
                folder.toString()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve(name + ".out").toFile())
                .start();
        processes.add(process);
        return process;
    }

    /** An environment whose jobs run on this cluster. */
    StreamExecutionEnvironment environment(Configuration settings) {
        return StreamExecutionEnvironment.createRemoteEnvironment("127.0.0.1", restPort, settings);
    }

    /**
     * Kills the TaskManager while a job runs, after a checkpoint of its present attempt and when a condition holds, and
     * starts another.
     *
     * @throws AssertionError when the job had ended by then: it was too short to be killed in its middle
     */
    void killTaskManagerInTheMiddleOf(JobClient job, Callable<Boolean> condition) throws Exception {
        int completed = checkpoints(job, "completed");
        await().atMost(PATIENCE)
                .until(() -> checkpoints(job, "completed") > completed
                        && restoredCheckpoints(job) >= kills(job)
                        && condition.call());
        taskManager.destroyForcibly().onExit().join();
        if (job.getJobStatus().get().isTerminalState()) {
            throw new AssertionError("the job had ended before the kill; give it more to do");
        }
        killsByJob.merge(job.getJobID(), 1, Integer::sum);
        taskManager = startTaskManager();
    }

    URI restAddress() {
        return URI.create("http://127.0.0.1:" + restPort);
    }

    /** For questions to the JobManager. */
    FlinkRest rest() {
        return rest;
    }

    /** The one that works. */
    Process taskManager() {
        return taskManager;
    }

    Process jobManager() {
        return processes.get(0);
    }

    /** Kills the TaskManager. Another is started in its place. */
    void killTaskManager() throws IOException {
        taskManager.destroyForcibly().onExit().join();
        taskManager = startTaskManager();
    }

    private int kills(JobClient job) {
        return killsByJob.getOrDefault(job.getJobID(), 0);
    }

    /** How often a job has gone on from a checkpoint. */
    int restoredCheckpoints(JobClient job) throws InterruptedException {
        return checkpoints(job, "restored");
    }

    private int checkpoints(JobClient job, String what) throws InterruptedException {
        return rest.getIfUp("/jobs/" + job.getJobID() + "/checkpoints")
                .path("counts")
                .path(what)
                .asInt();
    }

    @Override
    public void close() {
        processes.forEach(Process::destroyForcibly);
        processes.forEach(process -> process.onExit().join());
    }
}

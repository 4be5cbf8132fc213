package freshet.jobs.local;

import java.io.IOException;
import java.lang.module.ModuleFinder;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/**
 * A Flink cluster of real processes on this machine, from the jars of this process's class path, with a Kafka broker beside
 * it where one is wanted. The processes outlive the one that starts them: a folder remembers them, by a file
 * {@code <name>.pid} each, with their logs and checkpoints. Not thread-safe, and one folder is for one caller at a time.
 */
public final class DevelopmentCluster {
    private static final Duration START_PATIENCE = Duration.ofMinutes(2);
    private static final Duration STOP_PATIENCE = Duration.ofSeconds(20);
    private static final long POLL_MILLIS = 200;

    private static final String JOB_MANAGER = "jobmanager";
    private static final String TASK_MANAGER = "taskmanager";
    private static final String BROKER = "kafka";

    private final Path folder;

    /**
     * @param folder of the cluster; made by {@link #start} where it is missing
     */
    public DevelopmentCluster(Path folder) {
        this.folder = folder.toAbsolutePath().normalize();
    }

    /**
     * How to start one.
     *
     * @param flinkSettings the folder with Flink's {@code config.yaml}
     * @param taskManagers how many TaskManagers, at least 1
     * @param port of the dashboard
     * @param brokerPort of a Kafka broker, and one more than it of its controller; empty for no broker
     */
    public record Options(Path flinkSettings, int taskManagers, int port, Optional<Integer> brokerPort) {}

    /**
     * Starts those of the processes that do not run, and waits until all TaskManagers have joined: a whole cluster, or what has died
     * of one.
     *
     * @return the names of what was started
     * @throws CannotStartException in words for people; what was started by then is stopped again
     */
    public List<String> start(Options options) throws IOException, InterruptedException {
        SortedMap<String, Long> running = running();
        List<String> missing = new ArrayList<>(names(options));
        missing.removeAll(running.keySet());
        if (missing.isEmpty()) {
            throw new CannotStartException("there is a cluster in " + folder + " already: "
                    + String.join(", ", running.keySet())
                    + " run; stop it first (freshet cluster stop), or choose another folder");
        }
        requireFreePorts(options, missing);
        Files.createDirectories(folder.resolve("tmp"));
        List<String> started = new ArrayList<>();
        try {
            for (String name : missing) {
                launch(name, options);
                started.add(name);
            }
            awaitTaskManagers(options);
        } catch (IOException | InterruptedException | RuntimeException e) {
            stop(started);
            throw e;
        }
        return started;
    }

    /** The processes of a whole cluster, in the order in which they are started. */
    private static List<String> names(Options options) {
        List<String> names = new ArrayList<>();
        options.brokerPort().ifPresent(port -> names.add(BROKER));
        names.add(JOB_MANAGER);
        for (int i = 1; i <= options.taskManagers(); i++) {
            names.add(TASK_MANAGER + "-" + i);
        }
        return names;
    }

    private static void requireFreePorts(Options options, List<String> missing) {
        if (missing.contains(JOB_MANAGER)) {
            Machine.requireFree(options.port(), "the Flink dashboard", "--port");
        }
        if (missing.contains(BROKER)) {
            Machine.requireFree(options.brokerPort().orElseThrow(), "the Kafka broker", "--kafka");
        }
    }

    private void launch(String name, Options options) throws IOException {
        switch (kind(name)) {
            case BROKER -> {
                int port = options.brokerPort().orElseThrow();
                launch(
                        name,
                        List.of("-Xmx512m"),
                        KafkaNode.class.getName(),
                        List.of(folder.resolve("kafka").toString(), "" + port, "" + (port + 1)));
            }
            case JOB_MANAGER ->
                launch(
                        name,
                        List.of("-Xmx448m"),
                        "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint",
                        flinkArguments(options));
            default ->
                launch(
                        name,
                        List.of("-Xmx1152m", "-XX:MaxDirectMemorySize=256m"),
                        "org.apache.flink.runtime.taskexecutor.TaskManagerRunner",
                        flinkArguments(options));
        }
    }

    /** The name without the number of a TaskManager. */
    private static String kind(String name) {
        return name.replaceAll("-\\d+$", "");
    }

    private List<String> flinkArguments(Options options) {
        return List.of(
                "--configDir",
                options.flinkSettings().toString(),
                "-Drest.port=" + options.port(),
                "-Drest.bind-port=" + options.port(),
                "-Dio.tmp.dirs=" + folder.resolve("tmp"),
                "-Dexecution.checkpointing.dir=" + folder.resolve("checkpoints").toUri(),
                "-Dexecution.checkpointing.savepoint-dir="
                        + folder.resolve("savepoints").toUri());
    }

    private void launch(String name, List<String> jvmOptions, String mainClass, List<String> arguments)
            throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(jvmOptions);
        if (ModuleFinder.ofSystem().find("jdk.incubator.vector").isPresent()) {
            command.add("--add-modules=jdk.incubator.vector");
        }
        command.add("-Dlog.file=" + folder.resolve(name + ".log"));
        command.add("-Dlog4j2.configurationFile=classpath:log4j2-file.properties");
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), mainClass));
        command.addAll(arguments);
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve(name + ".out").toFile())
                .start();
        Files.writeString(pidFile(name), process.pid() + "\n");
    }

    private void awaitTaskManagers(Options options) throws IOException, InterruptedException {
        int expected = running().size();
        long endNanos = System.nanoTime() + START_PATIENCE.toNanos();
        FlinkRest rest = new FlinkRest(URI.create("http://127.0.0.1:" + options.port()));
        while (rest.getIfUp("/overview").path("taskmanagers").asInt() < options.taskManagers()) {
            if (running().size() < expected || System.nanoTime() > endNanos) {
                throw new CannotStartException("the cluster does not start: found "
                        + String.join(", ", running().keySet()) + " running, expected a dashboard with "
                        + options.taskManagers() + " TaskManagers; the reason is in the .out and .log files of "
                        + folder);
            }
            Thread.sleep(POLL_MILLIS);
        }
    }

    /** The processes that run, by name: their process ids. */
    public SortedMap<String, Long> running() throws IOException {
        SortedMap<String, Long> running = new TreeMap<>();
        for (String name : remembered()) {
            process(name).filter(ProcessHandle::isAlive).ifPresent(process -> running.put(name, process.pid()));
        }
        return running;
    }

    private List<String> remembered() throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(file -> file.endsWith(".pid"))
                    .map(file -> file.substring(0, file.length() - ".pid".length()))
                    .sorted()
                    .toList();
        }
    }

    /** The process of a pid file, unless the number has gone to a program that is none of ours since. */
    private Optional<ProcessHandle> process(String name) throws IOException {
        long pid = Long.parseLong(Files.readString(pidFile(name)).strip());
        return ProcessHandle.of(pid)
                .filter(process -> process.info().command().orElse("").endsWith("java"));
    }

    /**
     * Ends the processes: TaskManagers, JobManager, broker. Jobs that run are lost but for their retained checkpoints; logs,
     * checkpoints and topics stay in the folder.
     *
     * @return how many processes ran
     */
    public int stop() throws IOException {
        return stop(remembered());
    }

    private int stop(List<String> which) throws IOException {
        List<String> names = new ArrayList<>(which);
        names.sort((a, b) -> Integer.compare(stopOrder(a), stopOrder(b)));
        int stopped = 0;
        for (String name : names) {
            Optional<ProcessHandle> process = process(name).filter(ProcessHandle::isAlive);
            if (process.isPresent()) {
                end(process.get());
                stopped++;
            }
            Files.delete(pidFile(name));
        }
        return stopped;
    }

    private static int stopOrder(String name) {
        return List.of(TASK_MANAGER, JOB_MANAGER, BROKER).indexOf(kind(name));
    }

    private static void end(ProcessHandle process) {
        process.destroy();
        try {
            process.onExit().get(STOP_PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            process.destroyForcibly();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            process.destroyForcibly();
        } catch (ExecutionException e) {
            throw new IllegalStateException("waiting for process " + process.pid() + " to end: " + e.getCause(), e);
        }
    }

    private Path pidFile(String name) {
        return folder.resolve(name + ".pid");
    }
}

package freshet.jobs.deploy;

import com.fasterxml.jackson.databind.JsonNode;
import freshet.jobs.local.Machine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.GlobalConfiguration;
import org.apache.flink.runtime.clusterframework.TaskExecutorProcessSpec;
import org.apache.flink.runtime.clusterframework.TaskExecutorProcessUtils;
import org.apache.flink.runtime.jobmanager.JobManagerProcessSpec;
import org.apache.flink.runtime.jobmanager.JobManagerProcessUtils;
import org.apache.flink.runtime.util.config.memory.ProcessMemoryUtils;

/**
 * The services of {@code compose.yaml} as processes: the commands, settings and environments that stand there, with the jars
 * sorted as the image has them. What containers would give them is put in by text: names of hosts become the loopback address,
 * ports become free ones, folders become folders of the test. Output is in a file for each service. Not thread-safe.
 */
final class ComposedDemo implements AutoCloseable {
    /** Where {@code mvn package} puts the jars. */
    private static final Path TARGET = Path.of("target");

    /** What Flink's own distribution has inside, beside Flink. */
    private static final Pattern IN_FLINK = Pattern.compile(
            "(flink-(?!jobs|connector-base|connector-kafka)|frocksdbjni|log4j|slf4j|async-profiler|commons-cli|commons-collections"
                    + "|commons-io|commons-lang3|commons-math3|commons-text|javassist|kryo|minlog|objenesis|reflectasm).*");

    /** What the settings of the Flink image say of itself. */
    private static final String OF_THE_IMAGE = "jobmanager.memory.process.size: 1600m\n";

    private static final long PATIENCE_MINUTES = 3;

    private final Path folder;
    private final JsonNode services;
    private final int brokerPort = Machine.freePort();
    private final int controllerPort = Machine.freePort();
    private final int restPort = Machine.freePort();
    private final int rpcPort = Machine.freePort();
    private final int rankerPort = Machine.freePort();
    private final List<Integer> metricsPorts = new ArrayList<>();
    private final List<Process> processes = new ArrayList<>();

    ComposedDemo(Path folder) throws IOException, InterruptedException {
        this.folder = folder;
        services = DeployFiles.compose().path("services");
        Path sorted = folder.resolve("sorted");
        int exit = new ProcessBuilder("../deploy/image/sort-jars.sh", TARGET.toString(), sorted.toString())
                .inheritIO()
                .start()
                .waitFor();
        if (exit != 0) {
            throw new IOException("sort-jars.sh failed; it needs what mvn package makes");
        }
        try (Stream<Path> jars = Files.list(TARGET.resolve("lib"))) {
            for (Path jar : (Iterable<Path>) jars::iterator) {
                String name = jar.getFileName().toString();
                if (IN_FLINK.matcher(name).matches()) {
                    Files.copy(jar, sorted.resolve("cluster").resolve(name));
                }
            }
        }
        Files.createDirectories(folder.resolve("flink"));
        Files.createDirectories(folder.resolve("freshet"));
        Files.move(sorted.resolve("cluster"), folder.resolve("flink/lib"));
        Files.move(sorted.resolve("tools"), folder.resolve("freshet/lib"));
        String config = Files.readString(DeployFiles.DEPLOY.resolve("compose/freshet.yaml"));
        Files.writeString(folder.resolve("freshet.yaml"), here(withCalibrator(config)));
    }

    /** With what the demo has not and the boards show. */
    private static String withCalibrator(String config) throws IOException {
        String with = config.replaceFirst("name: click,", "name: click, calibration: platt,");
        if (with.equals(config)) {
            throw new IOException("the demo has no task click to calibrate");
        }
        return with;
    }

    /** A text of the compose file, for this machine. */
    private String here(String text) {
        return text.replace("/tmp/events", folder + "/events") // first, since the folder may lie below /tmp
                .replace("/etc/freshet/", folder + "/")
                .replace("/checkpoints", folder + "/checkpoints")
                .replaceAll("(kafka)?:9092", "127.0.0.1:" + brokerPort)
                .replaceAll("(kafka)?:9093", "127.0.0.1:" + controllerPort)
                .replace("jobmanager:8081", "127.0.0.1:" + restPort)
                .replace(": jobmanager\n", ": 127.0.0.1\n")
                .replaceAll("^8000$", "" + rankerPort);
    }

    /** Starts the broker with the settings that its image makes of the environment. */
    void startBroker() throws IOException, InterruptedException {
        Properties properties = new Properties();
        for (Map.Entry<String, JsonNode> variable :
                service("kafka").path("environment").properties()) {
            String name = variable.getKey().substring("KAFKA_".length()).toLowerCase(Locale.ROOT);
            properties.put(name.replace('_', '.'), here(variable.getValue().asText()));
        }
        properties.put("log.dirs", folder.resolve("kafka").toString());
        Path file = folder.resolve("server.properties");
        try (var out = Files.newOutputStream(file)) {
            properties.store(out, null);
        }
        String classPath = folder + "/freshet/lib/*:" + folder + "/flink/lib/*";
        awaitSuccess(start(
                "kafka-format",
                Map.of(),
                List.of(
                        java(),
                        "-cp",
                        classPath,
                        "kafka.tools.StorageTool",
                        "format",
                        "-t",
                        "5L6g3nShT-eMCtK--X86sw",
                        "-c",
                        file.toString())));
        start("kafka", Map.of(), List.of(java(), "-Xmx512m", "-cp", classPath, "kafka.Kafka", file.toString()));
    }

    /** Starts the JobManager as the image's entry point does. */
    void startJobManager() throws IOException {
        Configuration settings = flinkSettings("jobmanager");
        JobManagerProcessSpec spec = JobManagerProcessUtils.processSpecFromConfig(settings);
        startFlink(
                "jobmanager",
                settings,
                JobManagerProcessUtils.generateJvmParametersStr(spec, settings),
                "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint",
                JobManagerProcessUtils.generateDynamicConfigsStr(spec));
    }

    /** Starts the TaskManager as the image's entry point does. */
    void startTaskManager() throws IOException {
        Configuration settings = flinkSettings("taskmanager");
        TaskExecutorProcessSpec spec = TaskExecutorProcessUtils.processSpecFromConfig(settings);
        startFlink(
                "taskmanager",
                settings,
                ProcessMemoryUtils.generateJvmParametersStr(spec),
                "org.apache.flink.runtime.taskexecutor.TaskManagerRunner",
                TaskExecutorProcessUtils.generateDynamicConfigsStr(spec));
    }

    private Configuration flinkSettings(String service) throws IOException {
        int metricsPort = Machine.freePort();
        metricsPorts.add(metricsPort);
        String given = here(service(service).at("/environment/FLINK_PROPERTIES").asText())
                .replace("port: 9249", "port: " + metricsPort);
        String ofTheMachine =
                """
                rest.port: %d
                rest.bind-port: "%d"
                jobmanager.rpc.port: %d
                io.tmp.dirs: %s
                """.formatted(restPort, restPort, rpcPort, Files.createDirectories(folder.resolve("tmp-" + service)));
        Path of = Files.createDirectories(folder.resolve(service));
        Files.writeString(of.resolve("config.yaml"), OF_THE_IMAGE + given + ofTheMachine);
        return GlobalConfiguration.loadConfiguration(of.toString());
    }

    private void startFlink(String service, Configuration settings, String memory, String mainClass, String dynamic)
            throws IOException {
        List<String> command = new ArrayList<>(List.of(java()));
        command.addAll(List.of(memory.strip().split(" ")));
        command.addAll(List.of(settings.getString("env.java.opts.all", "").split(" ")));
        command.addAll(List.of(
                "-cp",
                folder + "/flink/lib/*",
                mainClass,
                "--configDir",
                folder.resolve(service).toString()));
        command.addAll(List.of(dynamic.strip().split(" ")));
        start(service, Map.of(), command);
    }

    /** Starts a service that calls the {@code freshet} command of the image, or a shell that does. */
    Process start(String name) throws IOException {
        Path image = DeployFiles.DEPLOY.resolve("image").toAbsolutePath().normalize();
        List<String> command = new ArrayList<>();
        service(name).path("entrypoint").forEach(word -> command.add(here(word.asText())));
        service(name).path("command").forEach(word -> command.add(here(word.asText())));
        if (command.get(0).equals("freshet")) {
            command.set(0, image.resolve("freshet").toString());
        }
        Map<String, String> environment = Map.of(
                "PATH", image + ":" + System.getenv("PATH"),
                "JAVA_HOME", System.getProperty("java.home"),
                "FLINK_HOME", folder.resolve("flink").toString(),
                "FRESHET_HOME", folder.resolve("freshet").toString(),
                "FRESHET_JAVA_OPTS", "--add-modules=jdk.incubator.vector");
        return start(name, environment, command);
    }

    private Process start(String name, Map<String, String> environment, List<String> command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve(name + ".out").toFile());
        builder.environment().putAll(environment);
        Process process = builder.start();
        processes.add(process);
        return process;
    }

    /** Waits for a service that ends; what it said is in the error if it failed. */
    void awaitSuccess(Process process) throws IOException, InterruptedException {
        if (!process.waitFor(PATIENCE_MINUTES, TimeUnit.MINUTES) || process.exitValue() != 0) {
            throw new IOException("did not end well: " + process.info() + "; its output is in " + folder);
        }
    }

    private JsonNode service(String name) throws IOException {
        JsonNode service = services.path(name);
        if (service.isMissingNode()) {
            throw new IOException("no service " + name + " in the compose file");
        }
        return service;
    }

    private static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    String broker() {
        return "127.0.0.1:" + brokerPort;
    }

    String dashboard() {
        return "http://127.0.0.1:" + restPort;
    }

    String ranker() {
        return "http://127.0.0.1:" + rankerPort;
    }

    /** Addresses that Prometheus would scrape. */
    List<String> scraped() {
        List<String> scraped = new ArrayList<>(List.of(ranker() + "/metrics"));
        metricsPorts.forEach(port -> scraped.add("http://127.0.0.1:" + port + "/metrics"));
        return scraped;
    }

    @Override
    public void close() {
        processes.forEach(Process::destroyForcibly);
        processes.forEach(process -> process.onExit().join());
    }
}

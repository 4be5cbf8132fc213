package freshet.jobs.faults;

import com.fasterxml.jackson.databind.JsonNode;
import freshet.jobs.local.FlinkRest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.JobID;

/**
 * What a cluster was doing when it did not do what it should: stacks of all threads of all processes, and what the JobManager
 * says of jobs, their checkpoints, and watermarks and back-pressure of their vertices. Kept beside the logs.
 */
final class Evidence {
    private static final long JCMD_SECONDS = 20;

    private final Path folder;
    private final FlinkRest rest;

    private Evidence(Path folder, FlinkRest rest) {
        this.folder = folder;
        this.rest = rest;
    }

    /**
     * Takes it, as far as anybody answers.
     *
     * @param jobs by name
     * @return the folder
     */
    static Path take(ProcessCluster cluster, Map<String, JobID> jobs) {
        Path folder = cluster.folder().resolve("evidence-" + System.currentTimeMillis());
        try {
            Files.createDirectories(folder);
            Evidence evidence = new Evidence(folder, cluster.rest());
            for (Map.Entry<String, Process> process : cluster.living().entrySet()) {
                evidence.stacks(process.getKey(), process.getValue());
            }
            for (Map.Entry<String, JobID> job : jobs.entrySet()) {
                evidence.job(job.getKey(), "/jobs/" + job.getValue());
            }
        } catch (IOException e) {
            System.err.println("Taking evidence in " + folder + ": " + e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return folder;
    }

    private void stacks(String name, Process process) throws IOException, InterruptedException {
        Process jcmd = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                        "" + process.pid(),
                        "Thread.print")
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve(name + ".threads").toFile())
                .start();
        if (!jcmd.waitFor(JCMD_SECONDS, TimeUnit.SECONDS)) {
            jcmd.destroyForcibly(); // it is stopped, and answers nobody
        }
    }

    private void job(String name, String path) throws IOException, InterruptedException {
        JsonNode job = answer(name, path);
        JsonNode checkpoints = answer(name + ".checkpoints", path + "/checkpoints");
        for (JsonNode vertex : job.path("vertices")) {
            String id = vertex.path("id").asText();
            String file = name + "." + vertex.path("name").asText().replaceAll("[^A-Za-z0-9]+", "-");
            file = file.substring(0, Math.min(file.length(), 60));
            for (String what : List.of("watermarks", "backpressure")) {
                answer(file + "." + what, path + "/vertices/" + id + "/" + what);
            }
            for (JsonNode checkpoint : checkpoints.path("history")) {
                if (checkpoint.path("status").asText().equals("IN_PROGRESS")) {
                    long number = checkpoint.path("id").asLong();
                    answer(file + ".checkpoint-" + number, path + "/checkpoints/details/" + number + "/subtasks/" + id);
                }
            }
        }
    }

    private JsonNode answer(String file, String path) throws IOException, InterruptedException {
        JsonNode answer = rest.getIfUp(path);
        Files.writeString(folder.resolve(file + ".json"), answer.toPrettyString());
        return answer;
    }
}

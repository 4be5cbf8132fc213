package freshet.jobs.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import freshet.jobs.ViewerEvents;
import freshet.jobs.config.FreshetConfig;
import freshet.jobs.replay.ReplayJob;
import freshet.jobs.replay.ReplayOptions;
import freshet.serde.snapshot.Checksums;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A replay on a cluster of real processes whose TaskManager is killed, twice, is the replay that nobody disturbed. */
@Tag("faults")
class KilledTaskManagerTest {
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final int KILLS = 2;

    @TempDir
    static Path folder;

    @Test
    void aKilledTaskManagerLeavesNoTrace() throws Exception {
        FreshetConfig config = ViewerEvents.config();
        Path events = folder.resolve("events");
        new ViewerEvents(51, 300, 60_000).write(events, 7);
        ReplayOptions undisturbed = new ReplayOptions(events, folder.resolve("undisturbed"), config, 2);
        ReplayJob.run(undisturbed);

        ReplayOptions killed = new ReplayOptions(events, folder.resolve("killed"), config, 2);
        Configuration settings = new Configuration();
        settings.setString("execution.checkpointing.interval", "300ms");
        settings.setString("execution.checkpointing.storage", "filesystem");
        settings.setString(
                "execution.checkpointing.dir",
                folder.resolve("checkpoints").toUri().toString());
        try (ProcessCluster cluster = new ProcessCluster(folder.resolve("cluster"), 2)) {
            Process taskManager = cluster.startTaskManager();
            await().atMost(PATIENCE).until(() -> cluster.registeredTaskManagers() == 1);
            StreamExecutionEnvironment env = cluster.environment(settings);
            env.setParallelism(2);
            ReplayJob.build(env, killed);
            JobClient job = env.executeAsync("replay with a killed TaskManager");
            for (int kill = 1; kill <= KILLS; kill++) {
                int restored = kill - 1;
                // In the middle: outputs have been written, a checkpoint of this attempt is there, and more is to come.
                int completed = cluster.checkpoints(job.getJobID(), "completed");
                await().atMost(PATIENCE)
                        .until(() -> cluster.checkpoints(job.getJobID(), "restored") >= restored
                                && cluster.checkpoints(job.getJobID(), "completed") > completed
                                && hasOutput(killed.out()));
                assertThat(job.getJobStatus().get().isTerminalState()).isFalse();
                taskManager.destroyForcibly().onExit().join();
                taskManager = cluster.startTaskManager();
            }
            job.getJobExecutionResult().get();
            assertThat(cluster.checkpoints(job.getJobID(), "restored")).isGreaterThanOrEqualTo(KILLS);
        }
        ReplayJob.complete(killed.out());

        assertThat(checksums(killed.out())).isEqualTo(checksums(undisturbed.out()));
    }

    private static boolean hasOutput(Path out) throws IOException {
        Path examples = out.resolve("examples.jsonl");
        return Files.exists(examples) && Files.size(examples) > 0;
    }

    /** By path below the folder: SHA-256 of every file. */
    private static Map<String, String> checksums(Path out) throws IOException {
        Map<String, String> checksums = new TreeMap<>();
        try (Stream<Path> files = Files.walk(out)) {
            for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
                checksums.put(out.relativize(file).toString(), Checksums.sha256(Files.readAllBytes(file)));
            }
        }
        return checksums;
    }
}

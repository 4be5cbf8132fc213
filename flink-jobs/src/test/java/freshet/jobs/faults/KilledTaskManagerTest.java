package freshet.jobs.faults;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.jobs.ViewerEvents;
import freshet.jobs.config.FreshetConfig;
import freshet.jobs.replay.ReplayJob;
import freshet.jobs.replay.ReplayOptions;
import freshet.jobs.replay.ReplayResult;
import freshet.serde.snapshot.Checksums;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A replay on a cluster of real processes, whose TaskManager is killed while it runs, ends as if nobody had disturbed it. */
@Tag("faults")
class KilledTaskManagerTest {
    private static final int PARALLELISM = 2;
    private static final FreshetConfig CONFIG = FreshetConfig.parse(
            "viewers.yaml",
            // Gives the trainer something to do, so that both kills find it in the middle, and no more: the test takes
            // as
            // long as a JVM that compiles little needs for it.
            ViewerEvents.YAML.replace("bottom: [4]", "bottom: [192, 128]"));

    @TempDir
    static Path folder;

    private static Path events;
    private static ReplayResult undisturbed;

    @BeforeAll
    static void replayUndisturbed() throws Exception {
        events = folder.resolve("events");
        new ViewerEvents(51, 300, 60_000).write(events, 7);
        undisturbed = ReplayJob.run(options("undisturbed"));
    }

    private static ReplayOptions options(String out) {
        return new ReplayOptions(events, folder.resolve(out), CONFIG, PARALLELISM);
    }

    @Test
    void aReplayKilledTwiceWritesTheSameFiles() throws Exception {
        ReplayOptions options = options("killed");
        try (ProcessCluster cluster = new ProcessCluster(folder.resolve("cluster"), PARALLELISM)) {
            StreamExecutionEnvironment env = environment(cluster);
            ReplayJob.build(env, options);
            JobClient job = env.executeAsync("replay");
            cluster.killTaskManagerInTheMiddleOf(
                    job, () -> isNotEmpty(options.out().resolve("examples.jsonl")));
            cluster.killTaskManagerInTheMiddleOf(job, () -> true);
            job.getJobExecutionResult().get();
            assertThat(cluster.restoredCheckpoints(job)).isGreaterThanOrEqualTo(2);
        }
        ReplayJob.complete(options.out());
        assertThat(checksums(options.out())).isEqualTo(checksums(undisturbed.out()));
    }

    private static StreamExecutionEnvironment environment(ProcessCluster cluster) {
        Configuration settings = new Configuration();
        settings.setString("execution.checkpointing.interval", "300ms");
        settings.setString("execution.checkpointing.storage", "filesystem");
        settings.setString(
                "execution.checkpointing.dir",
                folder.resolve("checkpoints").toUri().toString());
        StreamExecutionEnvironment env = cluster.environment(settings);
        env.setParallelism(PARALLELISM);
        return env;
    }

    private static boolean isNotEmpty(Path file) throws IOException {
        return Files.exists(file) && Files.size(file) > 0;
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

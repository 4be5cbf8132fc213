package freshet.jobs.cli;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.config.TopicPlan;
import freshet.jobs.local.EmbeddedKafka;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Tests of commands that deal with kept checkpoints: a cluster that takes them by hand, and keeps three of each job. */
abstract class KeptCheckpointsTest {
    static final Duration PATIENCE = Duration.ofMinutes(2);
    static final Duration INTERVAL = Duration.ofHours(1);

    @TempDir
    Path folder;

    final StringWriter out = new StringWriter();
    final StringWriter err = new StringWriter();

    final Path checkpoints() {
        return folder.resolve("checkpoints");
    }

    final MiniCluster cluster() throws Exception {
        Configuration settings = new Configuration();
        settings.set(RestOptions.ADDRESS, "127.0.0.1");
        settings.set(RestOptions.BIND_PORT, "0");
        settings.set(CheckpointingOptions.CHECKPOINT_STORAGE, "filesystem");
        settings.set(
                CheckpointingOptions.CHECKPOINTS_DIRECTORY,
                checkpoints().toUri().toString());
        settings.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, INTERVAL); // they are taken by hand
        settings.set(CheckpointingOptions.MAX_RETAINED_CHECKPOINTS, 3);
        settings.set(CheckpointingOptions.FS_SMALL_FILE_THRESHOLD, MemorySize.ZERO); // every state a file
        MiniCluster cluster = new MiniCluster(new MiniClusterConfiguration.Builder()
                .setConfiguration(settings)
                .setNumTaskManagers(1)
                .setNumSlotsPerTaskManager(1)
                .build());
        cluster.start();
        return cluster;
    }

    /** Calls a command; what it said is in {@link #out} and {@link #err}, and nothing of the calls before. */
    final int freshet(String... arguments) {
        CommandLine command = Main.commandLine();
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        command.setOut(new PrintWriter(out, true));
        command.setErr(new PrintWriter(err, true));
        return command.execute(arguments);
    }

    static String[] with(String[] call, String... more) {
        return Stream.concat(Stream.of(call), Stream.of(more)).toArray(String[]::new);
    }

    /** Writes a configuration and makes its topics. */
    final String config(EmbeddedKafka kafka, String yaml) throws IOException {
        Path file = Files.writeString(folder.resolve("deployment.yaml"), yaml);
        TopicPlan.of(FreshetConfig.load(file).topics())
                .forEach(plan -> kafka.createTopic(plan.name(), 1, plan.settings()));
        return file.toString();
    }

    /** The folders of completed checkpoints, newest first. */
    final List<Path> kept() throws IOException {
        try (Stream<Path> files = Files.walk(checkpoints())) {
            return files.filter(file -> file.endsWith("_metadata"))
                    .map(Path::getParent)
                    .sorted(Comparator.comparingInt(KeptCheckpointsTest::number).reversed())
                    .toList();
        }
    }

    private static int number(Path checkpoint) {
        return Integer.parseInt(checkpoint.getFileName().toString().substring("chk-".length()));
    }
}

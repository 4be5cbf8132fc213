package freshet.jobs.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import freshet.jobs.local.CannotStartException;
import freshet.jobs.local.DevelopmentCluster;
import freshet.jobs.local.Machine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The cluster that {@code freshet cluster} starts: real processes, remembered by their folder. */
@Tag("faults")
class DevelopmentClusterTest {
    @TempDir
    Path folder;

    private final int broker = Machine.freePort();
    private final DevelopmentCluster.Options options =
            new DevelopmentCluster.Options(Path.of("../deploy/flink"), 1, Machine.freePort(), Optional.of(broker));

    @AfterEach
    void stop() throws IOException {
        new DevelopmentCluster(folder).stop();
    }

    @Test
    void startsReplacesWhatDiedStopsAndStartsAgainWithItsTopics() throws Exception {
        new DevelopmentCluster(folder).start(options);

        // Another object, as another call of the command has.
        DevelopmentCluster later = new DevelopmentCluster(folder);
        assertThat(later.running()).containsOnlyKeys("jobmanager", "kafka", "taskmanager-1");
        assertThatThrownBy(() -> later.start(options))
                .isInstanceOf(CannotStartException.class)
                .hasMessageContaining("there is a cluster in " + folder);
        try (Admin admin = admin()) {
            admin.createTopics(List.of(new NewTopic("kept", 1, (short) 1)))
                    .all()
                    .get();
        }

        ProcessHandle taskManager = ProcessHandle.of(
                        Objects.requireNonNull(later.running().get("taskmanager-1")))
                .orElseThrow();
        taskManager.destroyForcibly();
        taskManager.onExit().join();
        assertThat(later.running()).containsOnlyKeys("jobmanager", "kafka");
        assertThat(later.start(options)).as("only what had died").containsExactly("taskmanager-1");

        assertThat(later.stop()).isEqualTo(3);
        assertThat(later.running()).isEmpty();
        later.start(options);
        try (Admin admin = admin()) {
            Set<String> topics = admin.listTopics().names().get();
            assertThat(topics).contains("kept");
        }
    }

    private Admin admin() {
        return Admin.create(Map.of("bootstrap.servers", "127.0.0.1:" + broker));
    }
}

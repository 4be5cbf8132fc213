package freshet.jobs.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import freshet.jobs.faults.SmallDisk.Access;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.JobID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** The disk of the checkpoints fills up, and becomes read-only: the jobs fail loudly, and go on by themselves when it is well again. */
@Tag("faults")
class CheckpointFaultsTest {
    private static final int DISK_MEBIBYTES = 128;
    private static final List<String> JOBS = List.of("examples", "train", "gate");

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    static Path folder;

    @Test
    void fullAndReadOnly() throws Exception {
        assumeTrue(SmallDisk.canBeMounted(), "only root may mount a small disk");
        Path here = folder.resolve("disk");
        Workload workload = Workload.replay(folder);
        try (BrokerProcess broker = new BrokerProcess(folder.resolve("broker-data"), folder.resolve("broker"));
                SmallDisk disk = SmallDisk.mount(here.resolve(LiveDeployment.CHECKPOINTS), DISK_MEBIBYTES);
                LiveDeployment deployment =
                        new LiveDeployment(here, broker.bootstrapServers(), workload, "disk", Map.of())) {
            FaultScript script = new FaultScript("disk of the checkpoints full, then read-only");
            script.then("full with 0.2 of the events sent: checkpoints fail, and with them jobs", () -> {
                        deployment.awaitSent(0.2);
                        disk.fill();
                        assertFailsLoudly(deployment);
                    })
                    .then("freed with 0.4 sent", () -> {
                        deployment.awaitSent(0.4);
                        disk.free();
                        assertCheckpointsAgain(deployment);
                    })
                    .then("read-only with 0.6 sent", () -> {
                        deployment.awaitSent(0.6);
                        disk.remount(Access.READ_ONLY);
                        assertFailsLoudly(deployment);
                    })
                    .then("writable again with 0.8 sent", () -> {
                        deployment.awaitSent(0.8);
                        disk.remount(Access.READ_AND_WRITE);
                        assertCheckpointsAgain(deployment);
                    })
                    .then("ends as undisturbed", deployment::assertEndsAsUndisturbed);
            script.play(folder);
        }
    }

    /** On the dashboard: the job failed since, and of its checkpoints; where a task could not begin one, in that task's words. */
    private static void assertFailsLoudly(LiveDeployment deployment) {
        ProcessCluster cluster = deployment.cluster();
        long now = System.currentTimeMillis();
        for (String name : JOBS) {
            JobID job = deployment.job(name);
            await("the " + name + " job to fail of it")
                    .atMost(LiveDeployment.GRACE)
                    .untilAsserted(() -> {
                        JsonNode failure = cluster.rest()
                                .getIfUp("/jobs/" + job + "/exceptions")
                                .at("/exceptionHistory/entries/0"); // the newest
                        assertThat(failure.path("timestamp").asLong()).isGreaterThan(now);
                        assertThat(failure.path("stacktrace").asText())
                                .containsAnyOf(
                                        "checkpoint tolerable failure threshold", "Could not perform checkpoint");
                    });
        }
    }

    private static void assertCheckpointsAgain(LiveDeployment deployment) throws Exception {
        ProcessCluster cluster = deployment.cluster();
        for (String name : JOBS) {
            JobID job = deployment.job(name);
            int completed = cluster.checkpoints(job, "completed");
            await("the " + name + " job to complete a checkpoint")
                    .atMost(LiveDeployment.GRACE)
                    .until(() -> cluster.checkpoints(job, "completed") > completed);
        }
        deployment.awaitRunning(0);
    }
}

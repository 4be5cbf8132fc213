package freshet.jobs.faults;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** The examples job goes from two tasks to four, from a savepoint, and to one, from a checkpoint that was kept; nobody downstream notices. */
@Tag("faults")
class RescaleTest {
    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    static Path folder;

    @Test
    void twoFourOne() throws Exception {
        Workload workload = Workload.replay(folder);
        try (BrokerProcess broker = new BrokerProcess(folder.resolve("broker-data"), folder.resolve("broker"));
                LiveDeployment deployment = new LiveDeployment(
                        folder.resolve("rescale"), broker.bootstrapServers(), workload, "rescale", Map.of())) {
            FaultScript script = new FaultScript("examples job rescaled");
            script.then("to four tasks with 0.3 of the events sent, from a savepoint", () -> {
                        deployment.awaitSent(0.3);
                        deployment.allow(0.6);
                        deployment.goOnFrom(deployment.stopWithSavepoint("examples"), "examples", 4);
                    })
                    .then("to one with 0.6 sent, from a checkpoint", () -> {
                        deployment.awaitSent(0.6);
                        deployment.allow(1);
                        deployment.goOnFrom(deployment.cancel("examples"), "examples", 1);
                    })
                    .then("ends as undisturbed", deployment::assertEndsAsUndisturbed);
            script.play(folder);
        }
    }
}

package freshet.jobs.faults;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** TaskManagers are killed, at random and where it hurts most, and stopped; another stands by. Where a script fails, its folder stays. */
@Tag("faults")
class TaskManagerFaultsTest {
    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    static Path folder;

    private static Workload workload;
    private static BrokerProcess broker;

    @BeforeAll
    static void start() throws Exception {
        broker = new BrokerProcess(folder.resolve("broker-data"), folder.resolve("broker"));
        workload = Workload.replay(folder);
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    private static LiveDeployment deployment(String name) throws Exception {
        return new LiveDeployment(folder.resolve(name), broker.bootstrapServers(), workload, name, Map.of());
    }

    @Test
    void killedFiveTimesAtRandom() throws Exception {
        try (LiveDeployment deployment = deployment("random")) {
            ProcessCluster cluster = deployment.cluster();
            FaultScript script = new FaultScript("TaskManager killed five times");
            script.then("another stands by", cluster::keepStandby);
            for (double moment : script.moments(5, 0.1, 0.9)) {
                script.then(String.format(Locale.ROOT, "kill -9 with %.3f of the events sent", moment), () -> {
                    deployment.awaitSent(moment);
                    deployment.disturb(cluster::killTaskManager);
                });
            }
            script.then("ends as undisturbed", deployment::assertEndsAsUndisturbed);
            script.play(folder);
        }
    }

    @Test
    void stoppedPastItsHeartbeatAndContinued() throws Exception {
        try (LiveDeployment deployment = deployment("zombie")) {
            ProcessCluster cluster = deployment.cluster();
            FaultScript script = new FaultScript("TaskManager stopped and continued");
            double moment = script.moments(1, 0.2, 0.4).get(0);
            script.then("another stands by", cluster::keepStandby)
                    .then(
                            String.format(
                                    Locale.ROOT, "SIGSTOP with %.3f of the events sent; the other takes over", moment),
                            () -> {
                                deployment.awaitSent(moment);
                                deployment.disturb(cluster::stopTaskManager);
                            })
                    .then("SIGCONT with a quarter more sent; it joins again", () -> {
                        deployment.awaitSent(moment + 0.25);
                        cluster.continueTaskManager();
                    })
                    .then("ends as undisturbed", deployment::assertEndsAsUndisturbed);
            script.play(folder);
        }
    }
}

package freshet.jobs.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import freshet.jobs.ViewerEvents;
import freshet.jobs.config.FreshetConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.SplittableRandom;
import org.apache.flink.core.execution.JobClient;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * What happens to a broker happens to nobody else: it is killed, stays away, fills its disk, and the jobs end as if nothing had
 * been. The moments are drawn from a seed, {@code -Dfreshet.faults.seed}; where a script fails its folder stays, with all logs.
 */
@Tag("faults")
class BrokerFaultsTest {
    /** From the moment that the broker answers to completed checkpoints of both jobs: its own recovery, and a restart. */
    private static final Duration GRACE = Duration.ofSeconds(90);

    private static final int DISK_MEBIBYTES = 256;

    private static final long SEED = Long.getLong("freshet.faults.seed", 20_261_122);

    private static final FreshetConfig CONFIG = FreshetConfig.parse(
            "viewers.yaml",
            ViewerEvents.YAML.replace("bottom: [4]", "bottom: [256, 192]")
                    // Small fetches that the broker delays, so that reading takes some twenty seconds.
                    + "kafka: {max.partition.fetch.bytes: 16384, fetch.min.bytes: 1000000, fetch.max.wait.ms: 100}\n");

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    static Path folder;

    private static Undisturbed undisturbed;

    private final SplittableRandom random = new SplittableRandom(SEED);

    @BeforeAll
    static void replayUndisturbed() throws Exception {
        Path events = folder.resolve("events");
        new ViewerEvents(51, 300, 40_000).write(events, 7);
        undisturbed = Undisturbed.replay(events, folder.resolve("undisturbed"), CONFIG);
    }

    @Test
    void killedWhileJobsReadWriteAndCommitAndAwayForManyCheckpoints() throws Exception {
        Path here = folder.resolve("killed");
        try (BrokerProcess broker = new BrokerProcess(here.resolve("broker-data"), here.resolve("broker"));
                Deployment deployment = new Deployment(here, broker, undisturbed, CONFIG)) {
            script("logs in " + here);
            deployment.awaitExamples(share(0.05, 0.2));
            killAndStart(deployment);
            JobClient job = random.nextBoolean() ? deployment.examplesJob() : deployment.trainJob();
            deployment.awaitTheMiddleOfACheckpoint(job);
            killAndStart(deployment);
            deployment.awaitExamples(share(0.3, 0.5));
            stayAway(deployment, Duration.ofSeconds(random.nextInt(20, 30)));
            deployment.assertEndsAsUndisturbed();
        }
    }

    @Test
    void itsDiskFillsAndIsFreed() throws Exception {
        assumeTrue(SmallDisk.canBeMounted(), "only root may mount a small disk");
        Path here = folder.resolve("full");
        try (SmallDisk disk = SmallDisk.mount(here.resolve("broker-data"), DISK_MEBIBYTES);
                BrokerProcess broker = new BrokerProcess(here.resolve("broker-data/topics"), here.resolve("broker"));
                Deployment deployment = new Deployment(here, broker, undisturbed, CONFIG)) {
            script("logs in " + here);
            deployment.awaitExamples(share(0.1, 0.4));
            script("no space left");
            disk.fill();
            assertThat(broker.awaitEnd(Duration.ofMinutes(1)))
                    .as("exit code of a broker that cannot write")
                    .hasValueSatisfying(code -> assertThat(code).isNotZero());
            script("space again, and the broker started");
            disk.free();
            broker.startAgain();
            deployment.awaitRunningAgain(GRACE);
            deployment.assertEndsAsUndisturbed();
        }
    }

    private double share(double from, double to) {
        return random.nextDouble(from, to);
    }

    private static void killAndStart(Deployment deployment) throws Exception {
        script("kill -9, started at once");
        deployment.broker().kill();
        deployment.broker().startAgain();
        deployment.awaitRunningAgain(GRACE);
    }

    /** Longer than a checkpoint may take: the jobs fail with theirs, and try again for as long as it lasts. */
    private static void stayAway(Deployment deployment, Duration away) throws Exception {
        int failed = deployment.checkpoints(deployment.examplesJob(), "failed");
        script("kill -9, away for " + away);
        deployment.broker().kill();
        Thread.sleep(away.toMillis()); // the fault itself
        assertThat(deployment.checkpoints(deployment.examplesJob(), "failed"))
                .as("checkpoints that have failed")
                .isGreaterThan(failed);
        script("it comes back");
        deployment.broker().startAgain();
        deployment.awaitRunningAgain(GRACE);
    }

    private static void script(String step) {
        System.out.println("seed " + SEED + ": " + step);
    }
}

package freshet.jobs.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** The JobManager is killed: with ZooKeeper the jobs go on by themselves, without it by {@code freshet recover}. */
@Tag("faults")
class JobManagerFaultsTest {
    private static final List<String> JOBS = List.of("examples", "train", "gate");

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

    @Test
    void withZooKeeperJobsGoOnByThemselves() throws Exception {
        try (ZooKeeperProcess zooKeeper = new ZooKeeperProcess(folder.resolve("zookeeper"));
                LiveDeployment deployment = new LiveDeployment(
                        folder.resolve("ha"),
                        broker.bootstrapServers(),
                        workload,
                        "ha",
                        zooKeeper.highAvailability())) {
            ProcessCluster cluster = deployment.cluster();
            FaultScript script = new FaultScript("JobManager killed, with ZooKeeper");
            List<Double> moments = script.moments(2, 0.15, 0.85);
            script.then("another TaskManager stands by", cluster::keepStandby)
                    .then(at(moments.get(0), "kill -9 of the JobManager"), () -> {
                        deployment.awaitSent(moments.get(0));
                        deployment.disturb(() -> {
                            cluster.killJobManager();
                            cluster.startJobManager();
                        });
                    })
                    .then(at(moments.get(1), "kill -9 of JobManager and TaskManager"), () -> {
                        deployment.awaitSent(moments.get(1));
                        deployment.disturb(() -> {
                            cluster.killTaskManager();
                            cluster.killJobManager();
                            cluster.startJobManager();
                        });
                    })
                    .then("ends as undisturbed", deployment::assertEndsAsUndisturbed);
            script.play(folder);
        }
    }

    /** The first time with what a disk may do in an outage: the newest checkpoints of two jobs are torn. */
    @Test
    void withoutItFreshetRecoverBringsThemBack() throws Exception {
        try (LiveDeployment deployment = new LiveDeployment(
                folder.resolve("recover"),
                broker.bootstrapServers(),
                workload,
                "recover",
                Map.of("execution.checkpointing.num-retained", "3"))) {
            ProcessCluster cluster = deployment.cluster();
            FaultScript script = new FaultScript("JobManager killed, without ZooKeeper");
            List<Double> moments = script.moments(2, 0.15, 0.85);
            script.then(at(moments.get(0), "kill -9 of JobManager and TaskManager"), () -> {
                        deployment.allow(1); // so that each checkpoint has something new
                        deployment.awaitSent(moments.get(0));
                        cluster.killTaskManager();
                        cluster.killJobManager();
                        deployment.hold();
                    })
                    .then("the newest checkpoints of examples and train are torn", () -> {
                        deployment.checkpointsOf("examples").tearMetadataOfNewest();
                        deployment.checkpointsOf("train").tearStateOfNewest();
                    })
                    .then("freshet recover --run says so and goes back to those before", () -> {
                        cluster.startJobManager();
                        recover(deployment, Map.of("examples", "cannot be read", "train", "bytes, expected"));
                    })
                    .then(at(moments.get(1), "kill -9 of the JobManager"), () -> {
                        deployment.awaitSent(moments.get(1));
                        cluster.killJobManager();
                        cluster.startJobManager();
                    })
                    .then("freshet recover --run", () -> recover(deployment, Map.of()))
                    .then("ends as undisturbed", deployment::assertEndsAsUndisturbed);
            script.play(folder);
        }
    }

    private static String at(double moment, String what) {
        return String.format(Locale.ROOT, "%s with %.3f of the events sent", what, moment);
    }

    /**
     * Brings all jobs back with the command.
     *
     * @param bad what it has to say of a job's newest checkpoint; nothing where that is good
     */
    private static void recover(LiveDeployment deployment, Map<String, String> bad) throws Exception {
        deployment.cluster().awaitIdle();
        long now = System.currentTimeMillis();
        for (String job : JOBS) {
            FreshetProcess recover = deployment.freshet(
                    "recover",
                    "--job",
                    job,
                    "--checkpoints",
                    deployment.checkpoints().toString(),
                    "--run",
                    "--with=--cluster=" + deployment.cluster().restAddress(),
                    "--with=--no-jars",
                    "--with=--parallelism=" + (job.equals("examples") ? ViewerFeed.PARTITIONS : 1));
            assertThat(recover.exitCode()).as(recover.err()).isZero();
            assertThat(recover.err()).contains("is done again").doesNotContain("LOST");
            if (bad.containsKey(job)) {
                assertThat(recover.err()).contains("bad:", bad.get(job), "goes back by");
            }
            deployment.goesOnAs(job, recover.out().strip());
        }
        deployment.awaitRunning(now);
    }
}

package freshet.jobs.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import freshet.jobs.config.FreshetConfig;
import freshet.jobs.config.TopicPlan;
import freshet.jobs.config.TopicPlan.Spread;
import freshet.jobs.job.ExamplesGraph;
import freshet.jobs.job.ExamplesJob;
import freshet.jobs.job.GateJob;
import freshet.jobs.job.TrainJob;
import freshet.jobs.local.FlinkMetrics;
import freshet.jobs.replay.ReplayJob;
import freshet.jobs.replay.ReplayOptions;
import freshet.jobs.seal.StoredState;
import freshet.jobs.sim.SimulationSettings;
import freshet.jobs.source.EventSources.Until;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * The three jobs under as many events as they can take, for {@code -Dfreshet.soak.minutes}, with a TaskManager killed every
 * fifth of the time: nothing grows, nothing gets slower, and in the end the ledger adds up. A table is printed, and written with
 * all samples to {@code target/soak.json}. Runs of less than ten minutes are too short to judge growth by; they judge the rest.
 */
@Tag("soak")
class SoakTest {
    private static final double MINUTES = Double.parseDouble(System.getProperty("freshet.soak.minutes", "1.5"));
    private static final double MINUTES_TO_JUDGE = 10;
    private static final int LIVES = 5;
    private static final int PARTITIONS = 2;
    private static final int VIDEOS_REMEMBERED = 50;
    private static final int HEAP_MEBIBYTES = 1200;
    private static final long MEBIBYTE = 1 << 20;
    private static final Duration PATIENCE = Duration.ofMinutes(4);
    private static final SimulationSettings VIEWERS =
            SimulationSettings.small(7).withUsers(5_000).withVideos(1_000).withRequestsPerMinute(1_500);

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    static Path folder;

    private final SoakReport report = new SoakReport();
    private SoakReport.Viewers inState = new SoakReport.Viewers(0, 0, 0);
    private final long startNanos = System.nanoTime();

    /** The two that are looked at. */
    private record Jobs(JobClient examples, JobClient train) {}

    @Test
    void nothingGrowsAndNothingIsLost() throws Exception {
        System.out.println("soak: " + MINUTES + " minutes; logs in " + folder);
        try (BrokerProcess broker = new BrokerProcess(folder.resolve("broker-data"), folder.resolve("broker"));
                ProcessCluster cluster = new ProcessCluster(
                        folder.resolve("cluster"),
                        PARTITIONS + 2,
                        Map.of("execution.checkpointing.num-retained", "3"), // so that the newest can be read
                        // Before the heap on the command line, which is meant for one small job.
                        Map.of("_JAVA_OPTIONS", "-Xmx" + HEAP_MEBIBYTES + "m"))) {
            FreshetConfig config = config().withBootstrapServers(broker.bootstrapServers());
            createTopics(broker, config);
            Jobs jobs = submit(cluster, config);
            try (FollowingServer server = new FollowingServer(config);
                    PacedViewers viewers = new PacedViewers(config, VIEWERS)) {
                run(broker, cluster, jobs, config, viewers);
                viewers.finish();
                assertThat(viewers.failure()).isNull();
                awaitAllIsRead(broker, cluster, jobs.examples().getJobID(), config);
                assertLedgerAddsUp(jobs.examples(), viewers);
                server.assertWentForward();
                report.finish(viewers.impressions() + viewers.feedback(), server.snapshotsLoaded());
            }
        } finally {
            report.table().forEach(System.out::println);
            Files.writeString(Path.of("target/soak.json"), report.json().toPrettyString() + "\n");
        }
        if (MINUTES >= MINUTES_TO_JUDGE) {
            assertThat(report.growing()).isEmpty();
            assertThat(report.snapshotsLoaded()).isPositive();
        }
    }

    /**
     * The demo's, but for what it keeps on the heap to show people; and labels are decided together: with so many viewers, the first
     * minutes of early ones would teach a new model positives alone, and its guard would stop it before the negatives came. Of each
     * viewer so many videos are remembered as he sees in the first minutes, so that the state stands still from then on.
     */
    private static FreshetConfig config() throws IOException {
        String demo = Files.readString(Path.of("src/main/resources/freshet/demo.yaml"));
        return FreshetConfig.parse(
                "soak.yaml",
                demo.replaceAll("as_served: true.*", "as_served: false")
                        .replaceAll("horizon: \\d+m,", "horizon: 5m, decide: at_horizon,")
                        .replaceAll("horizon: \\d+m\n", "horizon: 5m\n    decide: at_horizon\n")
                        .replace("features:\n", "features:\n  history: {max_videos: " + VIDEOS_REMEMBERED + "}\n")
                        .replace("name: demo", "name: soak\njoin: {hot_mebibytes: 48}"));
    }

    /** Topics keep little, so that hours fit on a disk. */
    private static void createTopics(BrokerProcess broker, FreshetConfig config) {
        for (TopicPlan plan : TopicPlan.of(config.topics())) {
            Map<String, String> settings = new HashMap<>(plan.settings());
            if ("delete".equals(settings.get("cleanup.policy"))) {
                settings.put("retention.bytes", "" + 512 * MEBIBYTE);
                settings.put("segment.bytes", "" + 64 * MEBIBYTE);
            } else {
                settings.put("segment.bytes", "" + 16 * MEBIBYTE);
                settings.put("max.compaction.lag.ms", "60000");
            }
            broker.topics().create(plan.name(), plan.spread() == Spread.ONE ? 1 : PARTITIONS, settings);
        }
    }

    private static Jobs submit(ProcessCluster cluster, FreshetConfig config) throws Exception {
        StreamExecutionEnvironment examplesEnv = environment(cluster, PARTITIONS);
        ExamplesGraph graph = ExamplesJob.build(examplesEnv, config, Until.STOPPED);
        ReplayJob.writeLedger(graph.ledger(), new ReplayOptions(folder, folder, config, PARTITIONS));
        JobClient examples = examplesEnv.executeAsync(ExamplesJob.name(config));
        StreamExecutionEnvironment trainEnv = environment(cluster, 1);
        TrainJob.build(trainEnv, config, Until.STOPPED, Optional.empty());
        JobClient train = trainEnv.executeAsync(TrainJob.name(config));
        StreamExecutionEnvironment gateEnv = environment(cluster, 1);
        GateJob.build(gateEnv, config, Until.STOPPED);
        gateEnv.executeAsync(GateJob.name(config));
        return new Jobs(examples, train);
    }

    private static StreamExecutionEnvironment environment(ProcessCluster cluster, int parallelism) {
        Configuration settings = new Configuration();
        settings.setString("execution.checkpointing.interval", "5s");
        settings.setString("execution.checkpointing.storage", "filesystem");
        settings.setString(
                "execution.checkpointing.dir",
                folder.resolve("checkpoints").toUri().toString());
        StreamExecutionEnvironment env = cluster.environment(settings);
        env.setParallelism(parallelism);
        return env;
    }

    private void run(
            BrokerProcess broker, ProcessCluster cluster, Jobs jobs, FreshetConfig config, PacedViewers viewers)
            throws Exception {
        FlinkMetrics trainer =
                new FlinkMetrics(cluster.restAddress(), jobs.train().getJobID());
        int lives = MINUTES >= MINUTES_TO_JUDGE ? LIVES : 2;
        int life = 1;
        double nextSample = 0;
        while (minutes() < MINUTES && viewers.failure() == null) {
            Thread.sleep(250); // the pace of the viewers
            reportFrontier(trainer, viewers);
            if (life < lives && minutes() > life * MINUTES / lives) {
                System.out.println("soak: TaskManager killed after " + (int) (60 * minutes()) + " s");
                cluster.killTaskManager();
                report.restarted();
                life++;
            }
            if (minutes() >= nextSample) {
                nextSample += 1 / 6.0;
                sample(broker, cluster, jobs, config, viewers);
            }
        }
    }

    private double minutes() {
        return (System.nanoTime() - startNanos) / 60e9;
    }

    private static void reportFrontier(FlinkMetrics trainer, PacedViewers viewers) throws InterruptedException {
        try {
            Double frontier =
                    trainer.read(name -> name.equals("Train.frontierMillis")).get("Train.frontierMillis");
            if (frontier != null) {
                viewers.reportFrontier(frontier.longValue());
            }
        } catch (IOException busy) {
            // asked again soon
        }
    }

    private void sample(
            BrokerProcess broker, ProcessCluster cluster, Jobs jobs, FreshetConfig config, PacedViewers viewers)
            throws InterruptedException {
        try {
            report.add(new SoakReport.Sample(
                    minutes(),
                    viewers.impressions() + viewers.feedback(),
                    viewers.aheadMillis(),
                    JvmSample.afterCollectionOf(cluster.taskManager().pid()),
                    JvmSample.afterCollectionOf(cluster.jobManager().pid()),
                    JvmSample.afterCollectionOf(broker.pid()),
                    checkpoint(cluster, jobs.examples()),
                    checkpoint(cluster, jobs.train()),
                    viewersIn(jobs.examples()),
                    broker.topics().lag("freshet-" + config.name() + "-examples"),
                    broker.topics().lag("freshet-" + config.name() + "-train")));
        } catch (IOException starting) {
            System.out.println("soak: no sample, " + starting.getMessage());
        }
    }

    private static SoakReport.Checkpoint checkpoint(ProcessCluster cluster, JobClient job) throws InterruptedException {
        JsonNode latest = cluster.rest()
                .getIfUp("/jobs/" + job.getJobID() + "/checkpoints")
                .path("latest")
                .path("completed");
        return new SoakReport.Checkpoint(
                latest.path("end_to_end_duration").asLong(),
                latest.path("state_size").asLong());
    }

    /** Those of the newest checkpoint, or where that is gone before it was read, of the sample before. */
    private SoakReport.Viewers viewersIn(JobClient job) {
        try {
            List<Path> completed = new Checkpoints(folder.resolve("checkpoints"), job.getJobID()).completed();
            if (!completed.isEmpty()) {
                StoredState state = StoredState.of(completed.get(0));
                inState = new SoakReport.Viewers(state.values(), state.bytes(), state.tableBytes());
            }
        } catch (IOException | UncheckedIOException gone) {
            System.out.println("soak: no look at the state, " + gone.getMessage());
        }
        return inState;
    }

    /** Then there is a checkpoint behind the last record, and the job runs. */
    private static void awaitAllIsRead(
            BrokerProcess broker, ProcessCluster cluster, JobID examples, FreshetConfig config) {
        await("examples job to read everything")
                .atMost(PATIENCE)
                .pollInterval(Duration.ofSeconds(1))
                .until(() -> broker.topics().lag("freshet-" + config.name() + "-examples") == 0);
        long sinceMillis = System.currentTimeMillis();
        await("examples job to complete a checkpoint after that")
                .atMost(PATIENCE)
                .until(() -> cluster.rest()
                                .getIfUp("/jobs/" + examples + "/checkpoints")
                                .path("latest")
                                .path("completed")
                                .path("trigger_timestamp")
                                .asLong()
                        > sinceMillis);
    }

    /** Drains the job, so that nothing is on its way, and counts what was sent beside what was read. */
    private void assertLedgerAddsUp(JobClient examples, PacedViewers viewers) throws Exception {
        examples.stopWithSavepoint(true, folder.resolve("savepoints").toUri().toString(), SavepointFormatType.CANONICAL)
                .get();
        JsonNode ledger =
                new ObjectMapper().readTree(folder.resolve("ledger.json").toFile());
        assertThat(ledger.path("imbalances")).as("what does not add up").isEmpty();
        report.ledger(ledger.path("join"));
        assertThat(ledger.path("join").path("impression_read").asLong()).isEqualTo(viewers.impressions());
        assertThat(ledger.path("join").path("feedback_read").asLong()).isEqualTo(viewers.feedback());
    }
}

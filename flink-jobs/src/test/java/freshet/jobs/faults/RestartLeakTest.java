package freshet.jobs.faults;

import static org.awaitility.Awaitility.await;

import freshet.jobs.ViewerEvents;
import freshet.jobs.config.FreshetConfig;
import freshet.jobs.config.TopicPlan;
import freshet.jobs.job.ExamplesJob;
import freshet.jobs.job.GateJob;
import freshet.jobs.job.TrainJob;
import freshet.jobs.publish.RegistryTopic;
import freshet.jobs.source.EventSources.Until;
import freshet.jobs.source.ReplayToKafka;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * The three jobs started and cancelled again and again in one TaskManager and one JobManager, each time with the jars that {@code
 * freshet run} sends, so in class loaders of their own, and each time until the gate has judged a snapshot: nothing of them
 * may stay behind, no class, no thread, no file, no native memory.
 */
@Tag("faults")
class RestartLeakTest {
    private static final int LIVES = Integer.getInteger("freshet.restarts", 20);

    /** By then everything that is made once has been made. */
    private static final int WARM = 5;

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Duration POLL = Duration.ofMillis(250);

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    static Path folder;

    @Test
    void nothingStaysBehind() throws Exception {
        SentJars jars = SentJars.pack(folder);
        new ViewerEvents(17, 60, 3_000).write(folder.resolve("events"), 17);
        try (BrokerProcess broker = new BrokerProcess(folder.resolve("broker-data"), folder.resolve("broker"));
                ProcessCluster cluster = ProcessCluster.ofPlainFlink(folder.resolve("cluster"), 3)) {
            List<JvmSample> workers = new ArrayList<>();
            List<JvmSample> masters = new ArrayList<>();
            for (int life = 0; life < LIVES; life++) {
                live(broker, cluster, jars, "life" + life);
                workers.add(JvmSample.afterCollectionOf(cluster.taskManager().pid()));
                masters.add(JvmSample.afterCollectionOf(cluster.jobManager().pid()));
                System.out.println("life " + (life + 1) + ": TaskManager " + workers.get(life) + ", JobManager "
                        + masters.get(life));
            }
            RestartGrowth.assertNone("TaskManager", workers, WARM);
            RestartGrowth.assertNone("JobManager", masters, WARM);
        }
    }

    private static void live(BrokerProcess broker, ProcessCluster cluster, SentJars jars, String name)
            throws Exception {
        FreshetConfig config =
                Workload.configOf(ViewerEvents.YAML, name).withBootstrapServers(broker.bootstrapServers());
        for (TopicPlan plan : TopicPlan.of(config.topics())) {
            broker.topics().create(plan.name(), 1, plan.settings());
        }
        ReplayToKafka.send(folder.resolve("events"), config);
        List<JobClient> clients = new ArrayList<>();
        StreamExecutionEnvironment examples = environment(cluster, jars.ofAll());
        ExamplesJob.build(examples, config, Until.STOPPED);
        clients.add(examples.executeAsync(ExamplesJob.name(config)));
        StreamExecutionEnvironment train = environment(cluster, jars.ofAll());
        TrainJob.build(train, config, Until.STOPPED, Optional.empty());
        clients.add(train.executeAsync(TrainJob.name(config)));
        StreamExecutionEnvironment gate = environment(cluster, jars.ofGate());
        GateJob.build(gate, config, Until.STOPPED);
        clients.add(gate.executeAsync(GateJob.name(config)));
        RegistryTopic registry =
                new RegistryTopic(config.kafka(), config.topics().modelRegistry());
        await("the gate to judge a snapshot; " + cluster.folder())
                .atMost(PATIENCE)
                .pollInterval(POLL)
                .until(() -> !registry.read(problem -> {
                            throw new AssertionError(problem);
                        })
                        .entries()
                        .isEmpty());
        for (JobClient client : clients) {
            client.cancel().get();
        }
        cluster.awaitIdle();
    }

    private static StreamExecutionEnvironment environment(ProcessCluster cluster, List<String> jars) {
        Configuration settings = new Configuration();
        settings.setString("execution.checkpointing.interval", "500ms");
        settings.setString("execution.checkpointing.storage", "filesystem");
        settings.setString(
                "execution.checkpointing.dir",
                folder.resolve("checkpoints").toUri().toString());
        StreamExecutionEnvironment env = cluster.environment(settings, jars.toArray(String[]::new));
        env.setParallelism(1);
        return env;
    }
}

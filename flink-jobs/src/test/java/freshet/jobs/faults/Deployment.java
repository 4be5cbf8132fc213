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
import freshet.jobs.job.TrainJob;
import freshet.jobs.replay.ReplayJob;
import freshet.jobs.replay.ReplayOptions;
import freshet.jobs.source.EventSources.Until;
import freshet.jobs.source.ReplayToKafka;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * The examples job and the train job side by side, on a cluster of processes, over a broker that is a process: the first reads
 * events that are there already, to their end, the second all that the first writes; a server follows. For scripts that
 * disturb them. Everything is in one folder: {@code cluster} and {@code broker} have the logs.
 */
final class Deployment implements AutoCloseable {
    /** How long after the last fault everything may take; there is work left to do. */
    private static final Duration PATIENCE = Duration.ofMinutes(4);

    private static final int PARTITIONS = 2;

    private final Path folder;
    private final Undisturbed undisturbed;
    private final BrokerProcess broker;
    private final ProcessCluster cluster;
    private final FreshetConfig config;
    private final FollowingServer server;
    private final JobClient examples;
    private final JobClient train;

    /** Puts events into topics that are there. */
    interface Feed {
        void send(FreshetConfig config) throws IOException;
    }

    /**
     * Starts everything, with the events of the undisturbed run.
     *
     * @param config as for {@link Undisturbed#replay}
     */
    Deployment(Path folder, BrokerProcess broker, Undisturbed undisturbed, FreshetConfig config) throws Exception {
        this(
                folder,
                broker,
                undisturbed,
                config.withJsonEvents(),
                deployed -> ReplayToKafka.send(undisturbed.events(), deployed));
    }

    /**
     * Starts everything.
     *
     * @param feed sends the same events in the formats of the configuration, and what is no event
     */
    Deployment(Path folder, BrokerProcess broker, Undisturbed undisturbed, FreshetConfig config, Feed feed)
            throws Exception {
        this.folder = folder;
        this.broker = broker;
        this.undisturbed = undisturbed;
        this.config = config.withBootstrapServers(broker.bootstrapServers());
        for (TopicPlan plan : TopicPlan.of(this.config.topics())) {
            Map<String, String> settings = new TreeMap<>(plan.settings());
            settings.put("max.message.bytes", "" + ReplayToKafka.MAX_REQUEST_BYTES);
            broker.topics().create(plan.name(), plan.spread() == Spread.ONE ? 1 : PARTITIONS, settings);
        }
        feed.send(this.config);
        cluster = new ProcessCluster(folder.resolve("cluster"), PARTITIONS + 1);
        examples = startExamples();
        train = startTrain();
        server = new FollowingServer(this.config);
    }

    private JobClient startExamples() throws Exception {
        StreamExecutionEnvironment env = environment(PARTITIONS);
        ExamplesGraph graph = ExamplesJob.build(env, config, Until.CURRENT_END);
        ReplayJob.writeLedger(graph.ledger(), new ReplayOptions(undisturbed.events(), folder, config, PARTITIONS));
        return env.executeAsync(ExamplesJob.name(config));
    }

    private JobClient startTrain() throws Exception {
        StreamExecutionEnvironment env = environment(1);
        TrainJob.build(env, config, Until.STOPPED, Optional.empty());
        return env.executeAsync(TrainJob.name(config));
    }

    private StreamExecutionEnvironment environment(int parallelism) {
        Configuration settings = new Configuration();
        settings.setString("execution.checkpointing.interval", "500ms");
        // So that a broker that is away lets several of them fail, and with them the jobs.
        settings.setString("execution.checkpointing.timeout", "5s");
        settings.setString("execution.checkpointing.storage", "filesystem");
        settings.setString(
                "execution.checkpointing.dir",
                folder.resolve("checkpoints").toUri().toString());
        settings.setString("restart-strategy.type", "exponential-delay");
        settings.setString("restart-strategy.exponential-delay.max-backoff", "5s");
        StreamExecutionEnvironment env = cluster.environment(settings);
        env.setParallelism(parallelism);
        return env;
    }

    BrokerProcess broker() {
        return broker;
    }

    JobClient examplesJob() {
        return examples;
    }

    JobClient trainJob() {
        return train;
    }

    int snapshotsLoaded() {
        return server.snapshotsLoaded();
    }

    /** Waits until so much of the examples has been written, while the job runs. */
    void awaitExamples(double share) {
        await("examples").atMost(PATIENCE).until(() -> {
            if (examples.getJobStatus().get().isTerminalState()) {
                throw new AssertionError("the examples job has ended before its fault; give it more to do");
            }
            return broker.topics().recordCount(config.topics().examples()) >= share * undisturbed.examples();
        });
    }

    /** Waits until a checkpoint of a job is being taken. */
    void awaitTheMiddleOfACheckpoint(JobClient job) {
        await("checkpoint")
                .pollInterval(Duration.ofMillis(20))
                .atMost(PATIENCE)
                .until(() -> checkpoints(job, "in_progress") > 0);
    }

    int checkpoints(JobClient job, String what) throws InterruptedException {
        return cluster.rest()
                .getIfUp("/jobs/" + job.getJobID() + "/checkpoints")
                .path("counts")
                .path(what)
                .asInt();
    }

    /** Waits until both jobs have completed a checkpoint, or have ended well: then they are as if nothing had been. */
    void awaitRunningAgain(Duration grace) throws Exception {
        int examplesBefore = checkpoints(examples, "completed");
        int trainBefore = checkpoints(train, "completed");
        await("jobs to complete checkpoints again")
                .atMost(grace)
                .until(() -> hasWorkedSince(examples, examplesBefore) && hasWorkedSince(train, trainBefore));
    }

    private boolean hasWorkedSince(JobClient job, int completed) throws Exception {
        return job.getJobStatus().get().isTerminalState() || checkpoints(job, "completed") > completed;
    }

    /** Waits for the end of the events, then compares: P3, P4 and P5. */
    void assertEndsAsUndisturbed() throws Exception {
        assertPublishesAsUndisturbed();
        assertThat(ledger().path("sources")).isEqualTo(undisturbed.ledger().path("sources"));
    }

    /** As {@link #assertEndsAsUndisturbed}, where other records were read besides. */
    void assertPublishesAsUndisturbed() throws Exception {
        examples.getJobExecutionResult().get();
        await("the last snapshot to serve")
                .atMost(PATIENCE)
                .until(() -> server.serves()
                        .equals(Optional.of(undisturbed.snapshots().lastKey())));
        server.assertHeldNothingBadOrOlder(undisturbed.snapshots());
        assertThat(ledger().path("imbalances")).as("what does not add up").isEmpty();
        assertThat(ledger().path("join")).isEqualTo(undisturbed.ledger().path("join"));
    }

    private JsonNode ledger() throws IOException {
        return new ObjectMapper().readTree(folder.resolve("ledger.json").toFile());
    }

    /** Why the examples job has failed so far, as the JobManager tells it. */
    String exceptions() throws InterruptedException {
        return cluster.rest()
                .getIfUp("/jobs/" + examples.getJobID() + "/exceptions")
                .toString();
    }

    FreshetConfig config() {
        return config;
    }

    @Override
    public void close() throws IOException {
        server.close();
        cluster.close();
    }
}

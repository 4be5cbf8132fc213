package freshet.jobs.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.config.TopicPlan;
import freshet.jobs.config.TopicPlan.Spread;
import freshet.jobs.job.ExamplesJob;
import freshet.jobs.job.GateJob;
import freshet.jobs.job.TrainJob;
import freshet.jobs.join.Ledger;
import freshet.jobs.join.LedgerLine;
import freshet.jobs.local.BrokerTopics;
import freshet.jobs.publish.RegistryTopic;
import freshet.jobs.source.EventSources.Until;
import freshet.model.serve.SubscriberOptions.Follow;
import freshet.model.spec.TaskSpec;
import freshet.serde.snapshot.Registry;
import freshet.serde.snapshot.SnapshotVersion;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.Callable;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.awaitility.core.ConditionTimeoutException;

/**
 * The three jobs as in production, without an end, over viewers who come while a script disturbs them, and a server that
 * follows what the gate lets through. In the end everything is compared with a replay that nobody disturbed.
 */
final class LiveDeployment implements AutoCloseable {
    /**
     * From a fault to all tasks of all jobs working again, with a checkpoint that is complete. A dead process is noticed within {@link
     * ProcessCluster#HEARTBEAT_TIMEOUT}, a dead leader within ten seconds, back-off is two seconds at most, tasks start and read
     * their state in a few; the rest is for a JVM to start on a machine that has much else to do.
     */
    static final Duration GRACE = Duration.ofSeconds(90);

    /** The folder with the checkpoints of all jobs, in that of the deployment. */
    static final String CHECKPOINTS = "checkpoints";

    /** Of Flink's settings, the folder of all checkpoints. */
    static final String CHECKPOINTS_KEY = "execution.checkpointing.dir";

    /** For work that has to be done, which has no bound of its own. */
    private static final Duration PATIENCE = Duration.ofMinutes(3);

    /** Examples has up to four tasks side by side, train and gate have one. */
    private static final int SLOTS = 6;

    private static final int EVENTS_PER_SECOND = 2_000;

    private final ProcessCluster cluster;
    private final BrokerTopics topics;
    private final Workload workload;
    private final Path folder;
    private final FreshetConfig config;
    private final ViewerFeed feed;
    private final FollowingServer server;
    private final String checkpointsUri;
    private final Map<String, JobID> jobs = new LinkedHashMap<>();
    private final Map<JobID, JobClient> clients = new LinkedHashMap<>();

    /**
     * Starts a cluster with one TaskManager, makes the topics, begins to send events and submits the jobs; returns when each has
     * completed a checkpoint.
     *
     * @param folder its own
     * @param name of the script: its topics bear it
     * @param flink more of the cluster's settings; that for the folder of the checkpoints is the jobs' too
     */
    LiveDeployment(Path folder, String bootstrapServers, Workload workload, String name, Map<String, String> flink)
            throws Exception {
        this.workload = workload;
        this.folder = folder;
        checkpointsUri =
                flink.getOrDefault(CHECKPOINTS_KEY, checkpoints().toUri().toString());
        Map<String, String> settings = new LinkedHashMap<>(settings().toMap());
        settings.putAll(flink);
        cluster = new ProcessCluster(folder.resolve("cluster"), SLOTS, settings);
        topics = new BrokerTopics(bootstrapServers);
        config = workload.config(name).withBootstrapServers(bootstrapServers);
        for (TopicPlan plan : TopicPlan.of(config.topics())) {
            topics.create(plan.name(), plan.spread() == Spread.ONE ? 1 : ViewerFeed.PARTITIONS, plan.settings());
        }
        feed = new ViewerFeed(workload.events());
        feed.start(config, EVENTS_PER_SECOND);
        server = new FollowingServer(config, Follow.CURRENT);
        submit("examples", ViewerFeed.PARTITIONS, Optional.empty());
        submit("train", 1, Optional.empty());
        submit("gate", 1, Optional.empty());
        awaitRunning(0);
        feed.allow(0.05);
        for (String job : jobs.keySet()) {
            awaitCheckpoint(job);
        }
    }

    private void submit(String name, int parallelism, Optional<String> from) throws Exception {
        Configuration settings = settings();
        from.ifPresent(path -> settings.setString("execution.state-recovery.path", path));
        StreamExecutionEnvironment env = cluster.environment(settings);
        env.setParallelism(parallelism);
        switch (name) {
            case "examples" -> ExamplesJob.build(env, config, Until.STOPPED);
            case "train" -> TrainJob.build(env, config, Until.STOPPED, Optional.empty());
            case "gate" -> GateJob.build(env, config, Until.STOPPED);
            default -> throw new IllegalArgumentException(name);
        }
        JobClient job = env.executeAsync(name);
        jobs.put(name, job.getJobID());
        clients.put(job.getJobID(), job);
    }

    private Configuration settings() {
        Configuration settings = new Configuration();
        settings.setString("execution.checkpointing.interval", "500ms");
        settings.setString("execution.checkpointing.storage", "filesystem");
        settings.setString(CHECKPOINTS_KEY, checkpointsUri);
        settings.setString("restart-strategy.type", "exponential-delay");
        settings.setString("restart-strategy.exponential-delay.initial-backoff", "300ms");
        settings.setString("restart-strategy.exponential-delay.max-backoff", "2s");
        return settings;
    }

    /** The folder with the checkpoints of all jobs. */
    Path checkpoints() {
        return folder.resolve(CHECKPOINTS);
    }

    FreshetConfig config() {
        return config;
    }

    ProcessCluster cluster() {
        return cluster;
    }

    /**
     * What has been kept of a job.
     *
     * @param job {@code examples}, {@code train} or {@code gate}
     */
    Checkpoints checkpointsOf(String job) {
        return new Checkpoints(checkpoints(), job(job));
    }

    JobID job(String name) {
        return Objects.requireNonNull(jobs.get(name));
    }

    /** Lets viewers come until so much of all events has been sent, of 1, and does not wait. */
    void allow(double share) {
        feed.allow(share);
    }

    /** Lets no more come than have. */
    void hold() {
        feed.hold();
    }

    /** Lets viewers come until so much of all events has been sent, of 1. */
    void awaitSent(double share) {
        feed.allow(share);
        until("events to be sent", PATIENCE, () -> feed.sent() >= share - 1e-3);
    }

    /**
     * The TaskManager is killed at a moment that matters; waits until all jobs work again, then another stands by again.
     *
     * @param killer waits for that moment and kills, or sees to it that somebody does
     */
    void loseTaskManager(Killer killer) throws Exception {
        cluster.awaitMembers(); // now, since there will be no time for it
        disturb(() -> {
            killer.kill(cluster.taskManager());
            cluster.awaitDeathOfTaskManager();
        });
    }

    /** Kills a process when its moment has come. */
    interface Killer {
        void kill(Process victim) throws Exception;
    }

    /** Does something to the processes and waits until all jobs work again; then somebody stands by again. */
    void disturb(FaultScript.Action fault) throws Exception {
        long now = System.currentTimeMillis();
        fault.run();
        awaitRunning(now);
        cluster.replaceStandby();
    }

    /**
     * Waits until all jobs have begun to run since a moment, with all their tasks, and have completed a checkpoint.
     *
     * @param sinceMillis as {@link System#currentTimeMillis} said it
     */
    void awaitRunning(long sinceMillis) {
        for (String job : jobs.keySet()) {
            awaitRunning(job, sinceMillis);
        }
    }

    private void awaitRunning(String job, long sinceMillis) {
        until(
                "the " + job + " job to work and to complete a checkpoint",
                GRACE,
                () -> cluster.runsSince(job(job), sinceMillis) && cluster.checkpointedSince(job(job), sinceMillis));
    }

    /** Waits until a job has completed a checkpoint since it was submitted. */
    void awaitCheckpoint(String job) {
        until("a checkpoint of the " + job + " job", PATIENCE, () -> cluster.checkpoints(job(job), "completed") > 0);
    }

    /** Waits; when it was in vain, tells where to look. */
    private void until(String what, Duration atMost, Callable<Boolean> condition) {
        orTell(() -> await(what).atMost(atMost).until(condition));
    }

    private void orTell(Runnable wait) {
        try {
            wait.run();
        } catch (ConditionTimeoutException e) {
            throw new AssertionError(e.getMessage() + "; what was going on is in " + Evidence.take(cluster, jobs), e);
        }
    }

    /** Stops a job; where it can go on. */
    String stopWithSavepoint(String job) throws Exception {
        return client(job)
                .stopWithSavepoint(
                        false, folder.resolve("savepoints").toUri().toString(), SavepointFormatType.CANONICAL)
                .get();
    }

    /** Cancels a job when it has completed a checkpoint; the newest that was kept of it. */
    String cancel(String job) throws Exception {
        awaitCheckpoint(job);
        JobClient client = client(job);
        client.cancel().get();
        until(
                "the " + job + " job to end",
                GRACE,
                () -> client.getJobStatus().get().equals(JobStatus.CANCELED));
        return checkpointsOf(job).completed().get(0).toUri().toString();
    }

    private JobClient client(String job) {
        return Objects.requireNonNull(clients.get(job(job)));
    }

    /** Submits a job that has ended and waits until it works. */
    void goOnFrom(String path, String job, int parallelism) throws Exception {
        long now = System.currentTimeMillis();
        submit(job, parallelism, Optional.of(path));
        awaitRunning(job, now);
    }

    /** Calls a command for this deployment. */
    FreshetProcess freshet(String command, String... options) throws Exception {
        Path file = folder.resolve("viewers.yaml");
        Files.writeString(file, config.json()); // which is YAML, too
        List<String> arguments = new ArrayList<>(List.of(command, "--config", file.toString()));
        arguments.addAll(List.of(options));
        return FreshetProcess.run(cluster.folder(), arguments.toArray(String[]::new));
    }

    /**
     * A job goes on as another one.
     *
     * @param id of the cluster, in hexadecimal
     */
    void goesOnAs(String job, String id) {
        jobs.put(job, JobID.fromHexString(id));
    }

    /** Lets all events come, waits until the last model serves, and compares everything: P3, P4 and P5. */
    void assertEndsAsUndisturbed() throws Exception {
        awaitSent(1);
        SortedMap<SnapshotVersion, String> good = workload.snapshots();
        SnapshotVersion last = workload.judged().current().orElseThrow();
        until(
                "the last snapshot to serve",
                PATIENCE,
                () -> server.serves().equals(Optional.of(last))
                        && registry().entries().containsKey(good.lastKey()));
        assertThat(PublishedSnapshots.of(config, topics))
                .as("P3: SHA-256 of every snapshot in the topic")
                .isEqualTo(good);
        server.assertHeldNothingBadOrOlder(good);
        assertThat(registry().entries())
                .as("P5: what the gate decided of each")
                .allSatisfy((version, entry) -> assertThat(entry.state())
                        .isEqualTo(Objects.requireNonNull(
                                        workload.judged().entries().get(version))
                                .state()));
        assertLedgerAddsUp();
    }

    private Registry registry() {
        return new RegistryTopic(config.kafka(), config.topics().modelRegistry()).read(problem -> {
            throw new AssertionError(problem);
        });
    }

    private void assertLedgerAddsUp() {
        List<String> tasks = config.model().tasks().stream().map(TaskSpec::name).toList();
        RunningLedger running = new RunningLedger(cluster.restAddress(), job("examples"), tasks);
        orTell(() -> await("P4: every record that was sent to be counted")
                .atMost(GRACE)
                .untilAsserted(() -> {
                    Ledger ledger = running.read();
                    assertThat(ledger.imbalances()).isEmpty();
                    assertThat(ledger.count(LedgerLine.IMPRESSION_READ)).isEqualTo(feed.impressions());
                    assertThat(ledger.count(LedgerLine.FEEDBACK_READ)).isEqualTo(feed.feedback());
                    assertThat(ledger.count(LedgerLine.IMPRESSION_LATE)).isZero();
                    assertThat(ledger.count(LedgerLine.FEEDBACK_LATE)).isZero();
                }));
    }

    @Override
    public void close() throws Exception {
        feed.close();
        server.close();
        topics.close();
        cluster.close();
    }
}

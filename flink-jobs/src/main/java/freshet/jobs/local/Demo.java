package freshet.jobs.local;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import freshet.jobs.config.FreshetConfig;
import freshet.jobs.config.TopicPlan;
import freshet.jobs.config.TopicsConfig;
import freshet.jobs.job.ExamplesJob;
import freshet.jobs.job.GateJob;
import freshet.jobs.job.TrainJob;
import freshet.jobs.report.Report;
import freshet.jobs.report.TruthComparison;
import freshet.jobs.sim.SimulationSettings;
import freshet.jobs.sim.Simulator;
import freshet.jobs.source.EventSources.Until;
import freshet.model.serve.FeedTopics;
import freshet.model.serve.KafkaSnapshotFeed;
import freshet.model.serve.LiveRanker;
import freshet.model.serve.SnapshotListener;
import freshet.model.serve.SnapshotSubscriber;
import freshet.model.serve.SubscriberOptions;
import freshet.model.serve.SubscriberOptions.Deltas;
import freshet.model.serve.SubscriberOptions.Follow;
import freshet.model.snapshot.SnapshotWriter;
import freshet.serde.event.Impression;
import freshet.serde.snapshot.DeltaDescription;
import freshet.serde.snapshot.KeyFiles;
import freshet.serde.snapshot.SnapshotManifest;
import freshet.serde.wire.Decimals;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.kafka.common.utils.Exit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Everything in one process: a Kafka broker, a Flink cluster with its dashboard, the three jobs, simulated viewers, and a
 * server that ranks what the viewers see next with the snapshot that the gate has promoted. Parts are started in this order
 * and closed in the opposite one, whether the time is up, something fails or the user interrupts.
 */
public final class Demo {
    private static final Logger LOG = LoggerFactory.getLogger(Demo.class);

    /** What a broker, a cluster with checkpoints and a log take in a few minutes, with room to spare. */
    private static final long DISK_MEBIBYTES = 1024;

    private static final String KEY_ID = "demo";
    private static final int SLOTS = 4;
    private static final int PARTITIONS = 2;
    private static final Duration CHECKPOINT_INTERVAL = Duration.ofSeconds(10);
    private static final long LINE_EVERY_MILLIS = 2_000;
    private static final int HALTED = 2;
    private static final long MILLIS_PER_HOUR = 3_600_000;

    private final DemoOptions options;
    private final PrintWriter err;
    private final long startNanos = System.nanoTime();
    private final CountDownLatch interrupted = new CountDownLatch(1);
    private final Deque<AutoCloseable> started = new ArrayDeque<>();
    private final List<SnapshotManifest> loaded = new CopyOnWriteArrayList<>();

    /** For each delta, how old in event time the newest label was that it made servable. */
    private final List<Long> ageMillis = new CopyOnWriteArrayList<>();

    /**
     * @param err where progress goes
     */
    public Demo(DemoOptions options, PrintWriter err) {
        this.options = options;
        this.err = err;
    }

    /**
     * Ends {@link #run} early but in order; from any thread.
     */
    public void interrupt() {
        interrupted.countDown();
    }

    /**
     * Runs until the time is up.
     *
     * @return whether a snapshot was published and ranked with
     * @throws CannotStartException when the machine is not fit for it
     */
    public boolean run() throws Exception {
        if (options.port() != 0) {
            Machine.requireFree(options.port(), "the Flink dashboard", "--port");
        }
        Files.createDirectories(options.out());
        Machine.requireDisk(options.out(), DISK_MEBIBYTES, "--out");
        Path log = options.out().resolve("demo.log");
        LogFile.use(log);
        say("log         " + log);
        Exit.setHaltProcedure((status, message) -> {
            // What a broker does whose disk is full; its own message is in the log only.
            err.println("freshet: the Kafka broker has given up; is the disk below " + options.out()
                    + " full? The reason is in " + log);
            Runtime.getRuntime().halt(HALTED);
        });
        Path work = Files.createTempDirectory(options.out().toAbsolutePath(), "work");
        if (options.afterwards() == DemoOptions.Afterwards.REMOVE) {
            started.push(() -> Machine.removeFolder(work));
        }
        try {
            return run(work);
        } finally {
            close();
        }
    }

    private boolean run(Path work) throws Exception {
        EmbeddedKafka kafka = opened(EmbeddedKafka.start(work.resolve("kafka")));
        say("broker      " + kafka.bootstrapServers());
        FreshetConfig config = FreshetConfig.shipped("demo")
                .withBootstrapServers(kafka.bootstrapServers())
                .withSigning(KEY_ID, KeyFiles.write(KeyFiles.newPair(), KEY_ID, work.resolve("keys")));
        createTopics(kafka, config);
        LocalCluster cluster = opened(LocalCluster.start(work.resolve("flink"), SLOTS, options.port()));
        say("dashboard   " + cluster.dashboard());
        JobID examples = submitExamples(cluster, config);
        JobID train = submitTrain(cluster, config);
        JobID gate = submitGate(cluster, config);
        say("jobs        " + ExamplesJob.name(config) + "; " + TrainJob.name(config) + "; " + GateJob.name(config));

        LiveRanker live = opened(new LiveRanker());
        SimulationSettings settings = SimulationSettings.small(options.seed());
        DemoServer server = new DemoServer(config, live);
        DemoScore score = new DemoScore();
        EventFeeder feeder = opened(new EventFeeder(config, settings, options.speed(), server, score));
        SnapshotSubscriber subscriber = opened(new SnapshotSubscriber(
                KafkaSnapshotFeed.connect(
                        Map.of("bootstrap.servers", kafka.bootstrapServers()), feedTopics(config.topics())),
                live,
                new Announcer(feeder),
                SubscriberOptions.following(Follow.CURRENT)
                        .with(Deltas.APPLIED)
                        .trusting(config.snapshots().trusted())
                        .forFeatures(new SnapshotWriter(config.name(), config.featuresJson())
                                .featureFingerprint(config.model()))));
        subscriber.start();
        feeder.start();
        say("viewers     " + settings.users() + ", an hour of theirs takes " + Decimals.text(3600 / options.speed(), 1)
                + " s");

        SortedMap<String, Double> ledger = watch(
                config,
                feeder,
                new FlinkMetrics(cluster.dashboard(), examples),
                new FlinkMetrics(cluster.dashboard(), train),
                new FlinkMetrics(cluster.dashboard(), gate));
        feeder.close();
        if (feeder.failure() != null) {
            throw new IllegalStateException(
                    "the simulated viewers have stopped: " + feeder.failure(), feeder.failure());
        }
        return conclude(config, settings, server, score, ledger);
    }

    private static FeedTopics feedTopics(TopicsConfig topics) {
        return new FeedTopics(topics.modelRegistry(), topics.snapshots(), topics.modelDeltas());
    }

    private static void createTopics(EmbeddedKafka kafka, FreshetConfig config) {
        for (TopicPlan plan : TopicPlan.of(config.topics())) {
            kafka.createTopic(plan.name(), plan.spread() == TopicPlan.Spread.ONE ? 1 : PARTITIONS, plan.settings());
        }
    }

    private static JobID submitExamples(LocalCluster cluster, FreshetConfig config) throws Exception {
        StreamExecutionEnvironment env = cluster.environment(jobSettings());
        env.setParallelism(PARTITIONS);
        ExamplesJob.build(env, config, Until.STOPPED);
        return env.executeAsync(ExamplesJob.name(config)).getJobID();
    }

    private static JobID submitTrain(LocalCluster cluster, FreshetConfig config) throws Exception {
        StreamExecutionEnvironment env = cluster.environment(jobSettings());
        env.setParallelism(1);
        TrainJob.build(env, config, Until.STOPPED, Optional.empty());
        return env.executeAsync(TrainJob.name(config)).getJobID();
    }

    private static JobID submitGate(LocalCluster cluster, FreshetConfig config) throws Exception {
        StreamExecutionEnvironment env = cluster.environment(jobSettings());
        env.setParallelism(1);
        GateJob.build(env, config, Until.STOPPED);
        return env.executeAsync(GateJob.name(config)).getJobID();
    }

    private static Configuration jobSettings() {
        Configuration settings = new Configuration();
        settings.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, CHECKPOINT_INTERVAL);
        return settings;
    }

    /** Prints progress until the time is up; the examples job's ledger as it then stands. */
    private SortedMap<String, Double> watch(
            FreshetConfig config, EventFeeder feeder, FlinkMetrics examples, FlinkMetrics train, FlinkMetrics gate)
            throws Exception {
        DemoProgress progress = new DemoProgress(
                config.model().tasks().stream().map(task -> task.name()).toList());
        SortedMap<String, Double> ledger = new TreeMap<>();
        long endNanos = System.nanoTime() + options.length().toNanos();
        while (System.nanoTime() < endNanos && feeder.failure() == null) {
            if (interrupted.await(LINE_EVERY_MILLIS, TimeUnit.MILLISECONDS)) {
                break;
            }
            try {
                SortedMap<String, Double> metrics = train.read(name -> name.startsWith("Train."));
                Double frontier = metrics.get("Train.frontierMillis");
                if (frontier != null) {
                    feeder.reportFrontier(frontier.longValue());
                }
                say(progress.next(new DemoProgress.State(
                        elapsed(), feeder.nowMillis(), feeder.events(), servedVersion(), metrics)));
                ledger = examples.read(name -> name.contains(".ledger.") && !name.contains(".ledger.task."));
                sayUnlessRunning(ExamplesJob.name(config), examples.state());
                sayUnlessRunning(TrainJob.name(config), train.state());
                sayUnlessRunning(GateJob.name(config), gate.state());
            } catch (IOException e) {
                LOG.warn("asking for metrics: {}; asking again", e.toString()); // a busy machine answers late
            }
        }
        return ledger;
    }

    private String servedVersion() {
        return loaded.isEmpty() ? "-" : loaded.get(loaded.size() - 1).version().toString();
    }

    private void sayUnlessRunning(String job, String state) {
        if (!state.equals("RUNNING")) {
            say("attention   " + job + " is " + state + "; the reason is on the dashboard and in the log");
        }
    }

    private boolean conclude(
            FreshetConfig config,
            SimulationSettings settings,
            DemoServer server,
            DemoScore score,
            SortedMap<String, Double> ledger)
            throws IOException {
        if (loaded.isEmpty()) {
            say("\nThere was no snapshot yet; the first needs half an hour of event time, "
                    + Decimals.text(1800 / options.speed(), 0) + " s at this speed. Let it run longer.");
            return false;
        }
        TruthComparison truth = score.compare(positions(settings, server));
        List<JsonNode> metrics = metrics();
        Files.write(
                options.out().resolve("metrics.jsonl"),
                metrics.stream().map(JsonNode::toString).toList());
        Path page = new Report(
                        "Freshet: demo",
                        metrics,
                        MissingNode.getInstance(),
                        ledgerJson(ledger),
                        loaded.stream()
                                .map(manifest -> new Report.PublishedSnapshot(
                                        manifest.version(), manifest.sha256(), manifest.bytes()))
                                .toList(),
                        truth)
                .write(options.out());
        say(summary(score, truth));
        say(freshness());
        say("report      " + page);
        return true;
    }

    private static List<TruthComparison.PositionBias> positions(SimulationSettings settings, DemoServer server) {
        Impression any = Impression.builder("i", "u0", "v0", settings.startMillis())
                .channelId("c0")
                .build();
        List<TruthComparison.PositionBias> positions = new ArrayList<>();
        for (String device : Simulator.devices()) {
            double[] learnt = server.learntPositionEffect(any, device, settings.listLength());
            for (int position = 0; position < learnt.length; position++) {
                positions.add(new TruthComparison.PositionBias(
                        device, position, Simulator.positionEffect(device, position), learnt[position]));
            }
        }
        return positions;
    }

    /** Progressive metrics by hour and task, from the manifests: what the trainer says of itself. */
    private List<JsonNode> metrics() {
        List<JsonNode> lines = new ArrayList<>();
        for (SnapshotManifest manifest : loaded) {
            manifest.description().metrics().forEach((task, values) -> {
                ObjectNode line = JsonNodeFactory.instance.objectNode();
                line.put("event_time", manifest.version().eventTimeMillis() - MILLIS_PER_HOUR);
                line.put("task", task);
                values.forEach(line::put);
                lines.add(line);
            });
        }
        return lines;
    }

    private static ObjectNode ledgerJson(SortedMap<String, Double> gauges) {
        ObjectNode ledger = JsonNodeFactory.instance.objectNode();
        ObjectNode join = ledger.putObject("join");
        gauges.forEach((name, value) -> join.put(name.substring(name.lastIndexOf('.') + 1), value.longValue()));
        return ledger;
    }

    private static String summary(DemoScore score, TruthComparison truth) {
        double error = 0;
        double biggest = 0;
        for (TruthComparison.PositionBias position : truth.positions()) {
            error += Math.abs(position.learnt() - position.truth());
            biggest = Math.max(biggest, -position.truth());
        }
        error /= truth.positions().size();
        return "\nWhat it learnt of " + truth.impressions() + " impressions that a snapshot ranked:"
                + "\n  AUC of clicks as served     " + number(truth.servedAuc(), 4)
                + "\n  best possible for a server  " + number(truth.bestServedAuc(), 4)
                + " (it does not know the position)"
                + "\n  best possible of all        " + number(truth.bestAuc(), 4)
                + "\n  position bias               off by " + number(error, 3)
                + " of logit on average; it goes up to " + number(biggest, 2)
                + "\n  true click rate of lists    " + number(score.clickRateRanked(), 4) + " ranked by snapshots, "
                + number(score.clickRateExplored(), 4) + " in random order";
    }

    /** How long after a label was decided, at the latest, the server ranked with what it taught. */
    private String freshness() {
        if (ageMillis.isEmpty()) {
            return "";
        }
        List<Long> sorted = ageMillis.stream().sorted().toList();
        double wallMillis = 1000 * options.speed();
        return "  decided to ranked with      " + number(sorted.get(sorted.size() / 2) / wallMillis, 2)
                + " s in the median of " + sorted.size() + " deltas, "
                + number(sorted.get(Math.min(sorted.size() - 1, sorted.size() * 99 / 100)) / wallMillis, 2)
                + " s at the 99th percentile";
    }

    private static String number(double value, int decimals) {
        return Double.isFinite(value) ? Decimals.text(value, decimals) : "-";
    }

    private Duration elapsed() {
        return Duration.ofNanos(System.nanoTime() - startNanos);
    }

    private synchronized void say(String line) {
        err.println(line);
    }

    private <T extends AutoCloseable> T opened(T part) {
        started.push(part);
        return part;
    }

    private void close() {
        while (!started.isEmpty()) {
            AutoCloseable part = started.pop();
            try {
                part.close();
            } catch (Exception e) {
                LOG.warn("closing {}: {}", part, e.toString());
            }
        }
    }

    /** Says when snapshots serve; on the subscriber's thread. */
    private final class Announcer implements SnapshotListener {
        private final EventFeeder feeder;

        Announcer(EventFeeder feeder) {
            this.feeder = feeder;
        }

        @Override
        public void loaded(SnapshotManifest manifest) {
            loaded.add(manifest);
            if (loaded.size() == 1) {
                say("first snapshot, " + manifest.version() + ", ranks after "
                        + Decimals.text(elapsed().toMillis() / 1000.0, 1) + " s");
            }
        }

        @Override
        public void advanced(DeltaDescription delta) {
            ageMillis.add(feeder.nowMillis() - delta.asOfMillis());
        }

        @Override
        public void refused(String reason, String detail) {
            say("refused     " + reason + ": " + detail);
        }
    }
}

package freshet.jobs.cli;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.config.TopicPlan;
import freshet.jobs.job.TrainJob;
import freshet.jobs.local.EmbeddedKafka;
import freshet.jobs.publish.SnapshotTopic;
import freshet.jobs.source.EventSources.Until;
import freshet.serde.example.ExampleMessage;
import freshet.serde.example.FeatureValues;
import freshet.serde.example.Frontier;
import freshet.serde.example.LabeledExample;
import freshet.serde.example.TaskLabel;
import freshet.serde.snapshot.DeltaAssembler;
import freshet.serde.snapshot.DeltaAssembly;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.SnapshotManifest;
import freshet.serde.snapshot.SnapshotRecord;
import freshet.serde.snapshot.SnapshotVersion;
import freshet.serde.wire.ExampleCodec;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Labels turn wrong, the guard stops the learning, a person goes back to the last good hour: on real topics. */
class TrainerCommandsTest {
    private static final long START = 1_650_844_800_000L;
    private static final long MINUTE = 60_000;
    private static final long HOUR = 60 * MINUTE;
    private static final long POISON_FROM = START + 2 * HOUR + 10 * MINUTE;
    private static final long POISON_TO = START + 2 * HOUR + 40 * MINUTE;
    private static final SnapshotVersion GOOD = new SnapshotVersion(START + 2 * HOUR);
    private static final SnapshotVersion NEXT = new SnapshotVersion(START + 4 * HOUR);
    private static final Duration LONG = Duration.ofMinutes(2);

    @RegisterExtension
    static final MiniClusterExtension CLUSTER = new MiniClusterExtension(new MiniClusterResourceConfiguration.Builder()
            .setNumberTaskManagers(1)
            .setNumberSlotsPerTaskManager(2)
            .build());

    @TempDir
    static Path folder;

    @Test
    void poisonedStoppedAndBroughtBack() throws Exception {
        assertThat(run(new StringWriter(), "keys", "new", "--out", folder.toString(), "--id", "k1"))
                .isZero();
        try (EmbeddedKafka kafka = EmbeddedKafka.start(folder.resolve("kafka"))) {
            Path file = configFile(kafka.bootstrapServers());
            FreshetConfig config = FreshetConfig.load(file);
            TopicPlan.of(config.topics()).forEach(plan -> kafka.createTopic(plan.name(), 1, plan.settings()));
            StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
            env.setParallelism(1);
            TrainJob.build(env, config, Until.STOPPED, Optional.empty());
            JobClient job = env.executeAsync(TrainJob.name(config));
            try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                    config.kafka().forProducers(), new ByteArraySerializer(), new ByteArraySerializer())) {
                Feed feed = new Feed(config, producer);
                feed.upTo(POISON_TO);
                awaitVersion(config, GOOD);

                assertThat(trainer(file, new StringWriter(), "rollback", "--to", "20220424T01Z"))
                        .isEqualTo(Main.NOT_POSSIBLE);
                StringWriter said = new StringWriter();
                CompletableFuture<Integer> command = CompletableFuture.supplyAsync(
                        () -> trainer(file, said, "rollback", "--to", GOOD.toString(), "--wait", "120"));
                // Event time goes on until the trainer has met the command, which takes effect at a tick.
                Awaitility.await()
                        .atMost(LONG)
                        .pollInterval(Duration.ofMillis(200))
                        .until(() -> {
                            if (feed.reached < START + 3 * HOUR - 10 * MINUTE) {
                                feed.upTo(feed.reached + MINUTE);
                            }
                            return command.isDone();
                        });
                assertThat(command.join()).as(said.toString()).isZero();
                assertThat(said.toString()).contains("DONE at 2022-04-25T02:").contains("the model is that of " + GOOD);

                feed.upTo(START + 4 * HOUR + MINUTE);
                awaitVersion(config, NEXT);
            } finally {
                job.cancel().get();
            }
            Snapshot third = topic(config).read(new SnapshotVersion(START + 3 * HOUR));
            assertThat(third.manifest().description().parent()).isEqualTo(GOOD);
            // What was learnt since is right: as good as before the poison.
            assertThat(clickLoss(topic(config).read(NEXT)))
                    .isLessThan(clickLoss(topic(config).read(GOOD)) * 1.1);
            assertThat(deltaTimes(config))
                    .as("no delta of what the guard held up, none that leads over the rollback")
                    .noneMatch(asOf -> asOf > POISON_FROM + 15 * MINUTE && asOf <= START + 3 * HOUR)
                    .anyMatch(asOf -> asOf > START + 3 * HOUR);
        }
    }

    private static double clickLoss(Snapshot snapshot) {
        return snapshot.manifest()
                .description()
                .metrics()
                .getOrDefault("click", new TreeMap<>())
                .getOrDefault("log_loss", Double.NaN);
    }

    private static void awaitVersion(FreshetConfig config, SnapshotVersion version) {
        Awaitility.await()
                .atMost(LONG)
                .pollInterval(Duration.ofMillis(500))
                .untilAsserted(
                        () -> assertThat(topic(config).manifests(problem -> {})).containsKey(version));
    }

    private static SnapshotTopic topic(FreshetConfig config) throws Exception {
        return new SnapshotTopic(
                config.kafka(), config.topics().snapshots(), config.snapshots().trusted());
    }

    /** The moments that the deltas on the topic lead to. */
    private static List<Long> deltaTimes(FreshetConfig config) throws Exception {
        List<Long> times = new ArrayList<>();
        for (SnapshotManifest base : topic(config).manifests(problem -> {}).values()) {
            DeltaAssembler deltas = new DeltaAssembler();
            deltas.follow(base);
            try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                    config.kafka().forConsumers(), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
                TopicPartition partition = new TopicPartition(config.topics().modelDeltas(), 0);
                consumer.assign(List.of(partition));
                consumer.seekToBeginning(List.of(partition));
                long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
                while (consumer.position(partition) < end) {
                    consumer.poll(Duration.ofSeconds(1)).forEach(record -> {
                        DeltaAssembly outcome = deltas.accept(
                                new SnapshotRecord(new String(record.key(), StandardCharsets.UTF_8), record.value()));
                        assertThat(outcome).isNotInstanceOf(DeltaAssembly.Rejected.class);
                    });
                }
            }
            for (var next = deltas.next(); next.isPresent(); next = deltas.next()) {
                times.add(next.get().manifest().description().asOfMillis());
                deltas.markApplied(next.get().manifest());
            }
        }
        return times;
    }

    private static int trainer(Path file, StringWriter said, String... args) {
        List<String> all = new ArrayList<>(List.of("trainer"));
        all.addAll(List.of(args));
        all.addAll(List.of("--config", file.toString(), "--reason", "labels were wrong", "--by", "anna"));
        return run(said, all.toArray(String[]::new));
    }

    private static int run(StringWriter said, String... args) {
        CommandLine commandLine = Main.commandLine();
        commandLine.setOut(new PrintWriter(said, true));
        commandLine.setErr(new PrintWriter(said, true));
        return commandLine.execute(args);
    }

    private static Path configFile(String bootstrapServers) throws Exception {
        return Files.writeString(folder.resolve("tiny.yaml"), """
                name: tiny
                kafka: {bootstrap.servers: '%s'}
                tasks: [{name: click, label: {kind: click}, horizon: 10m, loss: logistic}]
                features:
                  ids: [{name: user, field: user_id}, {name: video, field: video_id}]
                model:
                  seed: 7
                  embeddings: [{feature: user, dim: 4}, {feature: video, dim: 4}]
                  wide: true
                  rates: {smoothing: 5, keys: [[user], [video]]}
                  bottom: [8]
                  tower: [4]
                  batch: 16
                  tick: 1m
                  optimizer: {dense: {learning_rate: 0.01}, sparse: {learning_rate: 0.1}}
                snapshots:
                  signing: {key_file: '%s', key_id: k1}
                  trusted_keys: {k1: '%s'}
                """.formatted(
                        bootstrapServers, folder.resolve("k1.key.pem"), folder.resolve("k1.pub.pem")));
    }

    /** One example every two seconds; clicks follow from user and video but for one in ten, and are flipped for half an hour. */
    private static final class Feed {
        private final Random random = new Random(1);
        private final String topic;
        private final ExampleCodec codec;
        private final KafkaProducer<byte[], byte[]> producer;
        private long reached = START;

        Feed(FreshetConfig config, KafkaProducer<byte[], byte[]> producer) {
            topic = config.topics().examples();
            codec = new ExampleCodec(config.model().schema());
            this.producer = producer;
        }

        void upTo(long toMillis) {
            for (; reached < toMillis; reached += 2_000) {
                int taste = random.nextInt(20);
                int quality = random.nextInt(10);
                boolean clicks = (taste / 20.0 + quality / 10.0 > 1) != (random.nextInt(10) == 0);
                boolean flipped = reached >= POISON_FROM && reached < POISON_TO;
                send(new LabeledExample(
                        "i" + reached,
                        "u" + taste,
                        "v" + quality,
                        reached - 10 * MINUTE,
                        reached,
                        new FeatureValues(new String[][] {{"u" + taste}, {"v" + quality}}, new float[0]),
                        List.of(new TaskLabel("click", clicks == flipped ? 0 : 1, 1))));
                send(new Frontier(0, 1, 0, 0, 1, reached));
            }
            producer.flush();
        }

        private void send(ExampleMessage message) {
            producer.send(new ProducerRecord<>(topic, 0, null, codec.encode(message)));
        }
    }
}

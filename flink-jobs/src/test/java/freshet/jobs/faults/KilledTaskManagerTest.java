package freshet.jobs.faults;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import freshet.jobs.ViewerEvents;
import freshet.jobs.config.FreshetConfig;
import freshet.jobs.job.ExamplesJob;
import freshet.jobs.job.TrainJob;
import freshet.jobs.local.EmbeddedKafka;
import freshet.jobs.replay.ReplayJob;
import freshet.jobs.replay.ReplayOptions;
import freshet.jobs.replay.ReplayResult;
import freshet.jobs.source.EventSources.Until;
import freshet.jobs.source.ReplayToKafka;
import freshet.serde.snapshot.Checksums;
import freshet.serde.snapshot.SnapshotAssembler;
import freshet.serde.snapshot.SnapshotAssembly;
import freshet.serde.snapshot.SnapshotRecord;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Jobs on a cluster of real processes, whose TaskManager is killed while they run, end as if nobody had disturbed them. */
@Tag("faults")
class KilledTaskManagerTest {
    private static final int PARALLELISM = 2;
    private static final FreshetConfig CONFIG = FreshetConfig.parse(
            "viewers.yaml",
            // A network that gives the trainer something to do, and small fetches, so that the partitions are read side
            // by
            // side: a kill then finds it in the middle.
            ViewerEvents.YAML.replace("bottom: [4]", "bottom: [512, 384]")
                    + "kafka: {max.partition.fetch.bytes: 16384, max.poll.records: 200}\n");

    @TempDir
    static Path folder;

    private static Path events;
    private static ReplayResult undisturbed;

    @BeforeAll
    static void replayUndisturbed() throws Exception {
        events = folder.resolve("events");
        new ViewerEvents(51, 300, 60_000).write(events, 7);
        undisturbed = ReplayJob.run(options("undisturbed"));
    }

    private static ReplayOptions options(String out) {
        return new ReplayOptions(events, folder.resolve(out), CONFIG, PARALLELISM);
    }

    @Test
    void aReplayKilledTwiceWritesTheSameFiles() throws Exception {
        ReplayOptions options = options("killed");
        try (ProcessCluster cluster = new ProcessCluster(folder.resolve("cluster"), PARALLELISM)) {
            StreamExecutionEnvironment env = environment(cluster);
            ReplayJob.build(env, options);
            JobClient job = env.executeAsync("replay");
            cluster.killTaskManagerInTheMiddleOf(
                    job, () -> isNotEmpty(options.out().resolve("examples.jsonl")));
            cluster.killTaskManagerInTheMiddleOf(job, () -> true);
            job.getJobExecutionResult().get();
            assertThat(cluster.restoredCheckpoints(job)).isGreaterThanOrEqualTo(2);
        }
        ReplayJob.complete(options.out());
        assertThat(checksums(options.out())).isEqualTo(checksums(undisturbed.out()));
    }

    /** Here examples and snapshots reach their topics more than once, and are recognised. */
    @Test
    void jobsOverKafkaKilledOnceEachPublishTheSameLastSnapshot() throws Exception {
        try (EmbeddedKafka kafka = EmbeddedKafka.start(folder.resolve("kafka"));
                ProcessCluster cluster = new ProcessCluster(folder.resolve("cluster-with-kafka"), PARALLELISM)) {
            FreshetConfig config = CONFIG.withJsonEvents().withBootstrapServers(kafka.bootstrapServers());
            config.topics().all().forEach(topic -> kafka.createTopic(topic, 2, Map.of()));
            ReplayToKafka.send(events, config);

            StreamExecutionEnvironment examplesEnv = environment(cluster);
            ExamplesJob.build(examplesEnv, config, Until.CURRENT_END);
            JobClient examples = examplesEnv.executeAsync(ExamplesJob.name(config));
            cluster.killTaskManagerInTheMiddleOf(
                    examples, () -> kafka.recordCount(config.topics().examples()) > 0);
            examples.getJobExecutionResult().get();

            StreamExecutionEnvironment trainEnv = environment(cluster);
            TrainJob.build(trainEnv, config, Until.CURRENT_END, Optional.empty());
            JobClient train = trainEnv.executeAsync(TrainJob.name(config));
            cluster.killTaskManagerInTheMiddleOf(
                    train, () -> kafka.recordCount(config.topics().snapshots()) > 0);
            train.getJobExecutionResult().get();

            assertThat(cluster.restoredCheckpoints(examples)).isPositive();
            assertThat(cluster.restoredCheckpoints(train)).isPositive();
            JsonNode expected = undisturbed.summary().path("last_snapshot");
            assertThat(lastSnapshot(kafka, config))
                    .isEqualTo(expected.path("version").asText() + " "
                            + expected.path("sha256").asText());
        }
    }

    private static StreamExecutionEnvironment environment(ProcessCluster cluster) {
        Configuration settings = new Configuration();
        settings.setString("execution.checkpointing.interval", "300ms");
        settings.setString("execution.checkpointing.storage", "filesystem");
        settings.setString(
                "execution.checkpointing.dir",
                folder.resolve("checkpoints").toUri().toString());
        StreamExecutionEnvironment env = cluster.environment(settings);
        env.setParallelism(PARALLELISM);
        return env;
    }

    /** Version and checksum of the newest snapshot that a reader of the whole topic gets. */
    private static String lastSnapshot(EmbeddedKafka kafka, FreshetConfig config) {
        String topic = config.topics().snapshots();
        SnapshotAssembler assembler = new SnapshotAssembler();
        String last = "none";
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                config.kafka().forConsumers(), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            TopicPartition partition = new TopicPartition(topic, 0);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            while (consumer.position(partition) < kafka.recordCount(topic)) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofSeconds(1))) {
                    SnapshotAssembly outcome = assembler.accept(
                            new SnapshotRecord(new String(record.key(), StandardCharsets.UTF_8), record.value()));
                    if (outcome instanceof SnapshotAssembly.Complete complete) {
                        assembler.markLoaded(complete.snapshot().manifest());
                        last = complete.snapshot().version() + " "
                                + complete.snapshot().manifest().sha256();
                    }
                }
            }
        }
        return last;
    }

    private static boolean isNotEmpty(Path file) throws IOException {
        return Files.exists(file) && Files.size(file) > 0;
    }

    /** By path below the folder: SHA-256 of every file. */
    private static Map<String, String> checksums(Path out) throws IOException {
        Map<String, String> checksums = new TreeMap<>();
        try (Stream<Path> files = Files.walk(out)) {
            for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
                checksums.put(out.relativize(file).toString(), Checksums.sha256(Files.readAllBytes(file)));
            }
        }
        return checksums;
    }
}

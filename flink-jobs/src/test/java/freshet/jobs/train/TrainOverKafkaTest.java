package freshet.jobs.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import freshet.jobs.Collected;
import freshet.jobs.KeptSavepoints;
import freshet.jobs.config.FreshetConfig;
import freshet.jobs.job.JobLedger;
import freshet.jobs.job.TrainJob;
import freshet.jobs.local.EmbeddedKafka;
import freshet.jobs.metric.LedgerPart;
import freshet.jobs.publish.RegistryTopic;
import freshet.jobs.source.EventSources.Until;
import freshet.model.snapshot.ModelCopy;
import freshet.serde.example.ExampleMessage;
import freshet.serde.example.Frontier;
import freshet.serde.example.LabeledExample;
import freshet.serde.snapshot.BadSnapshotException;
import freshet.serde.snapshot.DeltaAssembler;
import freshet.serde.snapshot.DeltaAssembly;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.SnapshotAssembler;
import freshet.serde.snapshot.SnapshotAssembly;
import freshet.serde.snapshot.SnapshotFile;
import freshet.serde.snapshot.SnapshotRecord;
import freshet.serde.wire.DeadLetterHeaders;
import freshet.serde.wire.ExampleCodec;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The whole train job between real topics: two partitions of examples with repeats and poison in, snapshots out. */
class TrainOverKafkaTest {
    private static final int PARTITIONS = 2;
    private static final List<ExampleMessage> DELIVERY =
            ExampleStreams.delivery(11, ExampleStreams.random(11, 800, 5 * 3_600_000, "click", "like"), 2, PARTITIONS);
    private static final List<ExampleMessage> FIRST_HALF = DELIVERY.subList(0, DELIVERY.size() / 2);
    private static final String JOB = "train";

    @RegisterExtension
    static final MiniClusterExtension CLUSTER = new MiniClusterExtension(new MiniClusterResourceConfiguration.Builder()
            .setNumberTaskManagers(1)
            .setNumberSlotsPerTaskManager(2)
            .build());

    @TempDir
    static Path folder;

    @Test
    void snapshotsAreThoseOfTheCoreAndPoisonIsSetAside() throws Exception {
        try (EmbeddedKafka kafka = EmbeddedKafka.start(folder.resolve("kafka"))) {
            FreshetConfig config = over(kafka);
            String topic = config.topics().examples();
            try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                    config.kafka().forProducers(), new ByteArraySerializer(), new ByteArraySerializer())) {
                producer.send(new ProducerRecord<>(topic, 1, null, new byte[] {1, 2, 3}));
                send(config, producer, DELIVERY);
                producer.send(new ProducerRecord<>(topic, 0, null, (byte[]) null));
                // The largest that the broker takes: with headers around it, it would not go out again.
                producer.send(new ProducerRecord<>(topic, 0, null, new byte[1_048_450]))
                        .get();
            }

            StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
            env.setParallelism(2);
            TrainJob.Streams train = TrainJob.build(env, config, Until.CURRENT_END, Optional.empty());
            Collected<LedgerPart> parts = new Collected<>(train.ledger(), "ledger");
            env.execute(TrainJob.name(config));

            JobLedger ledger = new JobLedger(List.of());
            parts.values().forEach(ledger::accept);
            assertThat(ledger.trainer().deadByReason())
                    .containsEntry("undecodable", 2L)
                    .containsEntry("empty", 1L);

            List<Snapshot> snapshots =
                    assemble(read(kafka, config, config.topics().snapshots()));
            assertThat(snapshots.stream().map(TrainOverKafkaTest::versionAndSum))
                    .isEqualTo(reference(config, DELIVERY))
                    .hasSize(6);
            assertThat(snapshots)
                    .allSatisfy(snapshot ->
                            assertThat(snapshot.manifest().generation()).isEqualTo(1));
            assertDeltasLead(
                    snapshots.get(0),
                    snapshots.get(5),
                    read(kafka, config, config.topics().modelDeltas()));
            assertThat(new RegistryTopic(config.kafka(), config.topics().modelRegistry())
                            .read(problem -> {
                                throw new AssertionError(problem);
                            })
                            .generation())
                    .isEqualTo(1);
            assertThat(read(kafka, config, config.topics().deadLetters()))
                    .extracting(record -> text(record, DeadLetterHeaders.REASON))
                    .containsExactlyInAnyOrder("undecodable", "empty", "undecodable");
        }
    }

    /** Learnt to the half in a job that stopped with a savepoint, when that was written; learnt to the end now. */
    @Test
    void aSavepointThatWasKeptGoesOnToTheBit() throws Exception {
        try (EmbeddedKafka kafka = EmbeddedKafka.start(folder.resolve("kafka-kept"))) {
            FreshetConfig config = over(kafka);
            send(config, DELIVERY);
            Configuration settings = new Configuration();
            settings.setString("execution.state-recovery.path", KeptSavepoints.of(JOB));
            JobClient job = environment(settings, config, Until.STOPPED).executeAsync(TrainJob.name(config));

            List<String> all = reference(config, DELIVERY);
            List<String> before = reference(config, FIRST_HALF);
            assertThat(before).isNotEmpty().hasSizeLessThan(all.size());
            awaitSnapshots(kafka, config, all.subList(before.size(), all.size()));
            job.cancel().get();
        }
    }

    /** The first half of the story above. */
    @Test
    void theFirstHalfStopsWithASavepoint() throws Exception {
        try (EmbeddedKafka kafka = EmbeddedKafka.start(folder.resolve("kafka-first"))) {
            FreshetConfig config = over(kafka);
            send(config, FIRST_HALF);
            JobClient job =
                    environment(new Configuration(), config, Until.STOPPED).executeAsync(TrainJob.name(config));
            awaitSnapshots(kafka, config, reference(config, FIRST_HALF));
            String savepoint = job.stopWithSavepoint(
                            false, folder.resolve("savepoints").toUri().toString(), SavepointFormatType.CANONICAL)
                    .get();
            assertThat(Path.of(URI.create(savepoint))).isDirectoryContaining("glob:**_metadata");
            KeptSavepoints.keep(savepoint, JOB);
        }
    }

    private static void awaitSnapshots(EmbeddedKafka kafka, FreshetConfig config, List<String> expected) {
        await().atMost(Duration.ofMinutes(1))
                .untilAsserted(() -> assertThat(
                                assemble(read(kafka, config, config.topics().snapshots())).stream()
                                        .map(TrainOverKafkaTest::versionAndSum))
                        .isEqualTo(expected));
    }

    private static StreamExecutionEnvironment environment(Configuration settings, FreshetConfig config, Until until) {
        settings.setString("state.backend.type", "rocksdb");
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment(settings);
        env.setParallelism(2);
        TrainJob.build(env, config, until, Optional.empty());
        return env;
    }

    private static FreshetConfig over(EmbeddedKafka kafka) {
        FreshetConfig config = TinyModel.config().withBootstrapServers(kafka.bootstrapServers());
        config.topics().all().forEach(topic -> kafka.createTopic(topic, PARTITIONS, Map.of()));
        return config;
    }

    private static void send(FreshetConfig config, List<ExampleMessage> delivery) {
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                config.kafka().forProducers(), new ByteArraySerializer(), new ByteArraySerializer())) {
            send(config, producer, delivery);
        }
    }

    private static void send(
            FreshetConfig config, KafkaProducer<byte[], byte[]> producer, List<ExampleMessage> delivery) {
        ExampleCodec codec = new ExampleCodec(config.model().schema());
        for (ExampleMessage message : delivery) {
            producer.send(new ProducerRecord<>(
                    config.topics().examples(), partitionOf(message), null, codec.encode(message)));
        }
    }

    private static int partitionOf(ExampleMessage message) {
        return message instanceof Frontier frontier
                ? frontier.partition()
                : Math.floorMod(((LabeledExample) message).userId().hashCode(), PARTITIONS);
    }

    private static String versionAndSum(Snapshot snapshot) {
        return snapshot.version() + " " + snapshot.manifest().sha256();
    }

    private static List<String> reference(FreshetConfig config, List<ExampleMessage> delivery) {
        TrainCore core = TrainPlan.of(config, Optional.empty()).newCore(new HeapStorage());
        List<TrainRecord> records = new ArrayList<>();
        delivery.forEach(message -> core.accept(message, records::add));
        return FoldedCuts.snapshots(config, records).stream()
                .map(TrainOverKafkaTest::versionAndSum)
                .toList();
    }

    private static void apply(ModelCopy model, List<SnapshotFile> delta) {
        try {
            model.apply(delta);
        } catch (BadSnapshotException e) {
            throw new AssertionError(e);
        }
    }

    /** A reader that begins with the first snapshot and takes nothing but deltas ends with the weights of the last one. */
    private static void assertDeltasLead(Snapshot first, Snapshot last, List<ConsumerRecord<byte[], byte[]>> records)
            throws BadSnapshotException {
        DeltaAssembler deltas = new DeltaAssembler();
        deltas.follow(first.manifest());
        ModelCopy model = ModelCopy.of(first);
        String lineage = first.manifest().description().lineage();
        for (ConsumerRecord<byte[], byte[]> record : records) {
            DeltaAssembly outcome =
                    deltas.accept(new SnapshotRecord(new String(record.key(), StandardCharsets.UTF_8), record.value()));
            assertThat(outcome).isNotInstanceOf(DeltaAssembly.Rejected.class).isNotInstanceOf(DeltaAssembly.Gap.class);
            for (var next = deltas.next(); next.isPresent(); next = deltas.next()) {
                apply(model, next.get().files());
                deltas.markApplied(next.get().manifest());
                lineage = next.get().manifest().description().lineage();
            }
        }
        assertThat(lineage).isEqualTo(last.manifest().description().lineage());
        for (SnapshotFile file : model.files()) {
            if (!file.name().equals("model.json")) {
                assertThat(file.bytes()).as(file.name()).isEqualTo(last.file(file.name()));
            }
        }
    }

    /** Every snapshot that the records hold, in the order in which they become whole. */
    private static List<Snapshot> assemble(List<ConsumerRecord<byte[], byte[]>> records) {
        SnapshotAssembler assembler = new SnapshotAssembler();
        List<Snapshot> snapshots = new ArrayList<>();
        for (ConsumerRecord<byte[], byte[]> record : records) {
            SnapshotAssembly outcome = assembler.accept(
                    new SnapshotRecord(new String(record.key(), StandardCharsets.UTF_8), record.value()));
            assertThat(outcome).isNotInstanceOf(SnapshotAssembly.Rejected.class);
            if (outcome instanceof SnapshotAssembly.Complete complete) {
                snapshots.add(complete.snapshot());
                assembler.markLoaded(complete.snapshot().manifest());
            }
        }
        return snapshots;
    }

    private static List<ConsumerRecord<byte[], byte[]>> read(EmbeddedKafka kafka, FreshetConfig config, String topic) {
        List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                config.kafka().forConsumers(), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = List.of(new TopicPartition(topic, 0), new TopicPartition(topic, 1));
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            long count = kafka.recordCount(topic);
            while (records.size() < count) {
                consumer.poll(Duration.ofSeconds(1)).forEach(records::add);
            }
        }
        return records;
    }

    private static String text(ConsumerRecord<byte[], byte[]> record, String header) {
        return new String(record.headers().lastHeader(header).value(), StandardCharsets.UTF_8);
    }
}

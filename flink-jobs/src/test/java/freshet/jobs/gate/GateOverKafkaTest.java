package freshet.jobs.gate;

import static freshet.jobs.gate.GateSnapshots.version;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.config.TopicPlan;
import freshet.jobs.job.GateJob;
import freshet.jobs.local.EmbeddedKafka;
import freshet.jobs.publish.RegistryTopic;
import freshet.jobs.source.EventSources.Until;
import freshet.serde.example.Frontier;
import freshet.serde.example.LabeledExample;
import freshet.serde.snapshot.Registry;
import freshet.serde.snapshot.RegistryEntry.State;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.SnapshotRecord;
import freshet.serde.snapshot.SnapshotRecords;
import freshet.serde.wire.ExampleCodec;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The whole gate job between real topics. */
class GateOverKafkaTest {
    @RegisterExtension
    static final MiniClusterExtension CLUSTER = new MiniClusterExtension(new MiniClusterResourceConfiguration.Builder()
            .setNumberTaskManagers(1)
            .setNumberSlotsPerTaskManager(2)
            .build());

    @TempDir
    static Path folder;

    private static EmbeddedKafka kafka;

    @BeforeAll
    static void start() {
        kafka = EmbeddedKafka.start(folder.resolve("kafka"));
    }

    @AfterAll
    static void stop() {
        if (kafka != null) {
            kafka.close();
        }
    }

    @Test
    void goodOnesAreCurrentBadOnesAreNotAndAPersonHasTheLastWord() throws Exception {
        GateSnapshots snapshots = new GateSnapshots(folder, "");
        FreshetConfig config = deployed(snapshots);
        RegistryTopic topic = new RegistryTopic(config.kafka(), config.topics().modelRegistry());
        topic.write(List.of(Registry.claim("a trainer")));
        Snapshot second = snapshots.good(1);
        publish(config, List.of(snapshots.good(0), second, snapshots.withEntropy(2, 1.3)));
        publish(config, List.of(snapshots.withARowThatIsNoNumber(3), snapshots.signedByAStranger(4)));
        sendExamples(config);

        run(config);
        Registry registry = read(topic);
        assertThat(registry.current()).contains(version(1));
        assertThat(registry.generation()).isEqualTo(1);
        assertThat(registry.entries().values())
                .extracting(entry -> entry.state())
                .containsExactly(
                        State.PROMOTED, State.PROMOTED, State.QUARANTINED, State.QUARANTINED, State.QUARANTINED);
        assertThat(registry.entry(version(4)).orElseThrow().reason()).contains("signature");

        long written = kafka.recordCount(config.topics().modelRegistry());
        run(config);
        assertThat(kafka.recordCount(config.topics().modelRegistry()))
                .as("a gate that reads everything again writes nothing")
                .isEqualTo(written);

        topic.write(read(topic)
                .withdraw(second.manifest(), new Registry.Cause("ann", "complaints"))
                .records());
        publish(config, List.of(second, snapshots.good(5), snapshots.good(6)));
        run(config);
        registry = read(topic);
        assertThat(registry.entry(version(1)).orElseThrow().state()).isEqualTo(State.WITHDRAWN);
        assertThat(registry.entry(version(5)).orElseThrow().state()).isEqualTo(State.KNOWN);
        assertThat(registry.current()).contains(version(6));
        assertThat(registry.aliases().previous()).isEqualTo(version(0));
    }

    /** A gate that wakes up late: what it would have written follows from a registry that is no more, or another has taken over. */
    @Test
    void aWriterThatSleptWritesNothing() throws Exception {
        FreshetConfig config = deployed(new GateSnapshots(folder.resolve("zombie"), "topics: {model_registry: other}"));
        RegistryTopic topic = new RegistryTopic(config.kafka(), config.topics().modelRegistry());
        SnapshotRecord claim = Registry.claim("somebody");
        try (KafkaGateRegistry zombie = new KafkaGateRegistry(config)) {
            assertThat(zombie.write(List.of(claim), zombie.read())).isTrue();
            GateRegistry.Reading before = zombie.read();
            assertThat(before.registry().generation()).isEqualTo(1);
            topic.write(List.of(Registry.claim("a person")));
            assertThat(zombie.write(List.of(claim), before)).isFalse();
            Registry after = read(topic);
            assertThat(zombie.write(List.of(claim), zombie.read())).isTrue();
            assertThat(zombie.read().registry().generation()).isGreaterThan(after.generation());

            try (KafkaGateRegistry next = new KafkaGateRegistry(config)) {
                GateRegistry.Reading now = next.read();
                assertThatThrownBy(() -> zombie.write(List.of(claim), now)).hasMessageContaining("another gate");
                assertThat(next.write(List.of(claim), now)).isTrue();
            }
        }
    }

    private static FreshetConfig deployed(GateSnapshots snapshots) {
        FreshetConfig config = snapshots.config().withBootstrapServers(kafka.bootstrapServers());
        TopicPlan.of(config.topics()).forEach(plan -> kafka.createTopic(plan.name(), 1, plan.settings()));
        return config;
    }

    private static void publish(FreshetConfig config, List<Snapshot> snapshots) throws Exception {
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        for (Snapshot snapshot : snapshots) {
            for (SnapshotRecord record : SnapshotRecords.of(snapshot)) {
                byte[] key = record.key().getBytes(StandardCharsets.UTF_8);
                records.add(new ProducerRecord<>(config.topics().snapshots(), 0, key, record.value()));
            }
        }
        send(config, records);
    }

    private static void sendExamples(FreshetConfig config) throws Exception {
        ExampleCodec codec = new ExampleCodec(config.model().schema());
        String topic = config.topics().examples();
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        records.add(new ProducerRecord<>(topic, 0, null, new byte[] {1, 2, 3})); // what the trainer sets aside
        Random random = new Random(1);
        for (int i = 0; i < 100; i++) {
            long shown = GateSnapshots.FIRST + i * GateSnapshots.HOUR / 50;
            LabeledExample example =
                    GateSnapshots.example("i" + i, random.nextInt(GateSnapshots.USERS), shown, shown + 600_000, random);
            records.add(new ProducerRecord<>(topic, 0, null, codec.encode(example)));
        }
        records.add(new ProducerRecord<>(topic, 0, null, codec.encode(new Frontier(0, 1, 0, 7, 8, Frontier.END))));
        send(config, records);
    }

    private static void send(FreshetConfig config, List<ProducerRecord<byte[], byte[]>> records) throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                config.kafka().forProducers(), new ByteArraySerializer(), new ByteArraySerializer())) {
            for (ProducerRecord<byte[], byte[]> record : records) {
                producer.send(record).get();
            }
        }
    }

    /** A new gate, without state, over everything that is there. */
    private static void run(FreshetConfig config) throws Exception {
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        env.setParallelism(1);
        GateJob.build(env, config, Until.CURRENT_END);
        env.execute(GateJob.name(config));
    }

    private static Registry read(RegistryTopic topic) {
        return topic.read(problem -> {
            throw new AssertionError(problem);
        });
    }
}

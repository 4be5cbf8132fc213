package freshet.jobs.gate;

import static freshet.jobs.gate.GateSnapshots.version;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.job.GateJob;
import freshet.jobs.local.EmbeddedKafka;
import freshet.jobs.publish.RegistryTopic;
import freshet.jobs.source.EventSources.Until;
import freshet.serde.snapshot.Registry;
import freshet.serde.snapshot.RegistryEntry.State;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.SnapshotRecord;
import java.nio.file.Path;
import java.util.List;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.test.junit5.MiniClusterExtension;
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
        FreshetConfig config = GateTopics.create(kafka, snapshots.config());
        RegistryTopic topic = new RegistryTopic(config.kafka(), config.topics().modelRegistry());
        topic.write(List.of(Registry.claim("a trainer")));
        Snapshot second = snapshots.good(1);
        GateTopics.publish(config, List.of(snapshots.good(0), second, snapshots.withEntropy(2, 1.3)));
        GateTopics.publish(config, List.of(snapshots.withARowThatIsNoNumber(3), snapshots.signedByAStranger(4)));
        GateTopics.sendExamples(config);

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
        GateTopics.publish(config, List.of(second, snapshots.good(5), snapshots.good(6)));
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
        FreshetConfig config = GateTopics.create(
                kafka, new GateSnapshots(folder.resolve("zombie"), "topics: {model_registry: other}").config());
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

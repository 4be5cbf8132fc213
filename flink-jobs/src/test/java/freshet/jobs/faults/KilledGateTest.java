package freshet.jobs.faults;

import static freshet.jobs.gate.GateSnapshots.version;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.gate.GateSnapshots;
import freshet.jobs.gate.GateTopics;
import freshet.jobs.job.GateJob;
import freshet.jobs.local.EmbeddedKafka;
import freshet.jobs.publish.RegistryTopic;
import freshet.jobs.source.EventSources.Until;
import freshet.serde.snapshot.Registry;
import freshet.serde.snapshot.RegistryEntry.State;
import freshet.serde.snapshot.Snapshot;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A gate whose process is killed between decisions and in the middle of them decides about each snapshot once, and the same. */
@Tag("faults")
class KilledGateTest {
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final int HOURS = 10;
    private static final int BAD_HOUR = 2;

    @TempDir
    static Path folder;

    @Test
    void eachSnapshotIsJudgedOnce() throws Exception {
        try (EmbeddedKafka kafka = EmbeddedKafka.start(folder.resolve("kafka"));
                ProcessCluster cluster = new ProcessCluster(folder.resolve("cluster"), 1)) {
            GateSnapshots snapshots = new GateSnapshots(folder, "");
            FreshetConfig config = GateTopics.create(kafka, snapshots.config());
            RegistryTopic registry =
                    new RegistryTopic(config.kafka(), config.topics().modelRegistry());
            registry.write(List.of(Registry.claim("a trainer")));
            List<Snapshot> all = new ArrayList<>();
            for (int hour = 0; hour < HOURS; hour++) {
                all.add(hour == BAD_HOUR ? snapshots.withEntropy(hour, 1.3) : snapshots.good(hour));
            }
            StreamExecutionEnvironment env = environment(cluster);
            GateJob.build(env, config, Until.STOPPED);
            JobClient job = env.executeAsync(GateJob.name(config));

            GateTopics.publish(config, all.subList(0, 4));
            await().atMost(PATIENCE).until(() -> read(registry).entries().size() == 4);
            cluster.killTaskManagerInTheMiddleOf(job, () -> true);

            long written = kafka.recordCount(config.topics().modelRegistry());
            GateTopics.publish(config, all.subList(0, 2)); // a trainer that was killed too sends them again
            GateTopics.publish(config, all.subList(4, HOURS));
            cluster.killTaskManagerInTheMiddleOf(
                    job, () -> kafka.recordCount(config.topics().modelRegistry()) > written);

            await().atMost(PATIENCE).until(() -> read(registry).entries().containsKey(version(HOURS - 1)));
            Registry end = read(registry);
            assertThat(end.entries().values())
                    .extracting(entry -> entry.state())
                    .containsExactly(expected());
            assertThat(end.current()).contains(version(HOURS - 1));
            assertThat(end.aliases().previous()).isEqualTo(version(HOURS - 2));
            assertThat(entriesWritten(kafka, config))
                    .as("records of the registry by version")
                    .doesNotHaveDuplicates()
                    .hasSize(HOURS);
            assertThat(cluster.restoredCheckpoints(job)).isGreaterThanOrEqualTo(1);
        }
    }

    /** After the bad one two good ones are owed: the first is held, and stays so. */
    private static State[] expected() {
        State[] states = new State[HOURS];
        for (int hour = 0; hour < HOURS; hour++) {
            states[hour] = hour == BAD_HOUR ? State.QUARANTINED : hour == BAD_HOUR + 1 ? State.KNOWN : State.PROMOTED;
        }
        return states;
    }

    /** The keys of all records about snapshots that readers of what is committed see, in the order of writing. */
    private static List<String> entriesWritten(EmbeddedKafka kafka, FreshetConfig config) {
        TopicPartition partition = new TopicPartition(config.topics().modelRegistry(), 0);
        List<String> keys = new ArrayList<>();
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                config.kafka().forConsumers(), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            while (consumer.position(partition) < kafka.recordCount(partition.topic())) {
                consumer.poll(Duration.ofMillis(200))
                        .forEach(record -> keys.add(new String(record.key(), StandardCharsets.UTF_8)));
            }
        }
        return keys.stream().filter(key -> key.startsWith("version/")).toList();
    }

    private static Registry read(RegistryTopic registry) {
        return registry.read(problem -> {
            throw new AssertionError(problem);
        });
    }

    private static StreamExecutionEnvironment environment(ProcessCluster cluster) {
        Configuration settings = new Configuration();
        settings.setString("execution.checkpointing.interval", "300ms");
        settings.setString("execution.checkpointing.storage", "filesystem");
        settings.setString(
                "execution.checkpointing.dir",
                folder.resolve("checkpoints").toUri().toString());
        StreamExecutionEnvironment env = cluster.environment(settings);
        env.setParallelism(1);
        return env;
    }
}

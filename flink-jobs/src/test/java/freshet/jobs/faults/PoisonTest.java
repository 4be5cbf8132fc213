package freshet.jobs.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import freshet.jobs.ViewerEvents;
import freshet.jobs.config.FreshetConfig;
import freshet.serde.event.DeadLetter.Reason;
import freshet.serde.wire.DeadLetterHeaders;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * A corpus of poison in every topic that the jobs read, among good records of three formats: each record costs one dead letter,
 * with its place and its reason, and nothing else. A TaskManager has 512 MiB, so what claims more than it has would show.
 */
@Tag("faults")
class PoisonTest {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final String YAML = ViewerEvents.YAML.replace(
            "  max_disorder", "  impressions: {format: confluent}\n  feedback: {format: json}\n  max_disorder");

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    static Path folder;

    @Test
    void eachRecordCostsOneDeadLetterAndNothingElse() throws Exception {
        System.out.println("logs in " + folder);
        ViewerEvents viewers = new ViewerEvents(61, 100, 6_000);
        viewers.write(folder.resolve("events"), 7);
        try (SchemaRegistry registry = new SchemaRegistry(Optional.empty())) {
            registry.goesDown();
            FreshetConfig config =
                    FreshetConfig.parse("poison.yaml", YAML + "schema_registry: {url: " + registry.url() + "}\n");
            Undisturbed undisturbed =
                    Undisturbed.replay(folder.resolve("events"), folder.resolve("undisturbed"), config);
            PoisonCorpus corpus = new PoisonCorpus(config, viewers.arrival(7));
            try (BrokerProcess broker = new BrokerProcess(folder.resolve("broker-data"), folder.resolve("broker"));
                    Deployment deployment = new Deployment(folder, broker, undisturbed, config, corpus::send)) {
                // That nobody knows a schema is the record's fault; that nobody answers is not.
                await("the job to say that the registry does not answer")
                        .atMost(PATIENCE)
                        .until(() -> deployment.exceptions().contains("schema registry"));
                assertThat(deadLetters(deployment.config()).values()).doesNotContain("unknown_schema");
                registry.comesUp();
                deployment.assertPublishesAsUndisturbed();
                assertThat(deadLetters(deployment.config())).isEqualTo(corpus.expected());
                assertThat(deployment.trainJob().getJobStatus().get().isTerminalState())
                        .isFalse();
                assertThat(corpus.expected().values()).contains(reasons());
            }
        }
    }

    /** All but what only the clock of other records can tell. */
    private static String[] reasons() {
        return List.of(Reason.values()).stream()
                .filter(reason -> reason != Reason.FUTURE)
                .map(Reason::label)
                .toArray(String[]::new);
    }

    /** Reasons by place; orphans, which have none, are left out. A record that was set aside twice after a restart counts once. */
    private static SortedMap<String, String> deadLetters(FreshetConfig config) {
        SortedMap<String, String> found = new TreeMap<>();
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                config.kafka().forConsumers(), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            TopicPartition partition = new TopicPartition(config.topics().deadLetters(), 0);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = Objects.requireNonNull(
                    consumer.endOffsets(List.of(partition)).get(partition));
            while (consumer.position(partition) < end) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofSeconds(1))) {
                    if (record.headers().lastHeader(DeadLetterHeaders.TOPIC) != null) {
                        found.put(
                                header(record, DeadLetterHeaders.TOPIC) + "-"
                                        + header(record, DeadLetterHeaders.PARTITION) + "@"
                                        + header(record, DeadLetterHeaders.OFFSET),
                                header(record, DeadLetterHeaders.REASON));
                    }
                }
            }
        }
        return found;
    }

    private static String header(ConsumerRecord<byte[], byte[]> record, String key) {
        return new String(record.headers().lastHeader(key).value(), StandardCharsets.UTF_8);
    }
}

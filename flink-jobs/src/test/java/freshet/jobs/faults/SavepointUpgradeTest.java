package freshet.jobs.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import freshet.jobs.KeptSavepoints;
import freshet.jobs.ViewerEvents;
import freshet.jobs.config.FreshetConfig;
import freshet.jobs.job.ExamplesJob;
import freshet.jobs.local.EmbeddedKafka;
import freshet.jobs.source.EventSources.Until;
import freshet.serde.event.Event;
import freshet.serde.event.Feedback;
import freshet.serde.event.Impression;
import freshet.serde.example.ExampleMessage;
import freshet.serde.example.LabeledExample;
import freshet.serde.example.TaskLabel;
import freshet.serde.wire.Decoded;
import freshet.serde.wire.EventJson;
import freshet.serde.wire.ExampleCodec;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
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
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The examples job, stopped with a savepoint and started again from it with a feature and a task more. */
@Tag("faults")
class SavepointUpgradeTest {
    @RegisterExtension
    static final MiniClusterExtension CLUSTER = new MiniClusterExtension(new MiniClusterResourceConfiguration.Builder()
            .setNumberTaskManagers(1)
            .setNumberSlotsPerTaskManager(2)
            .build());

    private static final String CHANGED = ViewerEvents.YAML
            .replace("  - {name: like,", "  - {name: share, label: {kind: share}, horizon: 1m}\n  - {name: like,")
            .replace(
                    "    - {name: user, field: user_id}",
                    "    - {name: channel, field: channel_id}\n    - {name: user, field: user_id}");
    private static final long MINUTE = 60_000;
    private static final float WATCHED = (float) StrictMath.log1p(30);

    private static final String JOB = "examples";

    @TempDir
    Path folder;

    @Test
    void oldStateIsKeptAndNewExamplesHaveTheNewFeatureAndTask() throws Exception {
        try (EmbeddedKafka kafka = EmbeddedKafka.start(folder.resolve("kafka"))) {
            FreshetConfig before = over(kafka, ViewerEvents.YAML);
            FreshetConfig after = over(kafka, CHANGED);
            assertThat(after.features().schema().idNames()).startsWith("channel", "user");
            before.topics().all().forEach(topic -> kafka.createTopic(topic, 1, Map.of()));

            JobClient old = start(before, "");
            sendFirst(before);
            awaitLabels(before, kafka, "i-old", Map.of("click", 0f));
            String savepoint = old.stopWithSavepoint(
                            false, folder.resolve("savepoints").toUri().toString(), SavepointFormatType.CANONICAL)
                    .get();
            KeptSavepoints.keep(savepoint, JOB);

            JobClient upgraded = start(after, savepoint);
            sendLater(after);
            awaitLabels(after, kafka, "i-old", Map.of("click", 0f, "watch", WATCHED));
            awaitNewLabels(after, kafka);
            upgraded.cancel().get();

            assertFeatures(after, kafka);
        }
    }

    /**
     * As above, but from a savepoint of {@link KeptSavepoints}. What the old job read is in the topics again, since the savepoint says how
     * far it had come; what it wrote is not.
     */
    @Test
    void aSavepointThatWasKeptGoesOn() throws Exception {
        try (EmbeddedKafka kafka = EmbeddedKafka.start(folder.resolve("kafka"))) {
            FreshetConfig after = over(kafka, CHANGED);
            after.topics().all().forEach(topic -> kafka.createTopic(topic, 1, Map.of()));
            sendFirst(after);

            JobClient upgraded = start(after, KeptSavepoints.of(JOB));
            sendLater(after);
            awaitLabels(after, kafka, "i-old", Map.of("watch", WATCHED));
            awaitNewLabels(after, kafka);
            upgraded.cancel().get();

            assertFeatures(after, kafka);
        }
    }

    /** What the old job reads: of {@code i-old} all that decides a click, and nothing yet of watching. */
    private static void sendFirst(FreshetConfig config) {
        send(config, impression("i-old", "v-old", 0));
        othersAct(config, 0, 5);
    }

    private static void sendLater(FreshetConfig config) {
        send(
                config,
                feedback("i-old", "watch", 6 * MINUTE, 30_000),
                impression("i-new", "v-new", 7 * MINUTE),
                feedback("i-new", "share", 7 * MINUTE + 30_000, 1));
        othersAct(config, 8, 60);
    }

    /** What was open at the savepoint is closed with what came later; the new task has a part in what is new alone. */
    private static void awaitNewLabels(FreshetConfig config, EmbeddedKafka kafka) {
        awaitLabels(config, kafka, "i-new", Map.of("click", 0f, "share", 1f, "watch", 0f));
    }

    private static void assertFeatures(FreshetConfig config, EmbeddedKafka kafka) {
        List<String> ids = config.features().schema().idNames();
        assertThat(examples(config, kafka, "i-old"))
                .as("its features were computed by the old job")
                .isNotEmpty()
                .allSatisfy(example -> assertThat(example.features().ids()[ids.indexOf("channel")])
                        .isEmpty());
        assertThat(examples(config, kafka, "i-new"))
                .isNotEmpty()
                .allSatisfy(example -> assertThat(example.features().ids()[ids.indexOf("channel")])
                        .containsExactly("channel of v-new"))
                .allSatisfy(example -> assertThat(example.features().ids()[ids.indexOf("last_shown")])
                        .as("what the old job knew of the viewer")
                        .containsExactly("v-old"));
    }

    private static FreshetConfig over(EmbeddedKafka kafka, String yaml) {
        return FreshetConfig.parse("viewers.yaml", yaml)
                .withJsonEvents()
                .withBootstrapServers(kafka.bootstrapServers());
    }

    /**
     * @param savepoint to go on from; empty for a new job
     */
    private JobClient start(FreshetConfig config, String savepoint) throws Exception {
        Configuration settings = new Configuration();
        settings.setString("state.backend.type", "rocksdb");
        settings.setString("execution.checkpointing.interval", "500ms");
        settings.setString("execution.checkpointing.storage", "filesystem");
        settings.setString(
                "execution.checkpointing.dir",
                folder.resolve("checkpoints").toUri().toString());
        if (!savepoint.isEmpty()) {
            settings.setString("execution.state-recovery.path", savepoint);
        }
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment(settings);
        env.setParallelism(2);
        ExamplesJob.build(env, config, Until.STOPPED);
        return env.executeAsync(ExamplesJob.name(config));
    }

    private static Impression impression(String id, String video, long afterStartMillis) {
        return Impression.builder(id, "u", video, ViewerEvents.START + afterStartMillis)
                .channelId("channel of " + video)
                .build();
    }

    private static Feedback feedback(String impression, String kind, long afterStartMillis, double value) {
        return new Feedback(
                kind + " of " + impression, impression, "u", "v", ViewerEvents.START + afterStartMillis, kind, value);
    }

    /** Each minute, on both topics, so that event time passes. */
    private static void othersAct(FreshetConfig config, int fromMinute, int toMinute) {
        List<Event> events = new ArrayList<>();
        for (int minute = fromMinute; minute <= toMinute; minute++) {
            String id = "tick-" + minute;
            long time = ViewerEvents.START + minute * MINUTE;
            events.add(Impression.builder(id, "somebody", "v", time).build());
            events.add(new Feedback(id, id, "somebody", "v", time, "click", 1));
        }
        send(config, events.toArray(Event[]::new));
    }

    private static void send(FreshetConfig config, Event... events) {
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                config.kafka().forProducers(), new ByteArraySerializer(), new ByteArraySerializer())) {
            for (Event event : events) {
                String topic = event instanceof Impression
                        ? config.topics().impressions()
                        : config.topics().feedback();
                producer.send(
                        new ProducerRecord<>(topic, EventJson.toJson(event).getBytes(StandardCharsets.UTF_8)));
            }
        }
    }

    private static void awaitLabels(
            FreshetConfig config, EmbeddedKafka kafka, String impressionId, Map<String, Float> expected) {
        await().atMost(Duration.ofMinutes(2))
                .pollInterval(Duration.ofSeconds(1))
                .untilAsserted(() -> {
                    Map<String, Float> found = new TreeMap<>();
                    for (LabeledExample example : examples(config, kafka, impressionId)) {
                        for (TaskLabel label : example.labels()) {
                            found.put(label.task(), label.label());
                        }
                    }
                    assertThat(found).isEqualTo(expected);
                });
    }

    /** Those of an impression that are in the topic by now. */
    private static List<LabeledExample> examples(FreshetConfig config, EmbeddedKafka kafka, String impressionId) {
        String topic = config.topics().examples();
        ExampleCodec codec = new ExampleCodec(config.features().schema());
        List<LabeledExample> examples = new ArrayList<>();
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                config.kafka().forConsumers(), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            TopicPartition partition = new TopicPartition(topic, 0);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            while (consumer.position(partition) < kafka.recordCount(topic)) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofSeconds(1))) {
                    if (codec.decode(record.value()) instanceof Decoded.Value<ExampleMessage> good
                            && good.value() instanceof LabeledExample example
                            && example.impressionId().equals(impressionId)) {
                        examples.add(example);
                    }
                }
            }
        }
        return examples;
    }
}

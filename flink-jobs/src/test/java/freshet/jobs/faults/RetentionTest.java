package freshet.jobs.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import freshet.jobs.ViewerEvents;
import freshet.jobs.config.FreshetConfig;
import freshet.jobs.job.ExamplesJob;
import freshet.jobs.local.BrokerTopics;
import freshet.jobs.local.EmbeddedKafka;
import freshet.jobs.source.EventSources.Until;
import freshet.jobs.source.LostRecords;
import freshet.serde.event.Event;
import freshet.serde.event.Feedback;
import freshet.serde.event.Impression;
import freshet.serde.example.ExampleMessage;
import freshet.serde.example.LabeledExample;
import freshet.serde.wire.Decoded;
import freshet.serde.wire.EventJson;
import freshet.serde.wire.ExampleCodec;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.apache.flink.util.ExceptionUtils;
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

/**
 * A topic that no longer has what a job would read next: the job never passes over it by itself. It fails in words that say
 * where and what to do, and goes on behind the hole when it is told to.
 */
@Tag("faults")
class RetentionTest {
    @RegisterExtension
    static final MiniClusterExtension CLUSTER = new MiniClusterExtension(new MiniClusterResourceConfiguration.Builder()
            .setNumberTaskManagers(1)
            .setNumberSlotsPerTaskManager(1)
            .build());

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final long MINUTE = 60_000;

    @TempDir
    Path folder;

    @Test
    void failsInWordsAndGoesOnBehindTheHoleWhenTold() throws Exception {
        try (EmbeddedKafka kafka = EmbeddedKafka.start(folder.resolve("kafka"));
                BrokerTopics topics = new BrokerTopics(kafka.bootstrapServers())) {
            FreshetConfig config =
                    ViewerEvents.config().withJsonEvents().withBootstrapServers(kafka.bootstrapServers());
            config.topics().all().forEach(topic -> topics.create(topic, 1, Map.of()));
            JobClient before = start(config, "", LostRecords.FAIL);
            somebodyActs(config, 0, 9);
            await().atMost(PATIENCE).until(() -> shown(config, topics).contains("shown-2"));
            String savepoint = before.stopWithSavepoint(
                            false, folder.resolve("savepoints").toUri().toString(), SavepointFormatType.CANONICAL)
                    .get();
            somebodyActs(config, 10, 19);
            topics.deleteRecords(config.topics().impressions());
            somebodyActs(config, 20, 60);

            JobClient stuck = start(config, savepoint, LostRecords.FAIL);
            assertThatThrownBy(() -> stuck.getJobExecutionResult().get())
                    .satisfies(failure -> assertThat(ExceptionUtils.stringifyException(failure))
                            .contains(
                                    "the topic no longer has " + config.topics().impressions() + "-0 offset 10")
                            .contains("freshet recover")
                            .contains("--skip-lost"));

            JobClient told = start(config, savepoint, LostRecords.SKIP);
            await().atMost(PATIENCE).until(() -> shown(config, topics).contains("shown-40"));
            told.cancel().get();
            assertThat(shown(config, topics)).contains("shown-9", "shown-20").doesNotContain("shown-10", "shown-19");
        }
    }

    /**
     * @param savepoint to go on from; empty for a new job
     */
    private JobClient start(FreshetConfig config, String savepoint, LostRecords lost) throws Exception {
        Configuration settings = new Configuration();
        settings.setString("restart-strategy.type", "none");
        settings.setString("execution.checkpointing.interval", "500ms");
        settings.set(LostRecords.OPTION, lost);
        if (!savepoint.isEmpty()) {
            settings.setString("execution.state-recovery.path", savepoint);
        }
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment(settings);
        env.setParallelism(1);
        ExamplesJob.build(env, config, Until.STOPPED);
        return env.executeAsync(ExamplesJob.name(config));
    }

    /** One impression and one feedback in each minute. */
    private static void somebodyActs(FreshetConfig config, int fromMinute, int toMinute) {
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                config.kafka().forProducers(), new ByteArraySerializer(), new ByteArraySerializer())) {
            for (int minute = fromMinute; minute <= toMinute; minute++) {
                String id = "shown-" + minute;
                long time = ViewerEvents.START + minute * MINUTE;
                send(
                        producer,
                        config.topics().impressions(),
                        Impression.builder(id, "u", "v", time).build());
                send(producer, config.topics().feedback(), new Feedback(id, id, "u", "v", time, "click", 1));
            }
        }
    }

    private static void send(KafkaProducer<byte[], byte[]> producer, String topic, Event event) {
        producer.send(new ProducerRecord<>(topic, EventJson.toJson(event).getBytes(StandardCharsets.UTF_8)));
    }

    /** Ids of the impressions that examples were made of by now. */
    private static Set<String> shown(FreshetConfig config, BrokerTopics topics) {
        ExampleCodec codec = new ExampleCodec(config.features().schema());
        TopicPartition partition = new TopicPartition(config.topics().examples(), 0);
        Set<String> shown = new TreeSet<>();
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                config.kafka().forConsumers(), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            while (consumer.position(partition) < topics.recordCount(partition.topic())) {
                consumer.poll(Duration.ofSeconds(1)).forEach(record -> {
                    if (codec.decode(record.value()) instanceof Decoded.Value<ExampleMessage> good
                            && good.value() instanceof LabeledExample example) {
                        shown.add(example.impressionId());
                    }
                });
            }
        }
        return shown;
    }
}

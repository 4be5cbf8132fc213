package freshet.jobs.job;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.jobs.ViewerEvents;
import freshet.jobs.config.FreshetConfig;
import freshet.jobs.join.JoinReference;
import freshet.jobs.local.EmbeddedKafka;
import freshet.jobs.source.EventSources;
import freshet.serde.event.Event;
import freshet.serde.event.Feedback;
import freshet.serde.event.HistorySeed;
import freshet.serde.event.Impression;
import freshet.serde.example.ExampleMessage;
import freshet.serde.example.Frontier;
import freshet.serde.example.LabeledExample;
import freshet.serde.wire.Decoded;
import freshet.serde.wire.EventJson;
import freshet.serde.wire.ExampleCodec;
import freshet.serde.wire.HistorySeedCodec;
import freshet.serde.wire.ImpressionCodec;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The whole examples job between real topics: three partitions in, two out, two subtasks, poison in both topics. */
class ExamplesOverKafkaTest {
    private static final int PARTITIONS_IN = 3;
    private static final int PARTITIONS_OUT = 2;
    private static final int PARALLELISM = 2;

    @RegisterExtension
    static final MiniClusterExtension CLUSTER = new MiniClusterExtension(new MiniClusterResourceConfiguration.Builder()
            .setNumberTaskManagers(1)
            .setNumberSlotsPerTaskManager(PARALLELISM)
            .build());

    @TempDir
    static Path folder;

    private static EmbeddedKafka kafka;
    private static FreshetConfig config;

    @BeforeAll
    static void startBroker() {
        kafka = EmbeddedKafka.start(folder.resolve("kafka"));
        config = FreshetConfig.parse(
                        "viewers.yaml",
                        ViewerEvents.YAML.replace("feedback_wait", "feedback: {format: json}\n  feedback_wait"))
                .withBootstrapServers(kafka.bootstrapServers());
        for (String topic : config.topics().all()) {
            boolean in = topic.equals(config.topics().impressions())
                    || topic.equals(config.topics().feedback());
            kafka.createTopic(topic, in ? PARTITIONS_IN : PARTITIONS_OUT, Map.of());
        }
    }

    @AfterAll
    static void stopBroker() {
        kafka.close();
    }

    @Test
    void examplesFrontiersAndDeadLettersReachTheirTopics() throws Exception {
        ViewerEvents viewers = new ViewerEvents(51, 20, 1000);
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(properties(), new ByteArraySerializer(), new ByteArraySerializer())) {
            viewers.arrival(3).forEach(event -> producer.send(record(event)));
            producer.send(new ProducerRecord<>(config.topics().impressions(), 1, null, new byte[] {1, 2, 3}));
            producer.send(new ProducerRecord<>(config.topics().impressions(), 1, null, (byte[]) null));
            byte[] whole = new ImpressionCodec()
                    .encode(Impression.builder("i", "u", "v", ViewerEvents.START)
                            .build());
            producer.send(new ProducerRecord<>(
                    config.topics().impressions(), 2, null, java.util.Arrays.copyOf(whole, whole.length - 3)));
            producer.send(new ProducerRecord<>(
                    config.topics().feedback(), 0, null, "noise".getBytes(StandardCharsets.UTF_8)));
        }

        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        env.setParallelism(PARALLELISM);
        ExamplesJob.build(env, config, EventSources.Until.CURRENT_END);
        env.execute(ExamplesJob.name(config));

        JoinReference reference = new JoinReference(config, viewers.events());
        assertThat(examplesInOrderOfLearning()).isEqualTo(reference.examples()).isNotEmpty();
        Map<String, Integer> deadByReason = new TreeMap<>();
        for (ConsumerRecord<byte[], byte[]> dead : read(config.topics().deadLetters())) {
            deadByReason.merge(header(dead, "__connect.errors.reason"), 1, Integer::sum);
        }
        assertThat(deadByReason)
                .isEqualTo(Map.of(
                        "empty",
                        1,
                        "undecodable",
                        3,
                        "orphan",
                        reference.orphans().size()));
    }

    /** Also checks what every partition promises. */
    private List<LabeledExample> examplesInOrderOfLearning() {
        ExampleCodec codec = new ExampleCodec(config.features().schema());
        List<LabeledExample> examples = new ArrayList<>();
        Map<String, Long> promised = new HashMap<>();
        for (ConsumerRecord<byte[], byte[]> record : read(config.topics().examples())) {
            ExampleMessage message = ((Decoded.Value<ExampleMessage>) codec.decode(record.value())).value();
            if (message instanceof LabeledExample example) {
                examples.add(example);
                assertThat(example.decidedTimeMillis())
                        .isGreaterThan(promised.getOrDefault(
                                record.partition() + "/" + firstKeyGroup(example.userId()), Long.MIN_VALUE));
            } else {
                Frontier frontier = (Frontier) message;
                assertThat(frontier.partition()).isEqualTo(record.partition());
                assertThat(frontier.partitions()).isEqualTo(PARTITIONS_OUT);
                promised.merge(
                        frontier.partition() + "/" + frontier.firstKeyGroup(), frontier.throughMillis(), Math::max);
            }
        }
        assertThat(promised)
                .hasSize(PARTITIONS_OUT * PARALLELISM)
                .allSatisfy((cell, through) -> assertThat(through).isEqualTo(Frontier.END));
        examples.sort(LabeledExample.ORDER);
        return examples;
    }

    /** Of the subtask that joined this user. */
    private static int firstKeyGroup(String userId) {
        int subtask = KeyGroupRangeAssignment.assignKeyToParallelOperator(userId, JobSettings.KEY_GROUPS, PARALLELISM);
        return KeyGroupRangeAssignment.computeKeyGroupRangeForOperatorIndex(
                        JobSettings.KEY_GROUPS, PARALLELISM, subtask)
                .getStartKeyGroup();
    }

    private static ProducerRecord<byte[], byte[]> record(Event event) {
        int partition = Math.floorMod(event.userId().hashCode(), PARTITIONS_IN);
        if (event instanceof Impression impression) {
            return new ProducerRecord<>(
                    config.topics().impressions(), partition, null, new ImpressionCodec().encode(impression));
        }
        if (event instanceof Feedback) {
            return new ProducerRecord<>(
                    config.topics().feedback(),
                    partition,
                    null,
                    EventJson.toJson(event).getBytes(StandardCharsets.UTF_8));
        }
        return new ProducerRecord<>(
                config.topics().histories(), 0, null, new HistorySeedCodec().encode((HistorySeed) event));
    }

    private static List<ConsumerRecord<byte[], byte[]>> read(String topic) {
        List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(properties(), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = new ArrayList<>();
            for (int partition = 0; partition < PARTITIONS_OUT; partition++) {
                partitions.add(new TopicPartition(topic, partition));
            }
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            long count = kafka.recordCount(topic);
            while (records.size() < count) {
                consumer.poll(Duration.ofSeconds(1)).forEach(records::add);
            }
        }
        return records;
    }

    private static String header(ConsumerRecord<byte[], byte[]> record, String key) {
        Header header = record.headers().lastHeader(key);
        assertThat(header).as(key).isNotNull();
        return new String(header.value(), StandardCharsets.UTF_8);
    }

    private static Properties properties() {
        Properties properties = new Properties();
        properties.setProperty("bootstrap.servers", kafka.bootstrapServers());
        return properties;
    }
}

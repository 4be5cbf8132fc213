package freshet.jobs.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The real broker and the real cluster, started once each. */
class LocalDeploymentTest {
    @TempDir
    Path folder;

    @Test
    void brokerKeepsRecordsUntilItIsClosed() throws Exception {
        Path data = folder.resolve("kafka");
        try (EmbeddedKafka kafka = EmbeddedKafka.start(data)) {
            kafka.createTopic("events", 2, Map.of());
            kafka.createTopic("events", 2, Map.of());
            produce(kafka, "events", "hello");

            assertThat(kafka.recordCount("events")).isEqualTo(1);
            assertThat(consume(kafka, "events")).isEqualTo("hello");
        }
        assertThat(data).doesNotExist();
    }

    @Test
    void clusterRunsAJobAndShowsItsDashboard() throws Exception {
        try (LocalCluster cluster = LocalCluster.start(folder, 2, 0)) {
            Configuration settings = new Configuration();
            settings.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, Duration.ofSeconds(1));
            StreamExecutionEnvironment environment = cluster.environment(settings);
            environment.fromSequence(1, 100).sinkTo(new DiscardingSink<>());
            environment
                    .executeAsync("count to a hundred")
                    .getJobExecutionResult()
                    .get();

            assertThat(page(cluster.dashboard())).contains("Apache Flink Web Dashboard");
            assertThat(page(cluster.dashboard().resolve("/jobs/overview"))).contains("count to a hundred", "FINISHED");
        }
    }

    @Test
    void takenPortIsSaidBeforeAnythingStarts() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThatThrownBy(() -> LocalCluster.start(folder, 1, taken.getLocalPort()))
                    .isInstanceOf(CannotStartException.class)
                    .hasMessageContaining("port " + taken.getLocalPort() + " for the Flink dashboard is in use")
                    .hasMessageContaining("--port");
        }
    }

    @Test
    void fullDiskIsSaidBeforeAnythingStarts() {
        assertThatThrownBy(() -> Machine.requireDisk(folder, Long.MAX_VALUE, "--out"))
                .isInstanceOf(CannotStartException.class)
                .hasMessageContaining("not enough disk")
                .hasMessageContaining("--out");
    }

    private static void produce(EmbeddedKafka kafka, String topic, String text) throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", kafka.bootstrapServers()),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
            producer.send(new ProducerRecord<>(topic, 1, null, text.getBytes(StandardCharsets.UTF_8)))
                    .get();
        }
    }

    private static String consume(EmbeddedKafka kafka, String topic) {
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", kafka.bootstrapServers(), "auto.offset.reset", "earliest"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
            consumer.assign(List.of(new TopicPartition(topic, 1)));
            var records = consumer.poll(Duration.ofSeconds(20));
            return new String(records.iterator().next().value(), StandardCharsets.UTF_8);
        }
    }

    private static String page(URI address) throws Exception {
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(address).build(), BodyHandlers.ofString())
                .body();
    }
}

package freshet.jobs.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import freshet.jobs.local.EmbeddedKafka;
import freshet.jobs.local.FlinkRest;
import freshet.serde.event.Impression;
import freshet.serde.wire.ImpressionCodec;
import java.io.IOException;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.runtime.execution.ExecutionState;
import org.apache.flink.runtime.executiongraph.AccessExecutionVertex;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;

/** A real job leaves three checkpoints; the newest loses a file, the one before it its end. */
class RecoverCommandTest extends KeptCheckpointsTest {

    @Test
    void goesBackToTheNewestThatIsWholeAndNeverSilentlyToNothing() throws Exception {
        try (EmbeddedKafka kafka = EmbeddedKafka.start(folder.resolve("kafka"));
                MiniCluster cluster = cluster()) {
            URI rest = cluster.getRestAddress().get();
            String config = config(kafka, yaml(kafka.bootstrapServers()));
            String address = rest.toString();
            String[] run = {"run", "examples", "--config", config, "--cluster", address, "--no-jars"};
            assertThat(freshet(run)).as(err.toString()).isZero();
            assertThat(err.toString()).contains("note: jobmanager.scheduler of the cluster: found none");
            JobID job = JobID.fromHexString(out.toString().strip());
            awaitRunning(cluster, job);
            assertThat(new FlinkRest(rest)
                            .get("/jobs/" + job + "/checkpoints/config")
                            .path("interval")
                            .asLong())
                    .as("what the cluster says counts")
                    .isEqualTo(INTERVAL.toMillis());
            for (int checkpoint = 0; checkpoint < 3; checkpoint++) {
                send(kafka, checkpoint);
                // The histories end at once, and a task that is just closing declines.
                await().atMost(PATIENCE)
                        .ignoreExceptions()
                        .until(() -> cluster.triggerCheckpoint(job).get().contains("chk-"));
            }
            cluster.cancelJob(job).get();
            await().atMost(PATIENCE).until(() -> cluster.getJobStatus(job).get() == JobStatus.CANCELED);
            List<Path> kept = kept();
            assertThat(kept).hasSize(3);

            String[] recover = {
                "recover",
                "--config",
                config,
                "--job",
                "examples",
                "--checkpoints",
                checkpoints().toString()
            };
            assertThat(freshet(recover)).as(err.toString()).isZero();
            assertThat(err.toString().lines().filter(line -> line.startsWith("good:")))
                    .hasSize(3);
            assertThat(out.toString())
                    .contains(
                            "freshet run examples --config " + config,
                            kept.get(0).getFileName().toString());
            assertThat(err.toString()).contains("freshet.impressions-0:3").doesNotContain("LOST", "goes back");

            // Of another job of the same cluster there is nothing.
            assertThat(freshet(
                            "recover",
                            "--config",
                            config,
                            "--job",
                            "train",
                            "--checkpoints",
                            checkpoints().toString()))
                    .isEqualTo(1);
            assertThat(err.toString()).contains("found no checkpoint of the train job");

            Files.delete(aFile(kept.get(0)));
            halve(kept.get(1).resolve("_metadata"));
            oldestIs(kafka, 2);
            assertThat(freshet(recover)).as(err.toString()).isZero();
            assertThat(err.toString().lines())
                    .anySatisfy(line -> assertThat(line)
                            .startsWith("bad:")
                            .contains(kept.get(0).getFileName().toString(), "found no such file"))
                    .anySatisfy(line -> assertThat(line)
                            .startsWith("bad:")
                            .contains(kept.get(1).getFileName().toString(), "_metadata cannot be read"))
                    .anySatisfy(line -> assertThat(line)
                            .startsWith("good:")
                            .contains(kept.get(2).getFileName().toString()))
                    .anySatisfy(line -> assertThat(line).startsWith("goes back by"))
                    .anySatisfy(line -> assertThat(line).startsWith("LOST: 1 records of freshet.impressions-0"));
            assertThat(out.toString()).contains("/" + kept.get(2).getFileName());

            // Nobody starts it with nothing by mistake.
            assertThat(freshet(run)).isEqualTo(2);
            assertThat(err.toString()).contains("without state", "checkpoints of it", "freshet recover");

            assertThat(freshet(with(recover, "--run", "--with=--cluster=" + address, "--with=--no-jars")))
                    .as(err.toString())
                    .isZero();
            JobID again = JobID.fromHexString(out.toString().strip());
            await().atMost(PATIENCE)
                    .until(() -> new FlinkRest(rest)
                            .get("/jobs/" + again + "/checkpoints")
                            .at("/latest/restored/external_path")
                            .asText()
                            .endsWith(kept.get(2).getFileName().toString()));
            cluster.cancelJob(again).get();

            // Damaged to the last.
            Files.delete(kept.get(2).resolve("_metadata"));
            assertThat(freshet(recover)).isEqualTo(1);
            assertThat(err.toString())
                    .contains("has no _metadata")
                    .containsAnyOf("none of them is whole", "no checkpoint");
        }
    }

    @Test
    void aFolderThatIsNotThereIsSaid() throws IOException {
        Path file = Files.writeString(folder.resolve("none.yaml"), yaml("127.0.0.1:1"));

        assertThat(freshet(
                        "recover",
                        "--config",
                        file.toString(),
                        "--job",
                        "gate",
                        "--checkpoints",
                        folder.resolve("nowhere").toString()))
                .isEqualTo(2);
        assertThat(err.toString()).contains("nowhere").doesNotContain("\tat ");
    }

    private static String yaml(String brokers) {
        return """
                name: tiny
                kafka: {bootstrap.servers: '%s'}
                tasks: [{name: click, label: {kind: click}, horizon: 10m, loss: logistic}]
                features: {ids: [{name: user, field: user_id}]}
                model: {embeddings: [{feature: user, dim: 4}], bottom: [4], tower: [4]}
                """.formatted(brokers);
    }

    private static void send(EmbeddedKafka kafka, int number) throws Exception {
        long millis = 1_772_433_000_000L + number * 1000L;
        byte[] value = new ImpressionCodec()
                .encode(Impression.builder("i" + number, "u" + number, "v", millis)
                        .build());
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", kafka.bootstrapServers()),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
            producer.send(new ProducerRecord<>("freshet.impressions", value)).get();
        }
    }

    /** As retention does. */
    private static void oldestIs(EmbeddedKafka kafka, long offset) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()))) {
            admin.deleteRecords(
                            Map.of(new TopicPartition("freshet.impressions", 0), RecordsToDelete.beforeOffset(offset)))
                    .all()
                    .get();
        }
    }

    private static void awaitRunning(MiniCluster cluster, JobID job) {
        await().atMost(PATIENCE).until(() -> {
            for (AccessExecutionVertex vertex :
                    cluster.getExecutionGraph(job).get().getAllExecutionVertices()) {
                if (vertex.getExecutionState() != ExecutionState.RUNNING
                        && vertex.getExecutionState() != ExecutionState.FINISHED) {
                    return false;
                }
            }
            return true;
        });
    }

    private static Path aFile(Path checkpoint) throws IOException {
        try (Stream<Path> files = Files.list(checkpoint)) {
            return files.filter(file -> !file.endsWith("_metadata")).findFirst().orElseThrow();
        }
    }

    private static void halve(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(channel.size() / 2);
        }
    }
}

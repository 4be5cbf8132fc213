package freshet.jobs.faults;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import freshet.jobs.NodeProject;
import freshet.jobs.config.FreshetConfig;
import freshet.jobs.local.EmbeddedKafka;
import freshet.model.export.SelfContainedModel;
import freshet.model.export.SelfContainedModel.IdInput;
import freshet.model.learn.Learner;
import freshet.model.math.Ids;
import freshet.model.snapshot.ModelCopy;
import freshet.model.snapshot.SnapshotMoment;
import freshet.model.snapshot.SnapshotScorer;
import freshet.model.snapshot.SnapshotWriter;
import freshet.model.spec.ModelSpec;
import freshet.serde.example.FeatureSchema;
import freshet.serde.example.FeatureValues;
import freshet.serde.snapshot.KeyFiles;
import freshet.serde.snapshot.Lineage;
import freshet.serde.snapshot.ManifestSigner;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.SnapshotRecord;
import freshet.serde.snapshot.SnapshotRecords;
import freshet.serde.snapshot.SnapshotVersion;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A reader that is not Java, {@code src/test/node/read-topic.mjs}, reads a real topic by the format's page alone: checksums,
 * signature, ONNX; and another, {@code score-self-contained.mjs}, scores with one file and nothing else. Needs Node and npm, whose packages are fetched once a run.
 */
@Tag("faults")
class NodeReaderTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String TOPIC = "snapshots";
    private static final String KEY_ID = "k1";

    @TempDir
    static Path folder;

    private static NodeProject node;
    private static EmbeddedKafka kafka;
    private static List<Snapshot> snapshots;
    private static Path publicKey;

    @BeforeAll
    static void publish() throws Exception {
        node = NodeProject.install(
                Path.of("src/test/node"),
                List.of("package.json", "package-lock.json", "read-topic.mjs", "score-self-contained.mjs"),
                folder.resolve("node"));
        kafka = EmbeddedKafka.start(folder.resolve("kafka"));
        kafka.createTopic(TOPIC, 1, Map.of());
        KeyFiles.Pair keys = KeyFiles.write(KeyFiles.newPair(), KEY_ID, folder);
        publicKey = keys.publicKey();
        ManifestSigner signer = ManifestSigner.load(KEY_ID, keys.privateKey());
        snapshots = List.of(snapshot(0, signer), snapshot(1, signer), snapshot(2, ManifestSigner.unsigned()));
        List<SnapshotRecord> records = new ArrayList<>();
        snapshots.forEach(snapshot -> records.addAll(SnapshotRecords.of(snapshot)));
        try (var producer = new KafkaProducer<>(
                Map.<String, Object>of("bootstrap.servers", kafka.bootstrapServers()),
                new StringSerializer(),
                new ByteArraySerializer())) {
            records.forEach(record -> producer.send(new ProducerRecord<>(TOPIC, 0, record.key(), record.value())));
        }
    }

    @AfterAll
    static void stopBroker() {
        kafka.close();
    }

    private static Snapshot snapshot(int hour, ManifestSigner signer) {
        Learner learner = new Learner(FreshetConfig.shipped("demo").model());
        float[] row = new float[learner.spec().tables().get(0).rowWidth()];
        for (int id = 0; id < 20_000; id++) {
            row[0] = hour + id;
            learner.putRow(0, id, row);
        }
        SnapshotVersion version = new SnapshotVersion(1_650_902_400_000L + hour * 3_600_000L);
        SnapshotMoment moment = new SnapshotMoment(0, version, null, Lineage.START, hour, new TreeMap<>(), List.of());
        return new SnapshotWriter("demo", "{}").write(ModelCopy.of(learner), moment, signer);
    }

    @Test
    void theNewestSnapshotWithAGoodSignatureIsReadAndComputesWhatTheTrainerDid() throws Exception {
        NodeProject.Run run =
                node.run("node", "read-topic.mjs", kafka.bootstrapServers(), TOPIC, publicKey.toString(), KEY_ID);

        assertThat(run.exitCode()).as(run.toString()).isZero();
        JsonNode read = JSON.readTree(run.output());
        Snapshot expected = snapshots.get(1);
        assertThat(read.path("newest").path("version").asText())
                .isEqualTo(expected.version().toString());
        assertThat(read.path("newest").path("sha256").asText())
                .isEqualTo(expected.manifest().sha256());
        assertThat(read.path("newest").path("golden").path("rows").asInt()).isPositive();
        assertThat(read.path("refused").findValuesAsText("problem"))
                .singleElement()
                .asString()
                .contains("expected k1");
    }

    @Test
    void withoutAKeyTheNewestOfAllIsRead() throws Exception {
        NodeProject.Run run = node.run("node", "read-topic.mjs", kafka.bootstrapServers(), TOPIC);

        assertThat(run.exitCode()).as(run.toString()).isZero();
        assertThat(JSON.readTree(run.output()).path("newest").path("version").asText())
                .isEqualTo(snapshots.get(2).version().toString());
    }

    @Test
    void aSelfContainedModelComputesWhatTheTrainerDoesFromRawIds() throws Exception {
        ModelSpec spec = FreshetConfig.shipped("demo").model();
        Learner learner = new Learner(spec);
        for (int table = 0; table < learner.tableCount(); table++) {
            float[] row = new float[spec.tables().get(table).rowWidth()];
            for (int id = 0; id < 1000; id++) {
                for (int i = 0; i < row.length; i++) {
                    // A rate's row is counts and sums: as many labels as positives at most.
                    row[i] = 1 + id % 7 * 0.1f - i % 2 * 0.5f;
                }
                learner.putRow(table, Ids.hash("id" + id), row);
            }
        }
        SnapshotMoment moment = new SnapshotMoment(
                0, new SnapshotVersion(1_650_902_400_000L), null, Lineage.START, 0, new TreeMap<>(), List.of());
        Snapshot snapshot = new SnapshotWriter("demo", "{}").write(learner, moment);
        try (OutputStream out = Files.newOutputStream(folder.resolve("node/model.onnx"))) {
            SelfContainedModel.of(snapshot, IdInput.TEXT, 1_000_000).writeTo(out);
        }
        JSON.writeValue(folder.resolve("node/requests.json").toFile(), requests(new SnapshotScorer(snapshot)));

        NodeProject.Run run = node.run("node", "score-self-contained.mjs", "model.onnx", "requests.json");

        assertThat(run.exitCode()).as(run.toString()).isZero();
        assertThat(JSON.readTree(run.output()).path("requests").asInt()).isEqualTo(50);
    }

    /** Ids with rows and without, of one byte and of many, several and none; with what the trainer predicts. */
    private static ArrayNode requests(SnapshotScorer scorer) {
        FeatureSchema schema = scorer.spec().schema();
        ArrayNode requests = JSON.createArrayNode();
        float[] predictions = new float[scorer.spec().taskCount()];
        for (int request = 0; request < 50; request++) {
            String[][] ids = new String[schema.idNames().size()][];
            ObjectNode node = requests.addObject();
            ObjectNode texts = node.putObject("ids");
            for (int slot = 0; slot < ids.length; slot++) {
                ids[slot] = new String[(request + slot) % 3];
                ArrayNode of = texts.putArray(schema.idNames().get(slot));
                for (int i = 0; i < ids[slot].length; i++) {
                    ids[slot][i] = (request % 4 == 3 ? "视频" : "id") + (31 * request + slot + i);
                    of.add(ids[slot][i]);
                }
            }
            float[] numbers = new float[schema.numberNames().size()];
            Arrays.fill(numbers, request * 0.01f);
            ArrayNode values = node.putArray("numbers");
            for (float number : numbers) {
                values.add(number);
            }
            scorer.score(new FeatureValues(ids, numbers), predictions);
            ObjectNode expected = node.putObject("predictions");
            for (int task = 0; task < predictions.length; task++) {
                expected.put(scorer.spec().tasks().get(task).name(), predictions[task]);
            }
        }
        return requests;
    }
}

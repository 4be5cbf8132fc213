package freshet.jobs.cli;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.config.TopicPlan;
import freshet.jobs.local.EmbeddedKafka;
import freshet.model.learn.Learner;
import freshet.model.snapshot.ModelCopy;
import freshet.model.snapshot.SnapshotMoment;
import freshet.model.snapshot.SnapshotWriter;
import freshet.serde.event.Impression;
import freshet.serde.snapshot.Lineage;
import freshet.serde.snapshot.ManifestSigner;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.SnapshotRecord;
import freshet.serde.snapshot.SnapshotRecords;
import freshet.serde.snapshot.SnapshotVersion;
import freshet.serde.wire.EventJson;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** The life of a few snapshots on real topics, as a person sees it at the command line. */
class SnapshotTopicCommandsTest {
    private static final long FIRST = 1_650_902_400_000L;
    private static final long HOUR = 3_600_000;

    @TempDir
    static Path folder;

    private static EmbeddedKafka kafka;
    private static String configFile;
    private static StringWriter out = new StringWriter();
    private static StringWriter err = new StringWriter();

    @BeforeAll
    static void publishThreeHours() throws Exception {
        assertThat(run("keys", "new", "--out", folder.resolve("keys").toString(), "--id", "k1"))
                .isZero();
        kafka = EmbeddedKafka.start(folder.resolve("kafka"));
        String yaml = """
                name: tiny
                kafka: {bootstrap.servers: '%s'}
                tasks: [{name: click, label: {kind: click}, horizon: 10m, loss: logistic}]
                features: {ids: [{name: user, field: user_id}]}
                model: {embeddings: [{feature: user, dim: 4}], bottom: [4], tower: [4]}
                snapshots:
                  signing: {key_file: '%s', key_id: k1}
                  trusted_keys: {k1: '%s'}
                """.formatted(
                        kafka.bootstrapServers(), folder.resolve("keys/k1.key.pem"), folder.resolve("keys/k1.pub.pem"));
        configFile = Files.writeString(folder.resolve("tiny.yaml"), yaml).toString();
        FreshetConfig config = FreshetConfig.load(Path.of(configFile));
        TopicPlan.of(config.topics()).forEach(plan -> kafka.createTopic(plan.name(), 1, plan.settings()));
        List<SnapshotRecord> records = new ArrayList<>();
        for (int hour = 0; hour < 3; hour++) {
            records.addAll(
                    SnapshotRecords.of(snapshot(config, hour, config.snapshots().signer())));
        }
        records.addAll(SnapshotRecords.of(snapshot(config, 3, ManifestSigner.unsigned())));
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                config.kafka().forProducers(), new ByteArraySerializer(), new ByteArraySerializer())) {
            for (SnapshotRecord record : records) {
                producer.send(new ProducerRecord<>(
                                config.topics().snapshots(),
                                0,
                                record.key().getBytes(StandardCharsets.UTF_8),
                                record.value()))
                        .get();
            }
        }
    }

    private static Snapshot snapshot(FreshetConfig config, int hour, ManifestSigner signer) {
        SnapshotMoment moment = new SnapshotMoment(
                1,
                new SnapshotVersion(FIRST + hour * HOUR),
                null,
                Lineage.after(Lineage.START, new byte[] {(byte) hour}),
                hour,
                new TreeMap<>(),
                List.of());
        ModelCopy model = ModelCopy.of(new Learner(config.model()));
        for (int user = 0; user <= hour; user++) {
            model.put(0, user, new float[] {hour, 0, 0, 0});
        }
        return new SnapshotWriter(config.name(), config.featuresJson()).write(model, moment, signer);
    }

    @AfterAll
    static void stop() throws Exception {
        if (kafka != null) {
            kafka.close();
        }
    }

    private static int run(String... args) {
        out = new StringWriter();
        err = new StringWriter();
        CommandLine commandLine = Main.commandLine();
        commandLine.setOut(new PrintWriter(out, true));
        commandLine.setErr(new PrintWriter(err, true));
        return commandLine.execute(args);
    }

    private static int snapshot(String... args) {
        List<String> all = new ArrayList<>(List.of("snapshot"));
        all.addAll(List.of(args));
        all.addAll(List.of("--config", configFile));
        return run(all.toArray(String[]::new));
    }

    private static void assertRankFollows(String version, String follow) throws IOException {
        Impression request = Impression.builder("i1", "u1", "v1", FIRST).build();
        Path requests = Files.writeString(folder.resolve("requests.jsonl"), EventJson.toJson(request) + "\n");
        Path lastGood = folder.resolve("last-good-" + version); // what is there serves first
        String[] call = {
            "rank", follow, "--config", configFile, "--requests", "" + requests, "--last-good", "" + lastGood
        };

        assertThat(run(call)).as(err.toString()).isZero();
        assertThat(out.toString()).contains("\"model_version\":\"" + version + "\"", "\"click\":");
        assertThat(lastGood).isNotEmptyDirectory();
        assertThat(run("rank", "--follow", "--snapshot", "" + folder)).isEqualTo(Main.NOT_POSSIBLE);
        assertThat(err.toString()).contains("expected either --snapshot, or --follow");
    }

    @Test
    void promotedRolledBackAndWithdrawnAsRegistryAndServersSeeIt() throws Exception {
        assertThat(snapshot("show", "current")).isEqualTo(Main.NOT_POSSIBLE);
        assertThat(err.toString()).contains("names no current snapshot");

        assertThat(snapshot("promote", "20220425T16Z", "--reason", "first", "--by", "anna"))
                .as(err.toString())
                .isZero();
        assertThat(out.toString()).contains("current 20220425T16Z, previous -");
        assertThat(snapshot("promote", "20220425T17Z", "--reason", "better")).isZero();
        assertThat(snapshot("promote", "20220425T19Z", "--reason", "not signed"))
                .isEqualTo(Main.NOT_POSSIBLE);
        assertThat(err.toString()).contains("it is not signed");

        assertThat(snapshot("canary", "20220425T16Z", "--reason", "try")).isZero();
        assertThat(out.toString()).contains("current 20220425T17Z, previous 20220425T16Z, canary 20220425T16Z");
        assertRankFollows("20220425T16Z", "--follow=canary");
        assertThat(snapshot("canary", "current", "--reason", "enough")).isZero();
        assertThat(out.toString()).doesNotContain("canary");

        assertThat(snapshot("verify", "current")).isZero();
        assertThat(out.toString()).contains("good: 20220425T17Z");
        assertRankFollows("20220425T17Z", "--follow");
        assertThat(snapshot("diff", "previous", "current")).isZero();
        assertThat(out.toString()).contains("examples\t1").contains("came 1\twent 0\tmoved 1\tfurthest 1");

        assertThat(snapshot("rollback", "--reason", "complaints")).isZero();
        assertThat(out.toString()).contains("current 20220425T16Z, previous -");
        assertThat(snapshot("rollback", "--reason", "more complaints")).isEqualTo(Main.FAILED);
        assertThat(err.toString()).contains("no previous version");
        assertThat(snapshot("withdraw", "20220425T18Z", "--reason", "poisoned")).isZero();
        assertThat(snapshot("promote", "20220425T18Z", "--reason", "try")).isEqualTo(Main.FAILED);

        assertThat(snapshot("ls")).isZero();
        assertThat(out.toString().lines())
                .satisfiesExactly(
                        line -> assertThat(line).startsWith("20220425T16Z\t1\t").contains("\tpromoted\tcurrent\t"),
                        line -> assertThat(line).contains("\tquarantined\t-\t").endsWith(": complaints"),
                        line -> assertThat(line).contains("\twithdrawn\t-\t").endsWith(": poisoned"),
                        line -> assertThat(line).startsWith("20220425T19Z\t1\t"));
    }

    @Test
    void fetchedToAFolderItIsTheSame() {
        String folderOut = folder.resolve("got").toString();
        assertThat(snapshot("get", "20220425T17Z", "--out", folderOut)).isZero();
        assertThat(run("snapshot", "verify", folderOut + "/20220425T17Z")).isZero();
        assertThat(run("snapshot", "ls", folderOut)).isZero();
        assertThat(out.toString()).startsWith("20220425T17Z\t1\t");
        assertThat(snapshot("get", "20300101T00Z", "--out", folderOut)).isEqualTo(Main.NOT_POSSIBLE);
        assertThat(err.toString()).contains("it is not there");
    }

    @ParameterizedTest
    @CsvSource({
        "examples, freshet.impressions, freshet.examples",
        "train, freshet.examples, freshet.snapshots",
        "gate, freshet.snapshots, freshet.model_registry"
    })
    void eachJobIsToldWhatItMayDoWithItsTopics(String job, String read, String written) {
        assertThat(run("check", "--config", configFile, "--job", job))
                .as(err.toString())
                .isZero();
        assertThat(out.toString())
                .contains("good: may read " + read + System.lineSeparator())
                .contains("good: may write " + written + System.lineSeparator());
    }

    @Test
    void keysAreNeverOverwritten() {
        assertThat(run("keys", "new", "--out", folder.resolve("keys").toString(), "--id", "k1"))
                .isEqualTo(Main.NOT_POSSIBLE);
        assertThat(err.toString()).contains("never overwritten");
    }
}

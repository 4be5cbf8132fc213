package freshet.model.serve;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import freshet.model.serve.SubscriberOptions.Follow;
import freshet.serde.snapshot.KeyFiles;
import freshet.serde.snapshot.ManifestSigner;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.SnapshotFile;
import freshet.serde.snapshot.SnapshotRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Each thing that a server refuses has a name of its own and is said in words; the last good snapshot serves on. */
class RefusalsTest {
    private static final SmallTrainer TRAINER = new SmallTrainer(3, 1, SmallTrainer.SIGNER);
    private static final String FEATURES =
            TRAINER.snapshot(0).manifest().description().featureFingerprint();

    private final SmallServer server = new SmallServer(SubscriberOptions.following(Follow.NEWEST)
            .trusting(SmallTrainer.TRUSTED)
            .forFeatures(FEATURES));

    @BeforeEach
    void loadTheFirst() {
        server.readSnapshots(TRAINER.snapshot(0));
        server.assertServes(TRAINER, 0, 0);
    }

    @AfterEach
    void theFirstServesStillAndTheNextGoodOneDoes() {
        server.assertServes(TRAINER, 0, 0);
        server.readSnapshots(TRAINER.snapshot(2));
        server.assertServes(TRAINER, 2, 0);
        server.close();
    }

    /** The second snapshot signed otherwise. */
    private static Snapshot signed(ManifestSigner signer) {
        Snapshot second = TRAINER.snapshot(1);
        return Snapshot.of(second.manifest().description(), second.files(), signer);
    }

    private static Snapshot withNetwork(Consumer<ModelProto.Builder> change) throws Exception {
        List<SnapshotFile> files = new ArrayList<>();
        for (SnapshotFile file : TRAINER.snapshot(1).files()) {
            ModelProto.Builder network = ModelProto.newBuilder();
            if (file.name().equals("network.onnx")) {
                change.accept(network.mergeFrom(file.bytes()));
                files.add(new SnapshotFile(file.name(), network.build().toByteArray()));
            } else {
                files.add(file);
            }
        }
        return Snapshot.of(TRAINER.snapshot(1).manifest().description(), files, SmallTrainer.SIGNER);
    }

    @Test
    void unsigned() {
        server.readSnapshots(signed(ManifestSigner.unsigned()));
        server.assertRefused("unsigned", "20220425T17Z", "not signed");
    }

    @Test
    void signedWithAKeyThatIsNotTrusted() {
        server.readSnapshots(
                signed(ManifestSigner.of("other", KeyFiles.newPair().getPrivate())));
        server.assertRefused("unknown_key", "the key 'other'", "accepts [test]");
    }

    @Test
    void signedWithAnotherKeyUnderATrustedName() {
        server.readSnapshots(signed(ManifestSigner.of("test", KeyFiles.newPair().getPrivate())));
        server.assertRefused("wrong_signature", "not that of the key 'test'");
    }

    @Test
    void writtenByATrainerThatWasReplaced() {
        SmallTrainer old = new SmallTrainer(2, 0, SmallTrainer.SIGNER);
        server.readSnapshots(old.snapshot(1));
        server.assertRefused("older_generation", "generation 0", "has replaced it");
    }

    @Test
    void older() {
        server.readSnapshots(new SmallTrainer(1, 1, SmallTrainer.SIGNER).snapshot(0));
        assertThat(server.subscriber.outcomes()).containsKey("repeat");
        server.readSnapshots(TRAINER.snapshot(0));
        server.read(FeedTopic.SNAPSHOTS, List.of(new SnapshotRecord("20220425T15Z/manifest", new byte[1])));
        server.assertCounts("older", 1);
    }

    @Test
    void aChunkThatIsCorrupt() {
        List<SnapshotRecord> records = new ArrayList<>(TRAINER.snapshotRecords(1));
        byte[] flipped = records.get(0).value().clone();
        flipped[flipped.length / 2] ^= 4;
        records.set(0, new SnapshotRecord(records.get(0).key(), flipped));
        server.read(FeedTopic.SNAPSHOTS, records);
        server.assertRefused("corrupt_chunks", "1 only torn or altered");
    }

    @Test
    void aManifestThatIsCorrupt() {
        List<SnapshotRecord> records = new ArrayList<>(TRAINER.snapshotRecords(1));
        int last = records.size() - 1;
        byte[] flipped = records.get(last).value().clone();
        flipped[flipped.length / 2] ^= 4;
        records.set(last, new SnapshotRecord(records.get(last).key(), flipped));
        server.read(FeedTopic.SNAPSHOTS, records);
        server.assertRefused("bad_manifest", "torn or altered");
    }

    @Test
    void forOtherFeatures() {
        try (SmallServer other =
                new SmallServer(SubscriberOptions.following(Follow.NEWEST).forFeatures("0".repeat(64)))) {
            other.readSnapshots(TRAINER.snapshot(1));
            other.assertRefused(SnapshotSubscriber.OTHER_FEATURES, FEATURES, "0".repeat(64));
            assertThat(other.live.manifest()).isEmpty();
        }
    }

    @Test
    void weightsInAnotherFile() throws Exception {
        server.readSnapshots(withNetwork(network ->
                network.getGraphBuilder().getInitializerBuilder(0).setDataLocation(TensorProto.DataLocation.EXTERNAL)));
        server.assertRefused("external_data", "20220425T17Z", "in another file");
    }

    @Test
    void anOperatorThatIsNotKnown() throws Exception {
        server.readSnapshots(withNetwork(network ->
                network.getGraphBuilder().addNode(NodeProto.newBuilder().setOpType("Loop"))));
        server.assertRefused("unknown_operator", "':Loop'");
    }

    @Test
    void operatorsOfAnotherVersion() throws Exception {
        server.readSnapshots(
                withNetwork(network -> network.getOpsetImportBuilder(0).setVersion(99)));
        server.assertRefused("other_opset", "version 99", "version 17");
    }

    @Test
    void functions() throws Exception {
        server.readSnapshots(
                withNetwork(network -> network.addFunctionsBuilder().setName("f")));
        server.assertRefused("no_plain_graph", "plain graph");
    }
}

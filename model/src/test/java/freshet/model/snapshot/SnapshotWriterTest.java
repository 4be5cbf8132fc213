package freshet.model.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import freshet.model.ModelFixtures;
import freshet.model.learn.Learner;
import freshet.model.math.Ids;
import freshet.model.spec.ModelSpec;
import freshet.model.table.InitialValues;
import freshet.serde.example.FeatureValues;
import freshet.serde.example.LabeledExample;
import freshet.serde.snapshot.BadSnapshotException;
import freshet.serde.snapshot.SafeTensors;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.SnapshotAssembler;
import freshet.serde.snapshot.SnapshotAssembly.Complete;
import freshet.serde.snapshot.SnapshotFile;
import freshet.serde.snapshot.SnapshotRecord;
import freshet.serde.snapshot.SnapshotRecords;
import java.nio.LongBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SnapshotWriterTest {

    static LongStream seeds() {
        return LongStream.range(0, 40);
    }

    private static float[] scored(Learner learner, List<LabeledExample> examples) {
        float[] predictions = new float[examples.size() * learner.spec().taskCount()];
        learner.score(examples, predictions);
        return predictions;
    }

    private static Snapshot travelled(Snapshot snapshot) {
        SnapshotAssembler assembler = new SnapshotAssembler();
        for (SnapshotRecord record : SnapshotRecords.of(snapshot)) {
            if (assembler.accept(record) instanceof Complete whole) {
                return whole.snapshot();
            }
        }
        throw new AssertionError("the snapshot's own records do not make it whole");
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void aSnapshotScoresAsItsLearnerToTheBit(long seed) throws Exception {
        Learner learner = SnapshotFixtures.learner(SnapshotFixtures.randomSpec(seed), seed, 12);
        SnapshotScorer scorer = new SnapshotScorer(travelled(SnapshotFixtures.snapshot(learner, 0)));
        List<LabeledExample> examples = ModelFixtures.examples(seed + 77, 50);
        float[] found = new float[50 * learner.spec().taskCount()];
        scorer.score(examples.stream().map(LabeledExample::features).toList(), found);
        assertThat(found).isEqualTo(scored(learner, examples));

        float[] alone = new float[learner.spec().taskCount()];
        scorer.score(examples.get(3).features(), alone);
        for (int task = 0; task < alone.length; task++) {
            assertThat(alone[task]).isEqualTo(found[3 * alone.length + task]);
        }
    }

    @Test
    void whatTheServerDoesNotKnowIsMissingWhenScoring() throws Exception {
        Learner learner = SnapshotFixtures.learner(ModelFixtures.spec(ModelFixtures.FULL), 3, 30);
        SnapshotScorer scorer = new SnapshotScorer(SnapshotFixtures.snapshot(learner, 0));
        FeatureValues first = ModelFixtures.examples(5, 1).get(0).features();
        float[] expected = new float[3];
        scorer.score(first, expected);
        for (String position : List.of("0", "1", "2")) {
            String[][] ids = first.ids().clone();
            ids[4] = new String[] {position};
            float[] found = new float[3];
            scorer.score(new FeatureValues(ids, first.numbers()), found);
            assertThat(found).isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void writtenTwiceTheBytesAreTheSame(long seed) {
        ModelSpec spec = SnapshotFixtures.randomSpec(seed);
        Snapshot one = SnapshotFixtures.snapshot(SnapshotFixtures.learner(spec, seed, 9), 1);
        Snapshot two = SnapshotFixtures.snapshot(SnapshotFixtures.learner(spec, seed, 9), 1);
        assertThat(two.manifestLine()).isEqualTo(one.manifestLine());
        for (int i = 0; i < one.files().size(); i++) {
            assertThat(two.files().get(i).bytes()).isEqualTo(one.files().get(i).bytes());
        }
        Snapshot later = SnapshotFixtures.snapshot(SnapshotFixtures.learner(spec, seed, 10), 1);
        assertThat(later.manifest().sha256()).isNotEqualTo(one.manifest().sha256());
    }

    /** Rows that were put in in another order, and so lie elsewhere in the table. */
    @Test
    void theOrderInWhichRowsCameIsNotSeen() {
        ModelSpec spec = ModelFixtures.spec(ModelFixtures.FULL);
        Learner learner = SnapshotFixtures.learner(spec, 4, 10);
        Learner other = new Learner(spec);
        other.restoreDense(learner.saveDense());
        for (int table = 0; table < learner.tableCount(); table++) {
            int index = table;
            List<Runnable> puts = new ArrayList<>();
            learner.forEachRow(table, (id, weights) -> {
                float[] row = Arrays.copyOf(weights, spec.tables().get(index).rowWidth());
                puts.add(0, () -> other.putRow(index, id, row));
            });
            puts.forEach(Runnable::run);
        }
        assertThat(SnapshotFixtures.snapshot(other, 1).manifestLine())
                .isEqualTo(SnapshotFixtures.snapshot(learner, 1).manifestLine());
    }

    /** The numbers of SNAPSHOT-FORMAT.md, which {@code read_snapshot.py} computes too: other languages depend on them. */
    @Test
    void idsAreWhatTheFormatSays() {
        assertThat(Ids.hash("")).isEqualTo(-780787492076525413L);
        assertThat(Ids.hash("u1")).isEqualTo(8169491770928374175L);
        assertThat(Ids.hash("视频")).isEqualTo(6567696747498877266L);
        assertThat(Ids.hash("a\uD83D\uDE00")).isEqualTo(8627362948315434557L);
        assertThat(Ids.cross(Ids.hash("u1"), Ids.hash("v1"))).isEqualTo(6833058077211764976L);
        float[] initial = new float[3];
        new InitialValues(7, ModelFixtures.spec(ModelFixtures.FULL).tables().get(0)).fill(Ids.hash("u1"), initial, 0);
        assertThat(initial[1]).isEqualTo(0.35676122f);
    }

    @Test
    void rowsAreAscendingAndWithoutOptimizerSlots() throws Exception {
        Learner learner = SnapshotFixtures.learner(ModelFixtures.spec(ModelFixtures.FULL), 1, 10);
        SafeTensors rows =
                SafeTensors.parse(SnapshotFixtures.snapshot(learner, 0).file("rows-00000.safetensors"));
        assertThat(rows.shapes()).hasSize(2 * learner.tableCount());
        for (int table = 0; table < learner.tableCount(); table++) {
            String name = learner.tableName(table);
            LongBuffer ids = rows.longs(name + ".ids");
            assertThat(ids.remaining()).isEqualTo(learner.rowCount(table));
            for (int i = 1; i < ids.remaining(); i++) {
                assertThat(ids.get(i)).isGreaterThan(ids.get(i - 1));
            }
            assertThat(rows.shapes().get(name + ".rows"))
                    .containsExactly(
                            ids.remaining(), learner.spec().tables().get(table).width());
        }
    }

    @Test
    void theModelFileIsEnoughToBuildTheSpecAgain() throws Exception {
        ModelSpec spec = ModelFixtures.spec(ModelFixtures.FULL);
        Snapshot snapshot = SnapshotFixtures.snapshot(SnapshotFixtures.learner(spec, 1, 1), 0);
        ModelFile file = ModelFile.parse(snapshot.file("model.json"));
        assertThat(file.spec()).isEqualTo(spec);
        assertThat(file.featuresJson()).isEqualTo(SnapshotFixtures.FEATURES);
    }

    @Test
    void aTasksLabelRuleAndKeysOfANewerTrainerAreNotMistakesOfTheModelFile() throws Exception {
        String json = new String(SnapshotFixtures.snapshot(0).file("model.json"), StandardCharsets.UTF_8)
                .replace(
                        "{\"name\":\"click\"", "{\"name\":\"click\",\"label\":{\"kind\":\"click\"},\"horizon\":\"10m\"")
                .replace("\"seed\":7", "\"seed\":7,\"novelty\":1");
        assertThat(ModelFile.parse(json.getBytes(StandardCharsets.UTF_8)).spec().taskCount())
                .isEqualTo(3);
        assertThatThrownBy(() -> ModelFile.parse(
                        json.replace("\"seed\":7", "\"seed\":\"x\"").getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(BadSnapshotException.class)
                .hasMessageContaining("seed");
    }

    @Test
    void fingerprintsTellModelsAndFeaturesApart() {
        Learner learner = SnapshotFixtures.learner(ModelFixtures.spec(ModelFixtures.FULL), 1, 1);
        Learner plain = SnapshotFixtures.learner(ModelFixtures.spec(ModelFixtures.PLAIN), 1, 1);
        SnapshotMoment moment = SnapshotFixtures.moment(0, List.of());
        var one = new SnapshotWriter("a", SnapshotFixtures.FEATURES)
                .write(learner, moment)
                .manifest()
                .description();
        var two = new SnapshotWriter("b", "{\"ids\":[]}")
                .write(learner, moment)
                .manifest()
                .description();
        var three = new SnapshotWriter("a", SnapshotFixtures.FEATURES)
                .write(plain, moment)
                .manifest()
                .description();
        assertThat(two.modelFingerprint()).isEqualTo(one.modelFingerprint());
        assertThat(two.featureFingerprint()).isNotEqualTo(one.featureFingerprint());
        assertThat(three.modelFingerprint()).isNotEqualTo(one.modelFingerprint());
        assertThat(three.featureFingerprint()).isEqualTo(one.featureFingerprint());
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void goldenRowsReadBackAsTheyWereScored(long seed) throws Exception {
        ModelSpec spec = SnapshotFixtures.randomSpec(seed);
        Learner learner = SnapshotFixtures.learner(spec, seed, 9);
        for (List<FeatureValues> given : List.of(SnapshotFixtures.features(seed, 3), List.<FeatureValues>of())) {
            Snapshot snapshot = new SnapshotWriter("t", SnapshotFixtures.FEATURES)
                    .write(learner, SnapshotFixtures.moment(1, given));
            List<GoldenRows.Row> golden = SnapshotModel.of(snapshot).golden();
            assertThat(golden).hasSize(4 + given.size());
            SnapshotScorer scorer = new SnapshotScorer(snapshot);
            for (GoldenRows.Row row : golden) {
                float[] found = new float[spec.taskCount()];
                scorer.scoreHashed(List.of(row.features()), found);
                assertThat(row.predictions()).usingComparatorWithPrecision(0f).containsExactly(found);
            }
        }
    }

    @Test
    void aFileThatIsRightByItsChecksumAndNoModelIsRefused() {
        Snapshot snapshot = SnapshotFixtures.snapshot(1);
        for (SnapshotFile file : snapshot.files()) {
            List<SnapshotFile> files = new ArrayList<>(snapshot.files());
            files.set(files.indexOf(file), new SnapshotFile(file.name(), "{}".getBytes(StandardCharsets.UTF_8)));
            Snapshot other = Snapshot.of(snapshot.manifest().description(), files);
            if (!file.name().equals("network.onnx") && !file.name().equals("golden.json")) {
                assertThatThrownBy(() -> SnapshotModel.of(other)).isInstanceOf(BadSnapshotException.class);
            }
        }
    }

    @Test
    void aRowThatIsNotFiniteIsRefused() {
        Learner learner = SnapshotFixtures.learner(ModelFixtures.spec(ModelFixtures.PLAIN), 1, 2);
        float[] row = new float[learner.spec().tables().get(0).rowWidth()];
        row[1] = Float.NaN;
        learner.putRow(0, 99, row);
        assertThatThrownBy(() -> SnapshotFixtures.snapshot(learner, 0)).hasMessageContaining("not finite");
    }

    @Test
    void theNetworkIsPlainStandardOnnxWithItsMetadata() throws Exception {
        byte[] bytes = SnapshotFixtures.snapshot(1).file("network.onnx");
        NetworkCheck.check(bytes);
        ModelProto model = ModelProto.parseFrom(bytes);
        assertThat(model.getIrVersion()).isEqualTo(8);
        assertThat(model.getOpsetImport(0).getVersion()).isEqualTo(17);
        assertThat(model.getMetadataPropsList().stream().map(entry -> entry.getKey() + "=" + entry.getValue()))
                .contains("name=test", "version=20220425T17Z", "tasks=click,like,watch");
        assertThat(model.getGraph().getOutputList().stream().map(output -> output.getName()))
                .containsExactly("click", "like", "watch");
    }

    @Test
    void aNetworkWithForeignOperatorsOrWeightsElsewhereIsRefused() throws Exception {
        ModelProto model = ModelProto.parseFrom(SnapshotFixtures.snapshot(1).file("network.onnx"));
        ModelProto.Builder custom = model.toBuilder();
        custom.getGraphBuilder()
                .addNode(NodeProto.newBuilder().setOpType("Relu").setDomain("evil"));
        ModelProto.Builder loop = model.toBuilder();
        loop.getGraphBuilder().addNode(NodeProto.newBuilder().setOpType("Loop"));
        ModelProto.Builder external = model.toBuilder();
        external.getGraphBuilder().getInitializerBuilder(0).setDataLocation(TensorProto.DataLocation.EXTERNAL);
        ModelProto.Builder opset = model.toBuilder();
        opset.getOpsetImportBuilder(0).setVersion(99);
        for (ModelProto.Builder bad : List.of(custom, loop, external, opset)) {
            assertThatThrownBy(() -> NetworkCheck.check(bad.build().toByteArray()))
                    .isInstanceOf(BadSnapshotException.class)
                    .hasMessageContaining("expected");
        }
        assertThatThrownBy(() -> NetworkCheck.check(new byte[] {1, 2, 3})).hasMessageContaining("not an ONNX file");
    }
}

package freshet.model.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import freshet.model.ModelFixtures;
import freshet.model.batch.Counted;
import freshet.model.batch.HashedFeatures;
import freshet.model.export.SelfContainedModel.IdInput;
import freshet.model.learn.Learner;
import freshet.model.serve.OnnxRuntime;
import freshet.model.serve.SelfContainedRanker;
import freshet.model.snapshot.GoldenRows;
import freshet.model.snapshot.SnapshotFixtures;
import freshet.model.snapshot.SnapshotModel;
import freshet.model.snapshot.SnapshotScorer;
import freshet.model.spec.ModelSpec;
import freshet.serde.example.FeatureValues;
import freshet.serde.snapshot.Snapshot;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SelfContainedModelTest {
    private static final long MANY = 1_000_000;

    @TempDir
    Path folder;

    static LongStream seeds() {
        return LongStream.range(0, 40);
    }

    private static void assertAgree(float[] found, float[] expected) {
        for (int i = 0; i < expected.length; i++) {
            assertThat(GoldenRows.agree(found[i], expected[i]))
                    .as("prediction %d: %s against %s", i, found[i], expected[i])
                    .isTrue();
        }
    }

    /** As they come, and with ids that no model knows: other scripts, empty, long, none. */
    private static List<FeatureValues> requests(long seed) {
        List<FeatureValues> requests = new ArrayList<>(SnapshotFixtures.features(seed, 20));
        String[][] strange = {{"nobody"}, {"视频"}, {"a😀", "", "t1"}, {}, {""}, {"x".repeat(300)}};
        requests.add(new FeatureValues(strange, new float[] {0.5f, -3}));
        requests.add(new FeatureValues(new String[][] {{}, {}, {}, {}, {}, {}}, new float[] {0, 0}));
        return requests;
    }

    private Path write(Snapshot snapshot) throws Exception {
        return Files.write(
                folder.resolve("model.onnx"),
                SelfContainedModel.of(snapshot, IdInput.TEXT, MANY).toByteArray());
    }

    private void assertScoresAlike(Snapshot snapshot, List<FeatureValues> requests) throws Exception {
        SnapshotScorer scorer = new SnapshotScorer(snapshot);
        float[] expected = new float[requests.size() * scorer.spec().taskCount()];
        float[] found = new float[expected.length];
        scorer.score(requests, expected);
        Path file = write(snapshot);
        try (SelfContainedRanker ranker = new SelfContainedRanker(file, scorer.spec())) {
            ranker.score(requests, found);
            assertAgree(found, expected);
            assertThat(ranker.checkGolden(SnapshotModel.of(snapshot).golden())).isPositive();
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void rawIdsGiveWhatTheLearnerPredicts(long seed) throws Exception {
        Learner learner = SnapshotFixtures.learner(SnapshotFixtures.randomSpec(seed), seed, 20);
        assertScoresAlike(SnapshotFixtures.snapshot(learner, 0), requests(seed));
    }

    @Test
    void aWholeModelOneThatHasLearntNothingAndSeparateTasks() throws Exception {
        assertScoresAlike(SnapshotFixtures.snapshot(3), requests(3));
        ModelSpec full = ModelFixtures.spec(ModelFixtures.FULL);
        assertScoresAlike(SnapshotFixtures.snapshot(new Learner(full), 0), requests(4));
        ModelSpec weighted = ModelFixtures.spec(ModelFixtures.WEIGHTED);
        assertScoresAlike(SnapshotFixtures.snapshot(SnapshotFixtures.learner(weighted, 6, 9), 0), requests(6));
        ModelSpec separate = ModelFixtures.spec(ModelFixtures.SEPARATE);
        assertScoresAlike(SnapshotFixtures.snapshot(SnapshotFixtures.learner(separate, 5, 9), 0), requests(5));
    }

    @Test
    void numbersThatAreReadAsRanks() throws Exception {
        ModelSpec spec = ModelFixtures.spec(ModelFixtures.FULL.replace(
                "seed: 7,", "seed: 7, quantiles: {numbers: ['duration', 'age'], intervals: 4, window: 16},"));
        Learner learner = SnapshotFixtures.learner(spec, 6, 12);
        List<FeatureValues> requests = requests(6);
        // Below all edges and above, and on them: the tables are made of numbers that were learnt.
        requests.add(new FeatureValues(requests.get(0).ids(), new float[] {-100, 100}));
        requests.addAll(SnapshotFixtures.features(6011, 8));
        for (float edge : Counted.of(spec, learner.denseTensors()).rankTables()) {
            requests.add(new FeatureValues(requests.get(1).ids(), new float[] {edge, edge}));
        }
        assertScoresAlike(SnapshotFixtures.snapshot(learner, 0), requests);
        assertScoresAlike(SnapshotFixtures.snapshot(new Learner(spec), 0), requests);
    }

    @Test
    void aNumberThatIsNotFiniteSpoilsItsCandidateAlone() throws Exception {
        Snapshot snapshot = SnapshotFixtures.snapshot(2);
        List<FeatureValues> requests = new ArrayList<>(SnapshotFixtures.features(2, 3));
        requests.set(1, new FeatureValues(requests.get(1).ids(), new float[] {0, Float.POSITIVE_INFINITY}));
        float[] found = new float[9];
        Path file = write(snapshot);
        try (SelfContainedRanker ranker =
                new SelfContainedRanker(file, SnapshotModel.of(snapshot).spec())) {
            ranker.score(requests, found);
        }
        for (int i = 0; i < found.length; i++) {
            assertThat(Float.isNaN(found[i])).as("%d", i).isEqualTo(i >= 3 && i < 6);
        }
    }

    @Test
    void hashedIdsGiveTheGoldenRowsOfRealImpressions() throws Exception {
        Snapshot snapshot = SnapshotFixtures.snapshot(4);
        SnapshotModel model = SnapshotModel.of(snapshot);
        OrtEnvironment environment = OnnxRuntime.environment();
        byte[] file = SelfContainedModel.of(snapshot, IdInput.HASHED, MANY).toByteArray();
        try (OrtSession session = environment.createSession(file)) {
            for (GoldenRows.Row row : model.golden()) {
                Map<String, OnnxTensor> inputs = hashedInputs(session, model.spec(), row.features());
                try (OrtSession.Result result = session.run(inputs)) {
                    for (int task = 0; task < row.predictions().length; task++) {
                        String name = model.spec().tasks().get(task).name();
                        OnnxTensor found = (OnnxTensor) result.get(name).orElseThrow();
                        assertAgree(new float[] {found.getFloatBuffer().get(0)}, new float[] {row.predictions()[task]});
                    }
                }
                inputs.values().forEach(OnnxTensor::close);
            }
        }
    }

    private static Map<String, OnnxTensor> hashedInputs(OrtSession session, ModelSpec spec, HashedFeatures features)
            throws Exception {
        OrtEnvironment environment = OnnxRuntime.environment();
        Map<String, OnnxTensor> inputs = new LinkedHashMap<>();
        inputs.put(
                "numbers",
                OnnxTensor.createTensor(environment, FloatBuffer.wrap(features.numbers()), new long[] {1, 2}));
        for (int slot = 0; slot < features.ids().length; slot++) {
            String name = spec.schema().idNames().get(slot);
            if (session.getInputNames().contains("ids." + name)) {
                long[] ids = features.ids()[slot];
                int count = Math.max(1, ids.length);
                LongBuffer values = LongBuffer.allocate(count).put(0, ids);
                ByteBuffer present = ByteBuffer.allocateDirect(count).put(0, (byte) (ids.length == 0 ? 0 : 1));
                for (int i = 1; i < count; i++) {
                    present.put(i, (byte) 1);
                }
                long[] shape = {1, count};
                inputs.put("ids." + name, OnnxTensor.createTensor(environment, values, shape));
                inputs.put("present." + name, OnnxTensor.createTensor(environment, present, shape, OnnxJavaType.BOOL));
            }
        }
        return inputs;
    }

    @Test
    void inputsAndOutputsAreAsThePageSaysInTheEyesOfOnnxRuntime() throws Exception {
        byte[] file = SelfContainedModel.of(SnapshotFixtures.snapshot(1), IdInput.TEXT, MANY)
                .toByteArray();
        try (OrtSession session = OnnxRuntime.environment().createSession(file)) {
            assertThat(shapes(session.getInputInfo()))
                    .containsEntry("numbers", "FLOAT[-1, 2]")
                    .containsEntry("ids.tag", "UINT8[-1, -1, -1]")
                    .containsEntry("lengths.tag", "INT64[-1, -1]")
                    // Missing whenever the model scores.
                    .doesNotContainKey("ids.position");
            assertThat(shapes(session.getOutputInfo()))
                    .containsOnly(
                            Map.entry("click", "FLOAT[-1, 1]"),
                            Map.entry("like", "FLOAT[-1, 1]"),
                            Map.entry("watch", "FLOAT[-1, 1]"));
        }
    }

    private static Map<String, String> shapes(Map<String, NodeInfo> infos) {
        return infos.values().stream().collect(Collectors.toMap(NodeInfo::getName, info -> {
            TensorInfo tensor = (TensorInfo) info.getInfo();
            return tensor.type
                    + LongStream.of(tensor.getShape()).boxed().toList().toString();
        }));
    }

    @Test
    void theFileSaysWhatItIsAndIsTheSameEveryTime() throws Exception {
        Snapshot snapshot = SnapshotFixtures.snapshot(1);
        ModelProto file = SelfContainedModel.of(snapshot, IdInput.TEXT, MANY);
        assertThat(file.getMetadataPropsList().stream()
                        .collect(Collectors.toMap(StringStringEntryProto::getKey, StringStringEntryProto::getValue)))
                .containsEntry("name", "test")
                .containsEntry("version", snapshot.version().toString())
                .containsEntry("tasks", "click,like,watch")
                .containsEntry("ids", "text")
                .containsEntry("numbers", "age,duration")
                .containsEntry("snapshot_sha256", snapshot.manifest().sha256())
                .containsKeys("rows", "model_fingerprint", "feature_fingerprint");
        assertThat(SelfContainedModel.of(snapshot, IdInput.TEXT, MANY).toByteArray())
                .isEqualTo(file.toByteArray());
    }

    @Test
    void tooManyRowsAreRefusedInWords() {
        assertThatThrownBy(() -> SelfContainedModel.of(SnapshotFixtures.snapshot(1), IdInput.TEXT, 10))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("rows, about")
                .hasMessageContaining("at most 10 rows")
                .hasMessageContaining("network.onnx");
    }
}

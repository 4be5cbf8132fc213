package freshet.model.snapshot;

import freshet.model.layer.NamedTensor;
import freshet.model.learn.Learner;
import freshet.model.learn.Scorer;
import freshet.model.spec.ModelSpec;
import freshet.serde.example.FeatureValues;
import freshet.serde.snapshot.BadSnapshotException;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.SnapshotDescription;
import freshet.serde.snapshot.SnapshotFile;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Makes snapshots of a learner: {@code model.json}, {@code network.onnx}, {@code dense.safetensors},
 * {@code rows.safetensors}, {@code golden.json}. The bytes are a function of the learner's weights and the moment; the learner
 * is only read. Called on the learner's thread.
 */
public final class SnapshotWriter {
    private final String name;
    private final String featuresJson;

    /**
     * @param name the model's
     * @param featuresJson the configuration's {@code features:} block as JSON, by which a server extracts the same features
     */
    public SnapshotWriter(String name, String featuresJson) {
        this.name = name;
        this.featuresJson = featuresJson;
    }

    /** The snapshot of a learner as it is now. */
    public Snapshot write(Learner learner, SnapshotMoment moment) {
        ModelSpec spec = learner.spec();
        ModelFile model = new ModelFile(spec, featuresJson);
        List<NamedTensor> tensors = learner.denseTensors();
        byte[] rows = TensorFiles.rows(learner);
        SnapshotDescription description = new SnapshotDescription(
                name,
                moment.version(),
                moment.parent(),
                model.modelFingerprint(),
                model.featureFingerprint(),
                spec.tasks().stream().map(task -> task.name()).toList(),
                moment.examples(),
                moment.metrics(),
                GoldenRows.NAME);
        return Snapshot.of(
                description,
                List.of(
                        new SnapshotFile(ModelFile.NAME, model.bytes()),
                        new SnapshotFile(OnnxNetwork.NAME, OnnxNetwork.bytes(spec, tensors, metadata(description))),
                        new SnapshotFile(TensorFiles.DENSE, TensorFiles.dense(tensors)),
                        new SnapshotFile(TensorFiles.ROWS, rows),
                        new SnapshotFile(
                                GoldenRows.NAME, GoldenRows.bytes(spec, golden(spec, tensors, rows, moment)))));
    }

    /** What a server shows of a loaded network without the rest of the snapshot. */
    private static SortedMap<String, String> metadata(SnapshotDescription description) {
        SortedMap<String, String> metadata = new TreeMap<>();
        metadata.put("name", description.name());
        metadata.put("version", description.version().toString());
        metadata.put("tasks", String.join(",", description.tasks()));
        metadata.put("examples", Long.toString(description.examples()));
        metadata.put("model_fingerprint", description.modelFingerprint());
        metadata.put("feature_fingerprint", description.featureFingerprint());
        return metadata;
    }

    /** Scored from the bytes that were written, by the code the learner scores with: what a server has to reproduce. */
    private static List<GoldenRows.Row> golden(
            ModelSpec spec, List<NamedTensor> tensors, byte[] rows, SnapshotMoment moment) {
        List<FeatureValues> features = moment.golden().isEmpty() ? GoldenRows.madeUp(spec) : moment.golden();
        Scorer scorer;
        try {
            scorer = new Scorer(spec, tensors, TensorFiles.parseRows(rows, spec));
        } catch (BadSnapshotException e) {
            throw new IllegalStateException(
                    "writing snapshot " + moment.version() + ": its own rows cannot be read back: " + e.getMessage(),
                    e);
        }
        int tasks = spec.taskCount();
        int width = spec.inputWidth();
        float[] x = new float[features.size() * width];
        float[] bias = new float[features.size() * tasks];
        float[] predictions = new float[features.size() * tasks];
        scorer.assemble(features, x, bias);
        scorer.score(features, predictions);
        List<GoldenRows.Row> golden = new ArrayList<>();
        for (int i = 0; i < features.size(); i++) {
            golden.add(new GoldenRows.Row(
                    features.get(i),
                    Arrays.copyOfRange(x, i * width, (i + 1) * width),
                    Arrays.copyOfRange(bias, i * tasks, (i + 1) * tasks),
                    Arrays.copyOfRange(predictions, i * tasks, (i + 1) * tasks)));
        }
        return golden;
    }
}

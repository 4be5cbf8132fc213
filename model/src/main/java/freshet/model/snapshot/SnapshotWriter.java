package freshet.model.snapshot;

import freshet.model.batch.Counted;
import freshet.model.learn.Learner;
import freshet.model.spec.ModelSpec;
import freshet.model.spec.TaskSpec;
import freshet.serde.snapshot.ManifestSigner;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.SnapshotDescription;
import freshet.serde.snapshot.SnapshotFile;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Makes snapshots of a model: {@code model.json}, {@code network.onnx}, {@code dense.safetensors},
 * {@code rows-00000.safetensors} and on, {@code golden.json}. The bytes are a function of the weights and the moment; the model
 * is only read. Called on the model's thread.
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

    /** The model's name. */
    public String name() {
        return name;
    }

    /** Differs when weights of one model mean nothing in the other. */
    public String modelFingerprint(ModelSpec spec) {
        return new ModelFile(spec, featuresJson).modelFingerprint();
    }

    /** Differs when a server has to extract other features. */
    public String featureFingerprint(ModelSpec spec) {
        return new ModelFile(spec, featuresJson).featureFingerprint();
    }

    /** The snapshot of a learner as it is now, unsigned. */
    public Snapshot write(Learner learner, SnapshotMoment moment) {
        return write(ModelCopy.of(learner), moment, ManifestSigner.unsigned());
    }

    /** The snapshot of a model, in memory. */
    public Snapshot write(ModelCopy model, SnapshotMoment moment, ManifestSigner signer) {
        List<SnapshotFile> files = new ArrayList<>();
        writeFiles(model, moment, files::add);
        return Snapshot.of(describe(model, moment), files, signer);
    }

    /** What the manifest will say of a model, but for its files. */
    public SnapshotDescription describe(ModelCopy model, SnapshotMoment moment) {
        ModelSpec spec = model.spec();
        ModelFile file = new ModelFile(spec, featuresJson);
        return new SnapshotDescription(
                name,
                moment.generation(),
                moment.version(),
                moment.parent(),
                file.modelFingerprint(),
                file.featureFingerprint(),
                moment.lineage(),
                spec.tasks().stream().map(task -> task.name()).toList(),
                moment.examples(),
                new TreeMap<>(),
                moment.metrics(),
                calibration(model),
                GoldenRows.NAME);
    }

    /** Slope and offset of the tasks that are calibrated. */
    private static SortedMap<String, SortedMap<String, Double>> calibration(ModelCopy model) {
        SortedMap<String, SortedMap<String, Double>> calibration = new TreeMap<>();
        if (model.spec().isCalibrated()) {
            float[] values = Counted.of(model.spec(), model.tensors()).calibration();
            for (int task = 0; task < model.spec().taskCount(); task++) {
                TaskSpec of = model.spec().tasks().get(task);
                if (of.calibrated()) {
                    SortedMap<String, Double> ofTask = new TreeMap<>();
                    ofTask.put("slope", (double) values[2 * task]);
                    ofTask.put("offset", (double) values[2 * task + 1]);
                    calibration.put(of.name(), ofTask);
                }
            }
        }
        return calibration;
    }

    /**
     * The files of a model one by one, in the manifest's order: each may be let go before the next is made, so that memory is
     * needed for one.
     */
    public void writeFiles(ModelCopy model, SnapshotMoment moment, Consumer<SnapshotFile> out) {
        ModelSpec spec = model.spec();
        out.accept(new SnapshotFile(ModelFile.NAME, new ModelFile(spec, featuresJson).bytes()));
        SortedMap<String, String> metadata = metadata(describe(model, moment));
        out.accept(new SnapshotFile(OnnxNetwork.NAME, OnnxNetwork.bytes(spec, model.tensors(), metadata)));
        out.accept(new SnapshotFile(DenseFile.NAME, DenseFile.bytes(model.tensors())));
        model.writeRows(out);
        out.accept(new SnapshotFile(GoldenRows.NAME, GoldenRows.bytes(spec, golden(model, moment))));
    }

    /** What a server shows of a loaded network without the rest of the snapshot. */
    static SortedMap<String, String> metadata(SnapshotDescription description) {
        SortedMap<String, String> metadata = new TreeMap<>();
        metadata.put("name", description.name());
        metadata.put("version", description.version().toString());
        metadata.put("tasks", String.join(",", description.tasks()));
        metadata.put("examples", Long.toString(description.examples()));
        metadata.put("model_fingerprint", description.modelFingerprint());
        metadata.put("feature_fingerprint", description.featureFingerprint());
        return metadata;
    }

    /** Scored by the code the learner scores with: what a server has to reproduce. */
    private static List<GoldenRows.Row> golden(ModelCopy model, SnapshotMoment moment) {
        List<GoldenRows.Input> inputs = new ArrayList<>();
        GoldenRows.madeUp(model.spec()).forEach(features -> inputs.add(GoldenRows.Input.of(features)));
        moment.golden().forEach(features -> inputs.add(new GoldenRows.Input(features)));
        return GoldenRows.score(model.spec(), model.newScorer(), inputs);
    }
}

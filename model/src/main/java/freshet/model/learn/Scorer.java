package freshet.model.learn;

import freshet.model.batch.Batch;
import freshet.model.batch.Counted;
import freshet.model.batch.HashedFeatures;
import freshet.model.batch.Inputs;
import freshet.model.layer.NamedTensor;
import freshet.model.layer.Network;
import freshet.model.loss.TaskLoss;
import freshet.model.math.Crew;
import freshet.model.spec.ModelSpec;
import freshet.model.table.RowSource;
import freshet.serde.example.FeatureValues;
import java.util.Arrays;
import java.util.List;

/**
 * The forward pass as a server runs it: features in, predictions out. The learner scores through this same class, so a scorer
 * over the tensors and rows of a snapshot gives the learner's predictions to the bit, whatever the examples are scored together
 * with. Holds scratch memory: one thread.
 */
public final class Scorer {
    private final int tasks;
    private final Network network;
    private final TaskLoss loss;
    private final Batch batch;
    private final Inputs inputs;
    private final Counted counted;
    private final List<? extends RowSource> tables;
    private float[] offsets = new float[0];
    private StepProfile profile = new StepProfile(() -> 0);
    private float[] logits = new float[0];
    /** The logits behind predictions; the same array where nothing is calibrated. */
    private float[] calibratedLogits = logits;

    /**
     * @param tensors as {@link Learner#denseTensors} gives them
     * @param tables by table index of {@code spec.tables()}
     */
    public Scorer(ModelSpec spec, List<NamedTensor> tensors, List<? extends RowSource> tables) {
        this(spec, Crew.alone(), tensors, tables);
    }

    private Scorer(ModelSpec spec, Crew crew, List<NamedTensor> tensors, List<? extends RowSource> tables) {
        this(spec, crew, new Network(spec, crew), Counted.of(spec, tensors), tables);
        network.load(network.layout().arena(tensors));
    }

    /**
     * A scorer over live state.
     *
     * @param network whoever changes its parameters loads them
     * @param counted shared, not copied
     */
    Scorer(ModelSpec spec, Crew crew, Network network, Counted counted, List<? extends RowSource> tables) {
        this.tasks = spec.taskCount();
        this.network = network;
        this.loss = new TaskLoss(spec);
        this.batch = new Batch(spec, crew);
        this.inputs = new Inputs(spec, crew);
        this.counted = counted;
        this.tables = tables;
    }

    /**
     * Scores every task of every candidate.
     *
     * @param predictions receives {@code [features.size()][tasks]}, row by row; see {@link Learner#step}
     */
    public void score(List<FeatureValues> features, float[] predictions) {
        batch.loadFeatures(features);
        forward(Inputs.NO_STEP, predictions);
    }

    /** As {@link #score}, of features whose ids are hashed already. */
    public void scoreHashed(List<HashedFeatures> features, float[] predictions) {
        batch.loadHashed(features);
        forward(Inputs.NO_STEP, predictions);
    }

    /**
     * Everything before the dense network: what a server that runs the network elsewhere (ONNX) feeds it with. The logit of
     * a task is the network's head plus its logit offset; {@link TaskLoss#predict} makes predictions of logits.
     *
     * @param input receives {@code [features.size()][spec.inputWidth()]}
     * @param logitOffsets receives {@code [features.size()][tasks]}: wide, shallow and global log-odds
     */
    public void assemble(List<FeatureValues> features, float[] input, float[] logitOffsets) {
        batch.loadFeatures(features);
        assemble(input, logitOffsets);
    }

    /** As {@link #assemble}, of features whose ids are hashed already. */
    public void assembleHashed(List<HashedFeatures> features, float[] input, float[] logitOffsets) {
        batch.loadHashed(features);
        assemble(input, logitOffsets);
    }

    private void assemble(float[] input, float[] logitOffsets) {
        inputs.gather(batch, tables, Inputs.NO_STEP);
        inputs.assemble(counted, input);
        inputs.offsets(Inputs.View.SCORING, counted.globalRates(), logitOffsets);
    }

    /** Scores the batch that {@link #batch} was loaded with; input, activations and heads stay for a step of learning. */
    void forward(long step, float[] predictions) {
        int size = batch.size();
        reserve(size);
        inputs.gather(batch, tables, step);
        inputs.assemble(counted, network.input());
        inputs.offsets(Inputs.View.SCORING, counted.globalRates(), offsets);
        profile.enter(StepProfile.Phase.FORWARD);
        network.forward(size);
        float[] heads = network.heads();
        for (int i = 0; i < size; i++) {
            int row = i * tasks;
            for (int at = row; at < row + tasks; at++) {
                logits[at] = heads[at] + offsets[at];
            }
            calibrate(row);
            loss.predict(calibratedLogits, row, predictions);
            if (!batch.finite(i)) {
                Arrays.fill(predictions, row, row + tasks, Float.NaN);
            }
        }
    }

    private void calibrate(int row) {
        float[] calibration = counted.calibration();
        for (int task = 0; task < calibration.length / 2; task++) {
            calibratedLogits[row + task] = logits[row + task] * calibration[2 * task] + calibration[2 * task + 1];
        }
    }

    /** After {@link #forward}: the logits of scoring, [batch, tasks], not calibrated. */
    float[] logits() {
        return logits;
    }

    /** After {@link #forward}: the logits of a training pass, [batch, tasks], with dropout. */
    void trainingLogits(long step, float[] logits) {
        network.drop(batch.size(), step);
        float[] heads = network.heads();
        inputs.offsets(Inputs.View.TRAINING, counted.globalRates(), offsets);
        for (int i = 0; i < batch.size() * tasks; i++) {
            logits[i] = heads[i] + offsets[i];
        }
    }

    void profile(StepProfile newProfile) {
        profile = newProfile;
    }

    Batch batch() {
        return batch;
    }

    Inputs inputs() {
        return inputs;
    }

    private void reserve(int size) {
        network.reserve(size);
        if (offsets.length < size * tasks) {
            offsets = new float[size * tasks];
            logits = new float[size * tasks];
            calibratedLogits = counted.calibration().length > 0 ? new float[size * tasks] : logits;
        }
    }
}

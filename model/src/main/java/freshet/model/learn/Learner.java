package freshet.model.learn;

import freshet.model.batch.Counted;
import freshet.model.batch.Inputs;
import freshet.model.layer.NamedTensor;
import freshet.model.layer.Network;
import freshet.model.layer.ParameterLayout;
import freshet.model.loss.TaskLoss;
import freshet.model.math.Crew;
import freshet.model.math.ElementKernel;
import freshet.model.math.Kernels;
import freshet.model.math.ProductKernel;
import freshet.model.optim.Adam;
import freshet.model.optim.GradientNorm;
import freshet.model.optim.RowOptimizer;
import freshet.model.optim.UpdateMoment;
import freshet.model.quantile.LearntRanks;
import freshet.model.spec.ModelSpec;
import freshet.model.spec.OptimizerSpec;
import freshet.model.spec.RowLife;
import freshet.model.spec.TableSpec;
import freshet.model.table.ChangedRows;
import freshet.model.table.EmbeddingTable;
import freshet.model.table.RowConsumer;
import freshet.model.table.RowSet;
import freshet.model.table.RowStore;
import freshet.model.table.TableStatus;
import freshet.model.table.Tables;
import freshet.model.weight.WatchTimeWeights;
import freshet.serde.example.LabeledExample;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInput;
import java.io.DataInputStream;
import java.io.DataOutput;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The learner: one model and everything it must remember to go on. {@code restore(save(L)).step(b)} equals {@code L.step(b)}
 * to the bit, where save is {@link #saveDense} and {@link #saveTables} together with the stores of rows.
 *
 * <p>A step minimises the loss of its batch ({@link TaskLoss}). Dense parameters see the gradient of that mean; rows see it
 * times the number of examples, because how far an id moves on one example must not depend on how many strangers share its
 * batch. DESIGN.md of this module has the whole arithmetic.
 *
 * <p>Called by one thread; has {@code model.threads} in all, which {@link #close} ends. Their number has no say in the bits.
 */
public final class Learner implements AutoCloseable {
    /** The parameters {@code [from, to)}, which move at one rate: a piece of work. */
    private record Stretch(int from, int to, float rateFactor) {}

    /** Most parameters in a {@link Stretch}. */
    private static final int MOVED_TOGETHER = 1 << 14;

    private final ModelSpec spec;
    private final int tasks;
    private final Crew crew;
    private final Network network;
    private final Tables tables;
    private final Scorer scorer;
    private final TaskLoss loss;
    private final TaskBalance balance;
    private final Screen screen;
    private final WatchTimeWeights watchWeights;
    private final LearntRanks ranks;
    private final Calibration calibration;
    private final Counted counted;
    private final Adam adam;
    private final GradientNorm norm = new GradientNorm();
    private final DenseState state;

    private final float[] gradients;
    private final List<Stretch> stretches;
    private final Crew.Job moveStretch = this::moveStretch;
    /** How the dense parameters are moved now. */
    private UpdateMoment dense = new UpdateMoment(0, 0, 0, 0);

    private float[] logits = new float[0];
    private float[] keptPredictions = new float[0];
    /** {@code [tasks]}: what the balance multiplies each task's loss with, and these losses. */
    private final float[] factors;

    private final double[] taskLosses;
    private int lastLearnt;
    private StepProfile profile = new StepProfile(() -> 0);
    private double lastLoss;
    private double lastGradientNorm;

    /** A learner that has learnt nothing yet, and whose rows nobody saves. */
    public Learner(ModelSpec spec) {
        this(spec, Kernels.best());
    }

    /** The same with the inner loops of one's choice. */
    public Learner(ModelSpec spec, Kernels kernels) {
        this(spec, kernels, null, 0);
    }

    /**
     * A learner whose rows outlive it. Either it has learnt nothing yet and the stores are empty; or they hold what they held at
     * the save that it is to be restored from.
     *
     * @param stores by table index
     * @param cachedRows most rows of a table to keep in memory between batches; 0 for all
     */
    public Learner(ModelSpec spec, IntFunction<? extends RowStore> stores, int cachedRows) {
        this(spec, Kernels.best(), stores, cachedRows);
    }

    private Learner(ModelSpec spec, Kernels kernels, @Nullable IntFunction<? extends RowStore> stores, int cachedRows) {
        this.spec = spec;
        tasks = spec.taskCount();
        crew = new Crew(spec.threads(), kernels);
        network = new Network(spec, crew);
        state = new DenseState(network.initialParameters(), tasks);
        tables = tables(spec, crew.elements(), stores, cachedRows);
        ranks = new LearntRanks(spec.quantiles());
        calibration = new Calibration(spec);
        counted = new Counted(state.globalRates(), ranks.tables(), calibration.values());
        scorer = new Scorer(spec, crew, network, counted, tables.list());
        loss = new TaskLoss(spec);
        balance = TaskBalance.of(spec, network, loss);
        screen = new Screen(spec);
        watchWeights = new WatchTimeWeights(spec);
        factors = new float[tasks];
        taskLosses = new double[tasks];
        adam = new Adam(spec.optimizer().dense(), crew.elements());
        gradients = new float[network.layout().floats()];
        stretches = stretches();
        network.load(state.parameters());
    }

    private static Tables tables(
            ModelSpec spec, ElementKernel elements, @Nullable IntFunction<? extends RowStore> stores, int cachedRows) {
        List<EmbeddingTable> tables = new ArrayList<>();
        for (int index = 0; index < spec.tables().size(); index++) {
            TableSpec table = spec.tables().get(index);
            RowStore store = stores == null ? null : stores.apply(index);
            tables.add(new EmbeddingTable(table, spec.seed(), optimizer(spec, table, elements), store, cachedRows));
        }
        return new Tables(tables);
    }

    private static @Nullable RowOptimizer optimizer(ModelSpec spec, TableSpec table, ElementKernel elements) {
        OptimizerSpec optimizer = spec.optimizer();
        float[] rateFactors = new float[table.width()];
        switch (table.kind()) {
            case EMBEDDING -> {
                Arrays.fill(rateFactors, 1f);
                return RowOptimizer.of(optimizer.sparse(), rateFactors, elements);
            }
            case LOGIT -> {
                for (int task = 0; task < spec.taskCount(); task++) {
                    rateFactors[task] = spec.tasks().get(task).learningRateFactor();
                }
                boolean ofShallow = table.name().startsWith(ModelSpec.SHALLOW_PREFIX);
                return RowOptimizer.of(ofShallow ? optimizer.shallow() : optimizer.wide(), rateFactors, elements);
            }
            default -> {
                return null;
            }
        }
    }

    /** What became of a mini-batch. */
    public enum Outcome {
        /** Scored and learnt. */
        LEARNT,
        /** Not learnt: every single example was refused. The model is as before. */
        REFUSED_INPUT,
        /** Scored, not learnt: the loss or its gradient was not finite. The model is as before. */
        REFUSED_GRADIENT
    }

    public ModelSpec spec() {
        return spec;
    }

    /**
     * Scores every task of every example as {@link #score} does, then learns from the labels.
     *
     * <p>An example is refused by itself if a number, label or weight of it is not finite or beyond {@code max_number}, or if
     * its logits are not finite: it gets no prediction, has no part in the step, and is counted.
     *
     * @param batch in the order of learning; not empty
     * @param predictions receives {@code [batch.size()][tasks]}, row by row: a probability for a logistic task, the expected
     *     label for another; NaN for an example that is refused
     */
    public Outcome step(List<LabeledExample> batch, float[] predictions) {
        Outcome outcome = scoreAndLearn(batch, predictions);
        tables.endBatch();
        return outcome;
    }

    private Outcome scoreAndLearn(List<LabeledExample> batch, float[] predictions) {
        long step = state.steps();
        lastLearnt = 0;
        profile.enter(StepProfile.Phase.GATHER);
        List<LabeledExample> kept = screen.begin(batch);
        while (!kept.isEmpty()) {
            reserve(kept.size());
            scorer.batch().load(kept);
            scorer.forward(step, keptPredictions);
            scorer.trainingLogits(step, logits);
            if (screen.allFinite(logits)) {
                break;
            }
            kept = screen.dropNotFinite(logits);
        }
        screen.spread(keptPredictions, predictions);
        state.countRefusedExamples(batch.size() - kept.size());
        return kept.isEmpty() ? Outcome.REFUSED_INPUT : learn(kept);
    }

    /** Learns from the batch that the scorer holds. */
    private Outcome learn(List<LabeledExample> batch) {
        int size = batch.size();
        float[] labels = scorer.batch().labels();
        float[] weights = watchWeights.weigh(batch, labels, scorer.batch().weights());
        TaskBalance.Pass pass =
                new TaskBalance.Pass(logits, labels, weights, scorer.batch().undone(), size);
        balance.weigh(state.parameters(), pass, factors);
        float[] logitGradients = network.headGradients();
        lastLoss = loss.gradient(
                logits, pass.labels(), pass.weights(), pass.undone(), size, factors, taskLosses, logitGradients);
        profile.enter(StepProfile.Phase.BACKWARD);
        network.backward(size, gradients);
        profile.enter(StepProfile.Phase.SCATTER);
        lastLoss += balance.learnOwn(state.parameters(), pass, taskLosses, gradients);
        scorer.inputs().backward(network.inputGradients(), logitGradients);
        norm.reset();
        norm.add(GradientNorm.squares(gradients, 0, gradients.length));
        scorer.inputs().addTo(norm);
        lastGradientNorm = norm.value();
        if (!Double.isFinite(lastLoss) || !Double.isFinite(lastGradientNorm)) {
            state.countRefusedGradient();
            return Outcome.REFUSED_GRADIENT;
        }
        update(size, batch.get(size - 1).decidedTimeMillis());
        calibration.learn(
                scorer.logits(),
                labels,
                scorer.batch().weights(),
                scorer.batch().undone(),
                size);
        watchWeights.count(batch);
        for (int i = 0; i < size; i++) {
            ranks.count(batch.get(i).features().numbers());
        }
        lastLearnt = size;
        return Outcome.LEARNT;
    }

    private List<Stretch> stretches() {
        List<Stretch> found = new ArrayList<>();
        for (ParameterLayout.Entry entry : network.layout().entries()) {
            float factor = entry.task() == ParameterLayout.SHARED
                    ? 1f
                    : spec.tasks().get(entry.task()).learningRateFactor();
            int last = found.size() - 1;
            int end = entry.offset() + entry.size();
            if (last >= 0 && found.get(last).rateFactor() == factor) {
                found.set(last, new Stretch(found.get(last).from(), end, factor));
            } else {
                found.add(new Stretch(entry.offset(), end, factor));
            }
        }
        return found.stream().flatMap(Learner::pieces).toList();
    }

    private static Stream<Stretch> pieces(Stretch whole) {
        return IntStream.iterate(whole.from(), from -> from < whole.to(), from -> from + MOVED_TOGETHER)
                .mapToObj(from -> new Stretch(from, Math.min(from + MOVED_TOGETHER, whole.to()), whole.rateFactor()));
    }

    private void update(int size, long eventTimeMillis) {
        float clipNorm = spec.optimizer().clipNorm();
        float scale = clipNorm > 0 && lastGradientNorm > clipNorm ? (float) (clipNorm / lastGradientNorm) : 1f;
        state.countStep();
        profile.enter(StepProfile.Phase.ADAM);
        float rateFactor = spec.optimizer().schedule().factor(state.steps());
        dense = new UpdateMoment(scale, rateFactor, state.steps(), eventTimeMillis);
        crew.run(stretches.size(), moveStretch);
        network.load(state.parameters());
        profile.enter(StepProfile.Phase.SCATTER);
        UpdateMoment moment = new UpdateMoment(scale * size, rateFactor, state.steps(), eventTimeMillis);
        scorer.inputs().update(tables.list(), moment, state.globalRates());
        profile.leave();
    }

    private void moveStretch(int piece, ProductKernel kernel) {
        Stretch stretch = stretches.get(piece);
        adam.update(
                state.parameters(),
                gradients,
                state.firstMoments(),
                state.secondMoments(),
                stretch.from(),
                stretch.to(),
                dense.scale(),
                dense.step(),
                stretch.rateFactor() * dense.rateFactor());
    }

    /**
     * Scores without learning, as a server does: without dropout, and with the features that are dropped when serving
     * missing.
     *
     * @param predictions as in {@link #step}
     */
    public void score(List<LabeledExample> batch, float[] predictions) {
        scorer.batch().load(batch);
        scorer.forward(Inputs.NO_STEP, predictions);
        tables.endBatch();
    }

    /**
     * Tells the event time, which never runs backwards: what is learnt from here on is learnt now. Rows whose time is over go,
     * as {@link RowLife} says. To be called between batches, at moments that the examples alone decide.
     */
    public void advance(long eventTimeMillis) {
        tables.advance(eventTimeMillis);
    }

    /** Says where to note the time of coming steps. */
    public void profile(StepProfile newProfile) {
        profile = newProfile;
        scorer.profile(newProfile);
    }

    /** Number of batches learnt so far. */
    public long steps() {
        return state.steps();
    }

    /** Number of examples that the last step learnt. */
    public int lastLearnt() {
        return lastLearnt;
    }

    /** Number of examples refused, each by itself; see {@link #step}. */
    public long refusedExamples() {
        return state.refusedExamples();
    }

    /** Number of batches refused because the loss or its gradient was not finite. */
    public long refusedGradients() {
        return state.refusedGradients();
    }

    /** Loss of the last batch that was scored for learning, before it was learnt. */
    public double lastLoss() {
        return lastLoss;
    }

    /** Euclidean norm of that batch's gradient, before clipping. */
    public double lastGradientNorm() {
        return lastGradientNorm;
    }

    /** What the last step multiplied a task's loss with: its configured weight times the balance's factor. */
    public float lastTaskWeight(int task) {
        return spec.tasks().get(task).weight() * factors[task];
    }

    /**
     * Adds up, over the examples of the last step, what each task's gate gave to each expert.
     *
     * @param sums {@code double[tasks * experts]}; empty in structures without experts
     */
    public void addExpertUse(double[] sums) {
        network.addExpertUse(lastLearnt, sums);
    }

    /**
     * Everything but the rows: the length of what follows and parameters, optimizer state, global rates, counters as
     * {@link DenseState} lays them out; then likewise play times, where labels are weighted by them; then what ranks are made of, and the
     * state of calibrations.
     */
    public byte[] saveDense() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            for (byte[] part : List.of(state.save(), watchWeights.save())) {
                out.writeInt(part.length);
                out.write(part);
            }
            ranks.save(out);
            calibration.save(out);
        } catch (IOException e) {
            throw new UncheckedIOException("saving a learner in memory", e);
        }
        return bytes.toByteArray();
    }

    /** Takes over what {@link #saveDense} wrote. */
    public void restoreDense(byte[] saved) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(saved))) {
            state.restore(part(in));
            watchWeights.restore(part(in));
            ranks.restore(in);
            calibration.restore(in);
            if (in.available() > 0) {
                throw new EOFException(in.available() + " bytes are left over");
            }
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "restoring a learner: found " + saved.length
                            + " bytes that are not its own; the saved state belongs to" + " another model",
                    e);
        }
        network.load(state.parameters());
    }

    private static byte[] part(DataInputStream in) throws IOException {
        int length = in.readInt();
        if (length < 0 || length > in.available()) {
            throw new EOFException("a part has " + length + " bytes, " + in.available() + " are left");
        }
        return in.readNBytes(length);
    }

    /** Brings every row into its store as it is now, and writes what the tables remember besides. */
    public void saveTables(DataOutput out) throws IOException {
        tables.flush();
        tables.saveState(out);
    }

    /** Takes over what {@link #saveTables} wrote, in a new learner whose stores hold what they held then. */
    public void restoreTables(DataInput in) throws IOException {
        tables.restoreState(in);
    }

    /** Slope and offset of each task as predictions use them now, {@code float[tasks * 2]}; empty where no task is calibrated. */
    public float[] calibration() {
        return calibration.values().clone();
    }

    /** Number of tables of rows; {@code spec().tables()} describes them by index. */
    public int tableCount() {
        return tables.list().size();
    }

    public String tableName(int table) {
        return spec.tables().get(table).name();
    }

    /** Number of rows of a table. */
    public int rowCount(int table) {
        return tables.get(table).size();
    }

    /** How a table stands. */
    public TableStatus tableStatus(int table) {
        return tables.get(table).status();
    }

    /** Puts in a row that was made elsewhere: {@code float[rowWidth]}, weights then optimizer slots. It counts as just touched. */
    public void putRow(int table, long id, float[] row) {
        tables.get(table).put(id, row);
    }

    /**
     * Takes over the weights of an earlier time, as a snapshot has them, and goes on from there. Optimizer state is in no snapshot:
     * {@link EmbeddingTable#rollBack} says what becomes of that of rows; of Adam, first moments begin at 0 and second moments stay.
     * Steps, sightings of ids without rows, play times, and the counts that ranks are made of go on. Between batches.
     *
     * @param tensors as {@link #denseTensors} gives them
     * @param rows by table index
     * @throws IllegalArgumentException when the tensors are of another model; the learner is as before
     */
    public void rollBack(List<NamedTensor> tensors, List<? extends RowSet> rows) {
        Counted earlier = Counted.of(spec, tensors);
        state.rollBack(network.layout().arena(tensors), earlier.globalRates());
        System.arraycopy(earlier.rankTables(), 0, counted.rankTables(), 0, earlier.rankTables().length);
        calibration.rollBack(earlier.calibration());
        network.load(state.parameters());
        for (int table = 0; table < tableCount(); table++) {
            tables.get(table).rollBack(rows.get(table));
        }
    }

    /** Begins to remember which rows change, for {@link #takeChanges}. Called on a new learner. */
    public void trackChanges() {
        tables.trackChanges();
    }

    /**
     * Every row of a table that was touched since the last call, weights only, and every id whose row was removed since. What is
     * still to be taken survives a restart.
     */
    public ChangedRows takeChanges(int table) {
        return tables.get(table).takeChanges();
    }

    /** Hands over every row in ascending order of (signed) id, weights only: {@code float[width]}. */
    public void forEachRow(int table, RowConsumer consumer) {
        tables.get(table).forEachRow(consumer);
    }

    /**
     * Copies of all dense parameters, as {@link ParameterLayout} names them, and last those of {@link Counted}.
     */
    public List<NamedTensor> denseTensors() {
        List<NamedTensor> tensors = new ArrayList<>(network.layout().tensors(state.parameters()));
        tensors.addAll(counted.tensors(spec));
        return tensors;
    }

    /** Ends the threads of its own; afterwards nothing can be learnt or scored. */
    @Override
    public void close() {
        crew.close();
    }

    /** The gradient of the last batch, before clipping: an arena of {@link #layout}. */
    float[] gradients() {
        return gradients;
    }

    ParameterLayout layout() {
        return network.layout();
    }

    private void reserve(int size) {
        if (logits.length < size * tasks) {
            logits = new float[size * tasks];
            keptPredictions = new float[size * tasks];
        }
    }
}

package freshet.jobs.train;

import freshet.jobs.config.SnapshotsConfig;
import freshet.jobs.guard.TrainGuard;
import freshet.jobs.order.ExampleBytes;
import freshet.jobs.order.ExampleFrontier;
import freshet.jobs.order.OrderBuffer;
import freshet.jobs.state.SavedState;
import freshet.model.batch.HashedFeatures;
import freshet.model.eval.MetricsSpec;
import freshet.model.layer.NamedTensor;
import freshet.model.learn.Learner;
import freshet.model.learn.Scorer;
import freshet.model.snapshot.DeltaFiles;
import freshet.model.snapshot.ModelCopy;
import freshet.model.spec.ModelSpec;
import freshet.model.spec.TaskSpec;
import freshet.model.table.TableStatus;
import freshet.serde.example.ExampleMessage;
import freshet.serde.example.FeatureSchema;
import freshet.serde.example.FeatureValues;
import freshet.serde.example.Frontier;
import freshet.serde.example.LabeledExample;
import freshet.serde.example.TaskLabel;
import freshet.serde.snapshot.Lineage;
import freshet.serde.snapshot.SnapshotFile;
import freshet.serde.snapshot.SnapshotVersion;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NavigableMap;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The trainer: messages in, {@link TrainRecord}s out. Examples wait for the frontier, leave in order, form mini-batches;
 * each batch is scored, measured and learnt, in this order; at each minute and hour of event time what has changed in the model
 * is cut off for a publisher, which takes the time of copying that.
 *
 * <p>What it does is decided by the examples and the promises alone: the same ones give the same records, bit for bit, in
 * whatever order they arrive. Rows of the model lie in a {@link TrainStorage}, and the models that are kept are saved apart
 * from {@link #save}, since they are large and change little; see {@link #keptModels}.
 *
 * <p>One thread, but for {@link #status}.
 */
final class TrainCore {
    private static final byte VERSION = 5;

    /** So many of the newest examples go into a snapshot's golden rows, their ids hashed. */
    private static final int GOLDEN_EXAMPLES = 4;

    /** Some hundred megabytes of heap. */
    private static final int EXAMPLES_IN_MEMORY = 100_000;

    private final ModelSpec spec;
    private final long snapshotMillis;
    private final Learner learner;
    private final ExampleBytes exampleBytes;
    private final OrderBuffer buffer;
    private final Batcher batcher;
    private final AsServedScorer<ServedModel> asServed;
    private final boolean keepsServed;
    private final Progress progress;
    private final TrainGuard guard;
    private final LearntLineage lineage = new LearntLineage();
    /** {@code float[batchSize * tasks]}, row by row. */
    private final float[] predictions;
    /** {@code float[batchSize * tasks]}, row by row. */
    private final float[] served;

    private ExampleFrontier frontier = new ExampleFrontier();
    /** The newest that were learnt, at most {@link #GOLDEN_EXAMPLES}. */
    private List<LabeledExample> newestExamples = List.of();

    private long examples;
    private long refused;
    private long heldBack;
    private long snapshots;
    private @Nullable SnapshotVersion newest;
    /** Cuts since the newest snapshot. */
    private int cuts;
    /** Lineage of the model at the last cut: where the next one leads on from. */
    private String lineageAtCut = Lineage.START;

    private boolean ended;
    private SortedMap<String, SortedMap<String, Double>> hourMetrics = new TreeMap<>();

    private volatile TrainStatus status = TrainStatus.START;

    /**
     * @param snapshots how often the model is cut, and whether examples are scored as served
     * @param longestHorizonMillis the longest time from an impression until its last label is decided
     * @param storage empty, or as it was at the save that {@link #restore} is given
     * @param cachedRows most rows of a table of the model to keep in memory; 0 for all
     * @param guard says when not to learn
     * @param metrics what is measured
     */
    TrainCore(
            ModelSpec spec,
            SnapshotsConfig snapshots,
            long longestHorizonMillis,
            TrainStorage storage,
            int cachedRows,
            TrainGuard guard,
            MetricsSpec metrics) {
        this.guard = guard;
        this.spec = spec;
        snapshotMillis = snapshots.every().toMillis();
        keepsServed = snapshots.asServed();
        learner = new Learner(spec, storage::rows, cachedRows);
        learner.trackChanges();
        exampleBytes = new ExampleBytes(spec.schema());
        buffer = new OrderBuffer(exampleBytes, storage.waiting(), EXAMPLES_IN_MEMORY);
        batcher = new Batcher(
                spec.batchSize(), spec.tick().toMillis(), snapshots.deltaEvery().toMillis(), snapshotMillis);
        asServed = new AsServedScorer<>(spec.taskCount(), longestHorizonMillis);
        progress = new Progress(spec.tasks(), metrics);
        predictions = new float[spec.batchSize() * spec.taskCount()];
        served = new float[spec.batchSize() * spec.taskCount()];
    }

    /**
     * A model as it was served, and its scorer.
     *
     * @param schema of the features it will be asked to score
     */
    private record ServedModel(ModelCopy model, Scorer scorer, FeatureSchema schema) implements AsServedScorer.Model {
        static ServedModel of(ModelCopy model, FeatureSchema schema) {
            return new ServedModel(model, model.newScorer(), schema);
        }

        @Override
        public void score(List<FeatureValues> features, float[] into) {
            // One from before a change of the feature list reads other slots: what it would say now was never served.
            if (model.spec().schema().equals(schema)) {
                scorer.score(features, into);
            } else {
                Arrays.fill(into, Float.NaN);
            }
        }
    }

    /**
     * Learns from before the first message, without a score: what is known from before the stream was not predicted by anyone.
     *
     * @param batch at most {@code batchSize} examples
     */
    void warmUp(List<LabeledExample> batch) {
        learner.advance(batch.get(0).decidedTimeMillis());
        if (learner.step(batch, predictions) == Learner.Outcome.LEARNT) {
            lineage.learnt(batch);
        } else {
            refused++;
        }
    }

    /** Takes a message in and does everything that it makes due. */
    void accept(ExampleMessage message, Consumer<TrainRecord> out) {
        if (message instanceof LabeledExample example) {
            buffer.add(example);
        } else if (message instanceof Frontier promise) {
            long before = frontier.throughMillis();
            frontier.accept(promise);
            if (frontier.throughMillis() > before) {
                advance(frontier.throughMillis(), out);
                status = currentStatus();
            }
        }
    }

    private void advance(long throughMillis, Consumer<TrainRecord> out) {
        Batcher.Cuts cuts = new Batcher.Cuts() {
            @Override
            public void batch(List<LabeledExample> batch) {
                learn(batch, out);
            }

            @Override
            public void delta(long asOfMillis) {
                // Without a snapshot nobody has anything to apply it to; what the guard holds up is not published
                // either.
                if (newest != null && guard.trip().isEmpty()) {
                    cut(asOfMillis, null, out);
                }
            }

            @Override
            public void snapshot(long asOfMillis) {
                cutHour(asOfMillis, out);
            }
        };
        buffer.release(throughMillis, example -> batcher.accept(example, cuts));
        batcher.advance(throughMillis, cuts);
        if (throughMillis == Frontier.END && !ended) {
            ended = true;
            out.accept(new TrainRecord.Ended(progress.lifetime()));
        }
    }

    /** Scores, measures, learns: every prediction is of labels that the model has not seen. */
    private void learn(List<LabeledExample> batch, Consumer<TrainRecord> out) {
        asServed.forgetBefore(batch.get(0).decidedTimeMillis());
        asServed.score(batch, served);
        learner.advance(batch.get(0).decidedTimeMillis());
        if (guard.learnsAt(batch.get(0).decidedTimeMillis())) {
            step(batch);
        } else {
            learner.score(batch, predictions);
            heldBack += batch.size();
        }
        guard.scored(batch, predictions);
        for (int row = 0; row < batch.size(); row++) {
            LabeledExample example = batch.get(row);
            int labels = example.labels().size();
            float[] predicted = new float[labels];
            float[] predictedWhenShown = new float[labels];
            for (int i = 0; i < labels; i++) {
                TaskLabel label = example.labels().get(i);
                int task = spec.taskIndex(label.task());
                predicted[i] = at(predictions, row, task);
                predictedWhenShown[i] = at(served, row, task);
                progress.record(example, task, label, predicted[i], predictedWhenShown[i]);
            }
            out.accept(new TrainRecord.Learnt(example, predicted, predictedWhenShown));
        }
    }

    private void step(List<LabeledExample> batch) {
        long decided = batch.get(batch.size() - 1).decidedTimeMillis();
        Learner.Outcome outcome = learner.step(batch, predictions);
        if (outcome == Learner.Outcome.LEARNT) {
            lineage.learnt(batch);
            newestExamples = newestOf(batch);
            guard.learnt(decided, learner.lastLearnt(), learner.lastGradientNorm());
        } else {
            refused++;
        }
        if (outcome == Learner.Outcome.REFUSED_GRADIENT) {
            guard.refusedGradient(decided, batch.size());
        }
        examples += learner.lastLearnt();
    }

    /** What may stand in golden rows: an example that the learner refused was scored as NaN. */
    private List<LabeledExample> newestOf(List<LabeledExample> batch) {
        List<LabeledExample> scored = new ArrayList<>();
        for (int row = 0; row < batch.size(); row++) {
            if (isFinite(predictions, row * spec.taskCount(), (row + 1) * spec.taskCount())) {
                scored.add(batch.get(row));
            }
        }
        return List.copyOf(scored.subList(Math.max(0, scored.size() - GOLDEN_EXAMPLES), scored.size()));
    }

    private static boolean isFinite(float[] values, int from, int to) {
        for (int i = from; i < to; i++) {
            if (!Float.isFinite(values[i])) {
                return false;
            }
        }
        return true;
    }

    /** A prediction; NaN for a task that this model does not have, as when the examples are of a newer configuration. */
    private float at(float[] scores, int row, int task) {
        return task < 0 ? Float.NaN : scores[row * spec.taskCount() + task];
    }

    private void cutHour(long asOfMillis, Consumer<TrainRecord> out) {
        learner.advance(asOfMillis);
        hourMetrics = progress.closeHour();
        out.accept(new TrainRecord.Hour(asOfMillis - snapshotMillis, hourMetrics));
        checkWeights(asOfMillis);
        if (guard.trip().isPresent()) {
            return; // servers keep what they have
        }
        List<HashedFeatures> golden = newestExamples.stream()
                .map(example -> HashedFeatures.of(example.features()))
                .toList();
        cut(asOfMillis, new ModelCut.Hour(hourMetrics, golden), out);
        snapshots++;
        newest = new SnapshotVersion(asOfMillis);
        cuts = 0;
        if (keepsServed) {
            asServed.publish(asOfMillis, ServedModel.of(ModelCopy.of(learner), spec.schema()));
        }
    }

    private void cut(long asOfMillis, ModelCut.@Nullable Hour hour, Consumer<TrainRecord> out) {
        cuts++;
        List<SnapshotFile> files = DeltaFiles.drain(learner);
        out.accept(new TrainRecord.Changed(
                new ModelCut(asOfMillis, newest, cuts, lineageAtCut, lineage.value(), examples, files, hour)));
        lineageAtCut = lineage.value();
    }

    private void checkWeights(long asOfMillis) {
        for (NamedTensor tensor : learner.denseTensors()) {
            for (float value : tensor.values()) {
                if (!Float.isFinite(value)) {
                    guard.weightNotFinite(asOfMillis, tensor.name());
                    return;
                }
            }
        }
    }

    /** Somebody says that what comes is right: the guard lets go and begins to watch anew. */
    void resume() {
        guard.resume();
        status = currentStatus();
    }

    /** The model. */
    Learner learner() {
        return learner;
    }

    /** The models that impressions still open were served by, by the moment they are as of. */
    NavigableMap<Long, ModelCopy> keptModels() {
        NavigableMap<Long, ModelCopy> kept = new TreeMap<>();
        asServed.kept().forEach((asOf, served) -> kept.put(asOf, served.model()));
        return kept;
    }

    /** Puts back one of {@link #keptModels}. */
    void restoreModel(long asOfMillis, ModelCopy model) {
        asServed.publish(asOfMillis, ServedModel.of(model, spec.schema()));
    }

    /** How the trainer stands; from any thread. */
    TrainStatus status() {
        return status;
    }

    private TrainStatus currentStatus() {
        List<TableStatus> tables = new ArrayList<>();
        for (int table = 0; table < learner.tableCount(); table++) {
            tables.add(learner.tableStatus(table));
        }
        return new TrainStatus(
                examples,
                learner.steps(),
                refused,
                learner.refusedExamples(),
                heldBack,
                guard.trips(),
                guard.trip().orElse(null),
                frontier.throughMillis(),
                buffer.size(),
                buffer.elsewhere(),
                buffer.repeats(),
                tables,
                snapshots,
                newest == null ? Long.MIN_VALUE : newest.eventTimeMillis(),
                hourMetrics);
    }

    /**
     * What the numbers in the state mean: the model, and in order the tasks and dense features that towers, columns and
     * inputs belong to. Sparse features are named in the model itself; ones that it does not read may come and go.
     */
    private static String identity(ModelSpec spec) {
        return spec.json()
                + " tasks "
                + spec.tasks().stream().map(TrainCore::identity).toList()
                + " numbers "
                + spec.numberSlots().stream()
                        .map(slot -> spec.schema().numberNames().get(slot))
                        .toList();
    }

    private static String identity(TaskSpec task) {
        return task.name()
                + ":"
                + task.loss()
                + (task.productWith() == null ? "" : " with " + task.productWith())
                + (task.reads().isEmpty() ? "" : " reads " + task.reads());
    }

    /** Writes everything but the kept models and what the storage holds, which afterwards is as it has to be. */
    void save(OutputStream into) throws IOException {
        DataOutputStream out = new DataOutputStream(into);
        out.writeByte(VERSION);
        SavedState.writeText(out, identity(spec));
        SavedState.writeBlock(out, learner.saveDense());
        learner.saveTables(out);
        frontier.save(out);
        buffer.save(out);
        batcher.save(out, exampleBytes);
        progress.save(out);
        lineage.save(out);
        exampleBytes.writeAll(out, newestExamples);
        SavedState.writeMetrics(out, hourMetrics);
        out.writeLong(examples);
        out.writeLong(refused);
        out.writeLong(heldBack);
        guard.save(out);
        out.writeLong(snapshots);
        out.writeBoolean(newest != null);
        out.writeLong(newest == null ? 0 : newest.eventTimeMillis());
        out.writeInt(cuts);
        SavedState.writeText(out, lineageAtCut);
        out.writeBoolean(ended);
        out.flush();
    }

    /** Takes over what {@link #save} wrote; kept models are put back apart. */
    void restore(InputStream saved) throws IOException {
        DataInputStream in = new DataInputStream(new BufferedInputStream(saved));
        SavedState.expectVersion("trainer", VERSION, in);
        String savedSpec = SavedState.readText(in);
        if (!savedSpec.equals(identity(spec))) {
            throw new IOException("restoring the trainer: found the state of another model, expected that of the"
                    + " configuration; start the changed model without this state. Saved: " + savedSpec
                    + "; configured: " + identity(spec));
        }
        learner.restoreDense(SavedState.readBlock(in));
        learner.restoreTables(in);
        frontier = ExampleFrontier.restore(in);
        buffer.restore(in);
        batcher.restore(in, exampleBytes);
        progress.restore(in);
        lineage.restore(in);
        newestExamples = exampleBytes.readAll(in);
        hourMetrics = SavedState.readMetrics(in);
        examples = in.readLong();
        refused = in.readLong();
        heldBack = in.readLong();
        guard.restore(in);
        snapshots = in.readLong();
        boolean published = in.readBoolean();
        long asOfMillis = in.readLong();
        newest = published ? new SnapshotVersion(asOfMillis) : null;
        cuts = in.readInt();
        lineageAtCut = SavedState.readText(in);
        ended = in.readBoolean();
        status = currentStatus();
    }
}

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
import freshet.model.snapshot.ModelChanges;
import freshet.model.snapshot.ModelCopy;
import freshet.model.spec.ModelSpec;
import freshet.model.spec.TaskSpec;
import freshet.model.table.TableStatus;
import freshet.serde.control.ControlCodec;
import freshet.serde.control.TrainerAnswer;
import freshet.serde.control.TrainerAnswer.Outcome;
import freshet.serde.control.TrainerCommand;
import freshet.serde.control.TrainerCommand.RollBack;
import freshet.serde.example.ExampleMessage;
import freshet.serde.example.FeatureSchema;
import freshet.serde.example.FeatureValues;
import freshet.serde.example.Frontier;
import freshet.serde.example.LabeledExample;
import freshet.serde.example.TaskLabel;
import freshet.serde.snapshot.BadSnapshotException;
import freshet.serde.snapshot.Lineage;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.SnapshotDescription;
import freshet.serde.snapshot.SnapshotVersion;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NavigableMap;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The trainer: messages in, {@link TrainRecord}s out. Examples wait for the frontier, leave in order, form mini-batches;
 * each batch is scored, measured and learnt, in this order; at each minute and hour of event time what has changed in the model
 * is cut off for a publisher, which takes the time of copying that.
 *
 * <p>What it does is decided by the examples, the promises, and commands with the event time at which each takes effect: the same ones give the same records, bit for bit, in
 * whatever order they arrive. Rows of the model lie in a {@link TrainStorage}, and the models that are kept are saved apart
 * from {@link #save}, since they are large and change little; see {@link #keptModels}.
 *
 * <p>One thread, but for {@link #status}.
 */
final class TrainCore {
    private static final byte VERSION = 7;

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
    private final HourTally tally;
    private final TrainGuard guard;
    private final SnapshotShelf shelf;
    private final CommandQueue commands;
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
    /** The newest snapshot, or the one that the model was rolled back to since. */
    private @Nullable SnapshotVersion newest;
    /** Whether the model was rolled back since the last snapshot: no delta leads from there to what it is now. */
    private boolean rolledBack;

    /** Cuts since the newest snapshot. */
    private int cuts;
    /** Lineage of the model at the last cut: where the next one leads on from. */
    private String lineageAtCut = Lineage.START;

    private long commandsDone;
    private long commandsRefused;
    private @Nullable TrainerAnswer lastAnswer;

    private boolean ended;
    private SortedMap<String, SortedMap<String, Double>> hourMetrics = new TreeMap<>();

    private volatile TrainStatus status = TrainStatus.START;

    /**
     * @param snapshots how often the model is cut, and whether examples are scored as served
     * @param longestHorizonMillis the longest time from an impression until its last label is decided
     * @param storage empty, or as it was at the save that {@link #restore} is given
     * @param cachedRows most rows of a table of the model to keep in memory; 0 for all
     * @param guard says when not to learn
     * @param shelf where the snapshots are that it can be told to go back to
     * @param metrics what is measured
     */
    TrainCore(
            ModelSpec spec,
            SnapshotsConfig snapshots,
            long longestHorizonMillis,
            TrainStorage storage,
            int cachedRows,
            TrainGuard guard,
            SnapshotShelf shelf,
            MetricsSpec metrics) {
        this.guard = guard;
        this.shelf = shelf;
        commands = new CommandQueue(spec.tick().toMillis());
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
        tally = new HourTally(spec);
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

    /**
     * Takes a command: it is carried out at the first boundary of a tick that event time has not passed and that is not before the
     * time it names; at once, if the examples before that boundary have all been dealt with.
     *
     * @throws IllegalStateException here or as event time goes on, when the snapshot that it asks for cannot be fetched now
     */
    void accept(TrainerCommand command, Consumer<TrainRecord> out) {
        long through = frontier.throughMillis();
        if (through == Frontier.END) {
            answer(new TrainerAnswer(command.id(), Outcome.REFUSED, 0, "the examples have ended"), out);
        } else {
            commands.add(command, Math.max(0, through + 1));
            carryOut(Math.max(0, through + 1), cuts(out), out);
        }
        status = currentStatus();
    }

    /** Carries out the commands that are due up to a moment, before which everything has been dealt with. */
    private void carryOut(long reachedMillis, Batcher.Cuts cuts, Consumer<TrainRecord> out) {
        while (commands.nextMillis() <= reachedMillis && commands.nextMillis() != CommandQueue.NONE) {
            CommandQueue.Waiting due = commands.poll();
            // Ends the batch before, and cuts what is due by now.
            batcher.advance(due.atMillis() - 1, cuts);
            answer(carryOut(due.command(), due.atMillis()), out);
        }
    }

    private TrainerAnswer carryOut(TrainerCommand command, long atMillis) {
        String detail = "learning goes on, and what comes is taken as right";
        if (command.action() instanceof RollBack rollBack) {
            try {
                rollBack(rollBack, atMillis);
                detail = "the model is that of " + rollBack.version() + ", and learning goes on from there";
            } catch (BadSnapshotException e) {
                return new TrainerAnswer(command.id(), Outcome.REFUSED, atMillis, e.getMessage());
            }
        } else {
            guard.resume();
        }
        return new TrainerAnswer(command.id(), Outcome.DONE, atMillis, detail);
    }

    private void rollBack(RollBack to, long atMillis) throws BadSnapshotException {
        if (to.version().eventTimeMillis() > atMillis) {
            throw new BadSnapshotException("rolling back to " + to.version() + ": found the event time "
                    + Instant.ofEpochMilli(atMillis) + ", expected that of the snapshot or later");
        }
        Snapshot snapshot = shelf.take(to);
        SnapshotDescription description = snapshot.manifest().description();
        ModelCopy earlier = ModelCopy.of(snapshot);
        if (!identity(earlier.spec()).equals(identity(spec))) {
            throw new BadSnapshotException("rolling back to " + to.version()
                    + ": found the snapshot of another model, expected that of the configuration");
        }
        learner.advance(atMillis);
        try {
            learner.rollBack(earlier.tensors(), earlier.tables());
        } catch (IllegalArgumentException e) {
            throw new BadSnapshotException("rolling back to " + to.version() + ": " + e.getMessage(), e);
        }
        guard.letGo();
        lineage.rolledBack(description.lineage());
        examples = description.examples();
        newest = to.version();
        rolledBack = true;
    }

    private void answer(TrainerAnswer answer, Consumer<TrainRecord> out) {
        lastAnswer = answer;
        if (answer.outcome() == Outcome.DONE) {
            commandsDone++;
        } else {
            commandsRefused++;
        }
        out.accept(new TrainRecord.Answered(answer));
    }

    private void advance(long throughMillis, Consumer<TrainRecord> out) {
        Batcher.Cuts cuts = cuts(out);
        buffer.release(throughMillis, example -> {
            carryOut(example.decidedTimeMillis(), cuts, out);
            batcher.accept(example, cuts);
        });
        carryOut(throughMillis == Frontier.END ? Frontier.END : throughMillis + 1, cuts, out);
        batcher.advance(throughMillis, cuts);
        if (throughMillis == Frontier.END && !ended) {
            ended = true;
            out.accept(new TrainRecord.Ended(progress.lifetime()));
        }
    }

    private Batcher.Cuts cuts(Consumer<TrainRecord> out) {
        return new Batcher.Cuts() {
            @Override
            public void batch(List<LabeledExample> batch) {
                learn(batch, out);
            }

            @Override
            public void delta(long asOfMillis) {
                // Without a snapshot nobody has anything to apply it to; what the guard holds up is not published
                // either.
                if (newest != null && !rolledBack && guard.trip().isEmpty()) {
                    cut(asOfMillis, null, out);
                }
            }

            @Override
            public void snapshot(long asOfMillis) {
                cutHour(asOfMillis, out);
            }
        };
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
            OptionalLong servedAsOf = asServed.servedBy(example.eventTimeMillis());
            for (int i = 0; i < labels; i++) {
                TaskLabel label = example.labels().get(i);
                int task = spec.taskIndex(label.task());
                predicted[i] = at(predictions, row, task);
                predictedWhenShown[i] = at(served, row, task);
                progress.record(example, task, label, predicted[i], predictedWhenShown[i]);
                tally.scored(example, task, label, servedAsOf);
            }
            out.accept(new TrainRecord.Learnt(example, predicted, predictedWhenShown));
        }
    }

    private void step(List<LabeledExample> batch) {
        long decided = batch.get(batch.size() - 1).decidedTimeMillis();
        Learner.Outcome outcome = learner.step(batch, predictions);
        if (outcome == Learner.Outcome.LEARNT) {
            lineage.learnt(batch);
            tally.learnt(learner);
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
        tally.closeInto(hourMetrics);
        out.accept(new TrainRecord.Hour(asOfMillis - snapshotMillis, hourMetrics));
        checkWeights(asOfMillis);
        if (guard.trip().isPresent()) {
            return; // servers keep what they have
        }
        List<HashedFeatures> golden = newestExamples.stream()
                .map(example -> HashedFeatures.of(example.features()))
                .toList();
        cut(asOfMillis, new ModelCut.Hour(newest, hourMetrics, golden), out);
        snapshots++;
        newest = new SnapshotVersion(asOfMillis);
        rolledBack = false;
        cuts = 0;
        if (keepsServed) {
            asServed.publish(asOfMillis, ServedModel.of(ModelCopy.of(learner), spec.schema()));
        }
    }

    private void cut(long asOfMillis, ModelCut.@Nullable Hour hour, Consumer<TrainRecord> out) {
        cuts++;
        ModelChanges changes = ModelChanges.take(learner);
        out.accept(new TrainRecord.Changed(new ModelCut(
                asOfMillis, rolledBack ? null : newest, cuts, lineageAtCut, lineage.value(), examples, changes, hour)));
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
        List<Float> calibration = new ArrayList<>();
        for (float value : learner.calibration()) {
            calibration.add(value);
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
                calibration,
                learner.lastGradientNorm(),
                snapshots,
                newest == null ? Long.MIN_VALUE : newest.eventTimeMillis(),
                commands.size(),
                commandsDone,
                commandsRefused,
                lastAnswer,
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
                + (task.calibrated() ? " calibrated" : "")
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
        tally.save(out);
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
        out.writeBoolean(rolledBack);
        commands.save(out);
        out.writeLong(commandsDone);
        out.writeLong(commandsRefused);
        SavedState.writeText(out, lastAnswer == null ? "" : ControlCodec.line(lastAnswer));
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
        tally.restore(in);
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
        rolledBack = in.readBoolean();
        commands.restore(in);
        commandsDone = in.readLong();
        commandsRefused = in.readLong();
        String answer = SavedState.readText(in);
        lastAnswer = answer.isEmpty() ? null : ControlCodec.answer(answer);
        cuts = in.readInt();
        lineageAtCut = SavedState.readText(in);
        ended = in.readBoolean();
        status = currentStatus();
    }
}

package freshet.jobs.gate;

import freshet.jobs.order.ExampleBytes;
import freshet.jobs.order.ExampleFrontier;
import freshet.jobs.order.OrderBuffer;
import freshet.jobs.order.WaitingBlocks;
import freshet.jobs.state.SavedState;
import freshet.jobs.train.AsServedScorer;
import freshet.model.snapshot.SnapshotModel;
import freshet.model.spec.ModelSpec;
import freshet.model.spec.TaskSpec;
import freshet.serde.example.ExampleMessage;
import freshet.serde.example.FeatureValues;
import freshet.serde.example.Frontier;
import freshet.serde.example.LabeledExample;
import freshet.serde.example.TaskLabel;
import freshet.serde.snapshot.BadSnapshotException;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.SnapshotVersion;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Metrics as served: every example whose labels are decided is scored with the snapshot that was live when it was shown, in plain Java,
 * to the bit as the trainer computed.
 *
 * <p>Which one was live: of the versions that the registry says are promoted, the newest that is as of the moment of the impression or
 * earlier. That leaves out the seconds or minutes from an hour's end until its snapshot is loaded, which depend on wall clocks; a
 * version that is quarantined or withdrawn counts as never having been live for examples scored from then on.
 *
 * <p>An example is scored in the trainer's order, once the snapshot of the hour in which its labels were decided has been judged; or
 * when the frontier is an hour further on, since there may be none, but not before the snapshot topic has been read to its end
 * once. So as long as the trainer is less than an hour of event time behind, the numbers follow from the topics alone.
 *
 * <p>Few models are in memory; the others are loaded again from what the gate keeps. One thread.
 */
final class AsServedCore {
    private static final byte VERSION = 1;
    private static final long HOUR_MILLIS = 3_600_000;
    private static final long NONE = Long.MIN_VALUE;

    /** Scored at a time: large, since each may ask for several models. */
    private static final int BATCH = 1_024;

    private static final int EXAMPLES_IN_MEMORY = 100_000;
    private static final int MODELS_IN_MEMORY = 4;

    private final ModelSpec spec;
    private final long longestHorizonMillis;
    private final Function<SnapshotVersion, Optional<Snapshot>> snapshots;
    private final Consumer<AsServedHour> hours;
    private final OrderBuffer buffer;
    private final AsServedScorer<Served> scorer;
    private final AsServedMetrics metrics;
    private final List<LabeledExample> batch = new ArrayList<>();

    /** By use, last used last. */
    private final LinkedHashMap<SnapshotVersion, SnapshotModel> loaded = new LinkedHashMap<>(16, 0.75f, true);

    private ExampleFrontier frontier = new ExampleFrontier();
    private long judgedThroughMillis = NONE;
    /** The snapshot topic was read to its end once. */
    private boolean caughtUp;

    private boolean snapshotsEnded;
    /** The start of the hour in progress. */
    private long hourMillis = NONE;

    /** The oldest version that an impression still open may have been served by. */
    private long neededFromMillis = NONE;

    private long unscored;

    /**
     * @param spec of the configuration: a snapshot with other tasks or features cannot score these examples
     * @param longestHorizonMillis the longest time from an impression until its last label is decided
     * @param snapshots the content of a promoted version
     * @param hours told of each hour that has ended
     */
    AsServedCore(
            ModelSpec spec,
            long longestHorizonMillis,
            WaitingBlocks blocks,
            Function<SnapshotVersion, Optional<Snapshot>> snapshots,
            Consumer<AsServedHour> hours) {
        this.spec = spec;
        this.longestHorizonMillis = longestHorizonMillis;
        this.snapshots = snapshots;
        this.hours = hours;
        buffer = new OrderBuffer(new ExampleBytes(spec.schema()), blocks, EXAMPLES_IN_MEMORY);
        scorer = new AsServedScorer<>(spec.taskCount(), longestHorizonMillis);
        metrics = new AsServedMetrics(spec.tasks());
    }

    /** A version that is live for a while; loaded when it has to score. */
    private final class Served implements AsServedScorer.Model {
        private final SnapshotVersion version;

        Served(SnapshotVersion version) {
            this.version = version;
        }

        @Override
        public void score(List<FeatureValues> features, float[] into) {
            Optional<SnapshotModel> model = model(version);
            if (model.isEmpty()) {
                Arrays.fill(into, Float.NaN);
            } else {
                model.get().newScorer().score(features, into);
            }
        }
    }

    private Optional<SnapshotModel> model(SnapshotVersion version) {
        SnapshotModel known = loaded.get(version);
        if (known == null) {
            known = snapshots.apply(version).flatMap(this::usable).orElse(null);
            if (known != null) {
                loaded.put(version, known);
                if (loaded.size() > MODELS_IN_MEMORY) {
                    loaded.remove(loaded.keySet().iterator().next());
                }
            }
        }
        return Optional.ofNullable(known);
    }

    private Optional<SnapshotModel> usable(Snapshot snapshot) {
        try {
            SnapshotModel model = SnapshotModel.of(snapshot);
            return Optional.of(model).filter(this::readsWhatExamplesHave);
        } catch (BadSnapshotException e) {
            return Optional.empty(); // promoted by a person all the same; servers do not load it either
        }
    }

    private boolean readsWhatExamplesHave(SnapshotModel model) {
        return model.spec().schema().equals(spec.schema())
                && names(model.spec().tasks()).equals(names(spec.tasks()));
    }

    private static List<String> names(List<TaskSpec> tasks) {
        return tasks.stream().map(TaskSpec::name).toList();
    }

    /** Takes a message of the examples topic in and does everything that it makes due. */
    void accept(ExampleMessage message) {
        if (message instanceof LabeledExample example) {
            buffer.add(example);
        } else if (message instanceof Frontier promise) {
            frontier.accept(promise);
            advance();
        }
    }

    /**
     * The gate has decided something.
     *
     * @param promoted the versions that are, of those whose content is kept
     * @param throughMillis the newest version that was decided about, as its event time
     */
    void decided(Collection<SnapshotVersion> promoted, long throughMillis) {
        Set<Long> live = new HashSet<>();
        promoted.forEach(version -> live.add(version.eventTimeMillis()));
        for (long gone : List.copyOf(scorer.kept().keySet())) {
            if (!live.contains(gone)) {
                scorer.withdraw(gone);
                loaded.remove(new SnapshotVersion(gone));
            }
        }
        for (SnapshotVersion version : promoted) {
            if (version.eventTimeMillis() >= neededFromMillis
                    && !scorer.kept().containsKey(version.eventTimeMillis())) {
                scorer.publish(version.eventTimeMillis(), new Served(version));
            }
        }
        judgedThroughMillis = throughMillis;
        advance();
    }

    /** The snapshot topic has been read to its end: an hour without a snapshot is one from now on. */
    void caughtUp() {
        if (!caughtUp) {
            caughtUp = true;
            advance();
        }
    }

    /** No more snapshots will come: nothing needs to wait for one. */
    void snapshotsEnded() {
        snapshotsEnded = true;
        advance();
    }

    private void advance() {
        long through = allowedThrough();
        if (through == NONE) {
            return;
        }
        buffer.release(through, this::take);
        score();
        // An hour in which nothing was decided ends too, but not one in which something still waits for its snapshot.
        if (hourMillis != NONE && (through == Frontier.END || hour(through) > hourMillis)) {
            closeHour(through == Frontier.END ? NONE : hour(through));
        }
    }

    /** Examples decided at or before this may be scored. */
    private long allowedThrough() {
        long read = frontier.throughMillis();
        if (read == ExampleFrontier.NONE || snapshotsEnded) {
            return read;
        }
        long judged = judgedThroughMillis == NONE ? NONE : judgedThroughMillis + HOUR_MILLIS - 1;
        boolean waits = !caughtUp || read == Frontier.END;
        return Math.min(read, waits ? judged : Math.max(judged, read - HOUR_MILLIS));
    }

    private static long hour(long millis) {
        return Math.floorDiv(millis, HOUR_MILLIS) * HOUR_MILLIS;
    }

    private void take(LabeledExample example) {
        long hour = hour(example.decidedTimeMillis());
        if (hour > hourMillis) {
            score();
            closeHour(hour);
        }
        batch.add(example);
        if (batch.size() == BATCH) {
            score();
        }
    }

    private void closeHour(long next) {
        if (hourMillis != NONE) {
            hours.accept(metrics.closeHour(hourMillis));
            metrics.forgetBefore(neededFromMillis);
        }
        hourMillis = next;
    }

    private void score() {
        if (batch.isEmpty()) {
            return;
        }
        forget(batch.get(0).decidedTimeMillis());
        int tasks = spec.taskCount();
        float[] scores = new float[batch.size() * tasks];
        scorer.score(batch, scores);
        for (int row = 0; row < batch.size(); row++) {
            LabeledExample example = batch.get(row);
            OptionalLong version = scorer.servedBy(example.eventTimeMillis());
            for (TaskLabel label : example.labels()) {
                int task = spec.taskIndex(label.task());
                float prediction = task < 0 ? Float.NaN : scores[row * tasks + task];
                if (version.isPresent() && Float.isFinite(prediction)) {
                    metrics.record(task, label, prediction, version.getAsLong(), example.eventTimeMillis());
                } else {
                    unscored++;
                }
            }
        }
        batch.clear();
    }

    private void forget(long decidedMillis) {
        Long oldest = scorer.kept().floorKey(decidedMillis - longestHorizonMillis);
        if (oldest != null) {
            neededFromMillis = oldest;
        }
        scorer.forgetBefore(decidedMillis);
    }

    /** The oldest version that is still needed, as its event time; {@link Long#MIN_VALUE} while that cannot be said. */
    long neededFromMillis() {
        return neededFromMillis;
    }

    /** Event time: everything decided at or before this has been read. */
    long frontierMillis() {
        return frontier.throughMillis();
    }

    /** Examples that wait for their turn or for a snapshot. */
    long waiting() {
        return buffer.size();
    }

    /** Labels that no snapshot has a prediction of: shown before the first, or with other features or tasks. */
    long unscored() {
        return unscored;
    }

    void save(DataOutputStream out) throws IOException {
        out.writeByte(VERSION);
        SavedState.writeText(out, names(spec.tasks()).toString());
        frontier.save(out);
        buffer.save(out);
        metrics.save(out);
        out.writeLong(hourMillis);
        out.writeLong(unscored);
    }

    /** Takes over what {@link #save} wrote; metrics of other tasks begin anew. */
    void restore(InputStream saved) throws IOException {
        DataInputStream in = new DataInputStream(new BufferedInputStream(saved));
        SavedState.expectVersion("scorer of what was served", VERSION, in);
        String found = SavedState.readText(in);
        String expected = names(spec.tasks()).toString();
        if (!found.equals(expected)) {
            throw new IOException("restoring the gate: found metrics of the tasks " + found + ", expected those of the"
                    + " configuration, " + expected
                    + "; start the gate without this state: the registry is its memory");
        }
        frontier = ExampleFrontier.restore(in);
        buffer.restore(in);
        metrics.restore(in);
        hourMillis = in.readLong();
        unscored = in.readLong();
    }
}

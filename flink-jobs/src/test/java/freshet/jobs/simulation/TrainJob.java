package freshet.jobs.simulation;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.publish.SteppedPublisher;
import freshet.jobs.train.SteppedTrainer;
import freshet.jobs.train.TrainRecord;
import freshet.serde.example.ExampleMessage;
import freshet.serde.example.LabeledExample;
import freshet.serde.snapshot.ManifestSigner;
import freshet.serde.snapshot.SnapshotRecord;
import freshet.serde.wire.Decoded;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Trainer, publisher behind it, producers. A job that another one replaces may go on, and go astray. */
final class TrainJob extends Job<TrainJob.Saved> {
    private final FreshetConfig config;
    private final Topics topics;
    private final Draw draw;
    private final Invariants invariants;
    private final ManifestSigner signer;
    private final String name;
    private final Producer<SnapshotRecord> snapshots;
    private final Producer<SnapshotRecord> deltas;
    private final Deque<byte[]> cuts = new ArrayDeque<>();

    private @Nullable SteppedTrainer trainer;
    private @Nullable SteppedPublisher publisher;
    private long[] offsets = new long[Topics.PARTITIONS];
    /** How many examples have been learnt: not the job's own count. */
    private int learnt;

    private boolean astray;

    /** A checkpoint. */
    record Saved(long[] offsets, SteppedTrainer.Saved trainer, SteppedPublisher.Saved publisher, int learnt) {}

    /** @param from a checkpoint of the job that this one replaces; null for the first */
    TrainJob(
            String name,
            FreshetConfig config,
            Topics topics,
            Draw draw,
            Invariants invariants,
            ManifestSigner signer,
            Consumer<SnapshotRecord> toSnapshots,
            Consumer<SnapshotRecord> toDeltas,
            @Nullable Saved from) {
        this.name = name;
        this.config = config;
        this.topics = topics;
        this.draw = draw;
        this.invariants = invariants;
        this.signer = signer;
        snapshots = new Producer<>("snapshots", toSnapshots);
        deltas = new Producer<>("deltas", toDeltas);
        goOnFrom(from);
    }

    @Override
    protected void restart(@Nullable Saved from) {
        snapshots.die(draw);
        deltas.die(draw);
        cuts.clear();
        close();
        trainer = new SteppedTrainer(config, from == null ? null : from.trainer);
        publisher = new SteppedPublisher(config, signer, name, from == null ? null : from.publisher, topics::claim);
        offsets = from == null ? new long[Topics.PARTITIONS] : from.offsets.clone();
        learnt = from == null ? 0 : from.learnt;
    }

    @Override
    protected Saved save() {
        while (publish().isPresent()) {}
        snapshots.flush();
        deltas.flush();
        return new Saved(offsets.clone(), trainer().save(), publisher().save(), learnt);
    }

    /** From now on it misses examples, and what it learns is wrong. */
    void goAstray() {
        astray = true;
    }

    boolean isAstray() {
        return astray;
    }

    void close() {
        if (trainer != null) {
            trainer.close();
        }
    }

    private SteppedTrainer trainer() {
        return java.util.Objects.requireNonNull(trainer);
    }

    private SteppedPublisher publisher() {
        return java.util.Objects.requireNonNull(publisher);
    }

    @Override
    public List<Supplier<Optional<String>>> threads() {
        List<Supplier<Optional<String>>> threads = new ArrayList<>();
        for (int partition = 0; partition < Topics.PARTITIONS; partition++) {
            int of = partition;
            threads.add(() -> read(of));
        }
        threads.add(this::publish);
        threads.add(snapshots::step);
        threads.add(deltas::step);
        return threads;
    }

    private Optional<String> read(int partition) {
        List<byte[]> records = topics.examples.get(partition);
        if (offsets[partition] >= records.size()) {
            return Optional.empty();
        }
        long offset = offsets[partition]++;
        if (!(topics.codec.decode(records.get((int) offset)) instanceof Decoded.Value<ExampleMessage> decoded)) {
            throw new Broken("P4", "the trainer cannot read examples-" + partition + " @" + offset);
        }
        ExampleMessage message = decoded.value();
        boolean missed = astray
                && message instanceof LabeledExample example
                && example.impressionId().hashCode() % 2 == 0;
        if (!missed) {
            trainer().accept(message, this::out);
        }
        return Optional.of(name + " reads examples-" + partition + " @" + offset
                + (message instanceof LabeledExample example ? ": " + example.impressionId() : ""));
    }

    private void out(TrainRecord record) {
        if (record instanceof TrainRecord.Learnt one && !astray) {
            invariants.learnt(learnt++, one);
        } else if (record instanceof TrainRecord.Changed changed) {
            cuts.add(SteppedTrainer.bytes(changed.cut()));
        } else if (record instanceof TrainRecord.Ended && !astray) {
            invariants.ended(learnt);
        }
    }

    private Optional<String> publish() {
        byte[] cut = cuts.poll();
        if (cut == null) {
            return Optional.empty();
        }
        publisher().accept(SteppedTrainer.cut(cut), published -> {
            if (!astray) {
                invariants.published(published.record());
            }
            (published.topic() == TrainRecord.Topic.SNAPSHOTS ? snapshots : deltas).send(published.record());
        });
        return Optional.of(
                name + " publishes a cut as generation " + publisher().generation());
    }
}

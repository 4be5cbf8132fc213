package freshet.jobs.simulation;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.join.Ledger;
import freshet.jobs.join.PlainJoin;
import freshet.jobs.publish.SteppedPublisher;
import freshet.jobs.train.ModelCut;
import freshet.jobs.train.SteppedTrainer;
import freshet.jobs.train.TrainRecord;
import freshet.serde.event.Event;
import freshet.serde.event.Feedback;
import freshet.serde.example.FeatureValues;
import freshet.serde.example.Frontier;
import freshet.serde.example.LabeledExample;
import freshet.serde.snapshot.ManifestSigner;
import freshet.serde.snapshot.SnapshotRecord;
import freshet.serde.snapshot.SnapshotVersion;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What must come out, whatever befalls the run: the slow and obvious join of all events at once, whose examples a trainer learns in one
 * go, without a topic, a checkpoint or a fault.
 */
final class PlainRun {
    /** How many examples' features the models are asked about. */
    private static final int CANDIDATES = 3;

    private final PlainJoin join;
    private final Map<String, LabeledExample> byKey = new HashMap<>();
    private final List<TrainRecord.Learnt> learnt = new ArrayList<>();
    /** By key. */
    private final Map<String, SnapshotRecord> records = new LinkedHashMap<>();
    /** By lineage and moment, since rows expire while nothing is learnt: what the model says of the candidates. */
    private final Map<String, float[]> predictions = new HashMap<>();

    PlainRun(FreshetConfig config, List<Event> events) {
        join = new PlainJoin(config.join(), events);
        join.examples().forEach(example -> byKey.put(key(example), example));
        SteppedPublisher publisher = new SteppedPublisher(config, ManifestSigner.unsigned(), "plain", null, any -> 0);
        try (SteppedTrainer trainer = new SteppedTrainer(config, null)) {
            join.examples().forEach(example -> trainer.accept(example, any -> {}));
            trainer.accept(new Frontier(0, 1, 0, 0, 1, Frontier.END), record -> take(record, publisher));
        }
    }

    private void take(TrainRecord record, SteppedPublisher publisher) {
        if (record instanceof TrainRecord.Learnt one) {
            learnt.add(one);
        } else if (record instanceof TrainRecord.Changed changed) {
            ModelCut cut = changed.cut();
            publisher.accept(cut, published -> records.put(published.record().key(), published.record()));
            List<FeatureValues> candidates = candidates();
            float[] said =
                    new float[candidates.size() * publisher.model().spec().taskCount()];
            publisher.model().newScorer().score(candidates, said);
            predictions.put(cut.lineage() + " @" + cut.asOfMillis(), said);
        }
    }

    static String key(LabeledExample example) {
        return example.impressionId() + " @" + example.decidedTimeMillis();
    }

    /** The example of that key; null where there must be none. */
    @Nullable
    LabeledExample example(String key) {
        return byKey.get(key);
    }

    /** What the trainer puts out, in the order of learning. */
    List<TrainRecord.Learnt> learnt() {
        return learnt;
    }

    Set<Feedback> orphans() {
        return join.orphans();
    }

    Ledger ledger() {
        return join.ledger();
    }

    /** How many examples there are. */
    int examples() {
        return join.examples().size();
    }

    /** Every record for servers, in the order of sending. */
    Map<String, SnapshotRecord> records() {
        return records;
    }

    /** All chunks of a snapshot, one after the other. */
    byte[] content(SnapshotVersion version) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        records.forEach((key, record) -> {
            if (key.startsWith(version + "/chunk/")) {
                content.writeBytes(record.value());
            }
        });
        return content.toByteArray();
    }

    List<FeatureValues> candidates() {
        return join.examples().stream()
                .limit(CANDIDATES)
                .map(LabeledExample::features)
                .toList();
    }

    /** What the model of a lineage says of the {@link #candidates}; null if none had that lineage then. */
    float @Nullable [] predictions(String lineage, long asOfMillis) {
        return predictions.get(lineage + " @" + asOfMillis);
    }
}

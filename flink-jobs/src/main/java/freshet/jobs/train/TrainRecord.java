package freshet.jobs.train;

import freshet.serde.control.TrainerAnswer;
import freshet.serde.example.LabeledExample;
import freshet.serde.snapshot.SnapshotRecord;
import java.util.SortedMap;

/**
 * What a trainer puts out, in the order of learning. Immutable as long as nobody writes to the arrays.
 *
 * <p>Metrics are maps from task to name of the metric to value; a metric that has no value (an AUC without a positive) is
 * left out.
 */
public sealed interface TrainRecord {

    /**
     * An example has been scored and then learnt.
     *
     * @param predictions {@code float[example.labels().size()]}: what the model said just before it learnt each label; NaN
     *     for an example that is not finite
     * @param served {@code float[example.labels().size()]}: what the snapshot said that was live when the impression was
     *     shown; NaN before the first snapshot
     */
    record Learnt(LabeledExample example, float[] predictions, float[] served) implements TrainRecord {}

    /**
     * An hour of decided time has ended in which something was learnt.
     *
     * @param hourMillis its first moment
     * @param metrics progressive metrics over that hour
     */
    record Hour(long hourMillis, SortedMap<String, SortedMap<String, Double>> metrics) implements TrainRecord {}

    /** The model has been cut: what changed since the cut before. */
    record Changed(ModelCut cut) implements TrainRecord {}

    /** A record for one of the topics that servers read; a publisher puts these in the place of {@link Changed}. */
    record Published(Topic topic, SnapshotRecord record) implements TrainRecord {}

    /** What servers read of a trainer. */
    enum Topic {
        SNAPSHOTS,
        DELTAS
    }

    /** What became of a command. */
    record Answered(TrainerAnswer answer) implements TrainRecord {}

    /**
     * The examples have ended and everything has been learnt.
     *
     * @param metrics progressive metrics over everything
     */
    record Ended(SortedMap<String, SortedMap<String, Double>> metrics) implements TrainRecord {}
}

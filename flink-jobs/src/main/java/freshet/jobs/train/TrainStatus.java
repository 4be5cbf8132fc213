package freshet.jobs.train;

import freshet.jobs.guard.GuardReason;
import freshet.jobs.guard.GuardTrip;
import freshet.model.table.TableStatus;
import freshet.serde.control.TrainerAnswer;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How a trainer stands, for gauges: an immutable value, made by the trainer's thread, read by any.
 *
 * @param examples learnt so far
 * @param steps batches learnt so far
 * @param refused batches not learnt, because none of their examples could be, or their gradient was not finite
 * @param refusedExamples examples not learnt, each by itself, because something in them was not finite or too large
 * @param heldBack examples scored but not learnt, because the guard had stopped the learning
 * @param guardTrips how often it has
 * @param guardTrip why it does at present; null while the trainer learns
 * @param frontierMillis everything decided at or before this has been seen; {@link Long#MIN_VALUE} before that can be said
 * @param buffered examples that wait for their turn
 * @param bufferedElsewhere of these, how many do not wait in memory
 * @param repeats examples that came again and were dropped
 * @param tables the tables of rows, by table index; none before the first example
 * @param calibration slope and offset of each task in the order of the model; empty where none is calibrated
 * @param gradientNorm of the last batch that was scored for learning, before clipping
 * @param snapshots cut so far
 * @param snapshotAsOfMillis the newest snapshot, or the one that was rolled back to since, is as of this event time; {@link Long#MIN_VALUE} before the first
 * @param commandsWaiting commands that wait for their moment
 * @param commandsDone commands carried out
 * @param commandsRefused commands not carried out
 * @param lastAnswer what became of the last command; null before the first
 * @param hourMetrics by task and name: over the last hour of decided time that has ended
 */
public record TrainStatus(
        long examples,
        long steps,
        long refused,
        long refusedExamples,
        long heldBack,
        long guardTrips,
        @Nullable GuardTrip guardTrip,
        long frontierMillis,
        long buffered,
        long bufferedElsewhere,
        long repeats,
        List<TableStatus> tables,
        List<Float> calibration,
        double gradientNorm,
        long snapshots,
        long snapshotAsOfMillis,
        long commandsWaiting,
        long commandsDone,
        long commandsRefused,
        @Nullable TrainerAnswer lastAnswer,
        SortedMap<String, SortedMap<String, Double>> hourMetrics) {

    static final TrainStatus START = new TrainStatus(
            0,
            0,
            0,
            0,
            0,
            0,
            null,
            Long.MIN_VALUE,
            0,
            0,
            0,
            List.of(),
            List.of(),
            0,
            0,
            Long.MIN_VALUE,
            0,
            0,
            0,
            null,
            new TreeMap<>());

    public TrainStatus {
        tables = List.copyOf(tables);
        calibration = List.copyOf(calibration);
    }

    /** One table of rows, by its index. */
    public TableStatus table(int table) {
        return table < tables.size() ? tables.get(table) : TableStatus.EMPTY;
    }

    /** All tables of rows together. */
    public TableStatus allTables() {
        return tables.stream().reduce(TableStatus.EMPTY, TableStatus::plus);
    }

    /** By what the logit of a calibrated task is multiplied; 1 before the first example. */
    double calibrationSlope(int task) {
        return calibration.isEmpty() ? 1 : calibration.get(2 * task);
    }

    /** What is then added to it; 0 before the first example. */
    double calibrationOffset(int task) {
        return calibration.isEmpty() ? 0 : calibration.get(2 * task + 1);
    }

    /** A metric of the last hour; NaN where it has no value. */
    public double metric(String task, String name) {
        return hourMetrics.getOrDefault(task, new TreeMap<>()).getOrDefault(name, Double.NaN);
    }

    /** Whether the guard has stopped the learning, for any reason. */
    public boolean isGuardTripped() {
        return guardTrip != null;
    }

    /** Whether it has for this reason. */
    public boolean isGuardTripped(GuardReason reason) {
        return guardTrip != null && guardTrip.reason() == reason;
    }

    /** Event time at which the last command took effect or was refused; 0 before the first. */
    public long lastCommandMillis() {
        return lastAnswer == null ? 0 : lastAnswer.atMillis();
    }

    /** Event time from the newest snapshot to the frontier: how stale a server is at best; 0 before the first. */
    public long snapshotAgeMillis() {
        return snapshotAsOfMillis == Long.MIN_VALUE || frontierMillis == Long.MAX_VALUE
                ? 0
                : Math.max(0, frontierMillis - snapshotAsOfMillis);
    }
}

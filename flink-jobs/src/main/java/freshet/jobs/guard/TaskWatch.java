package freshet.jobs.guard;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;

/**
 * One task: its rate of positives and its loss. Labels that are decided early are mostly positive, those at the horizon mostly
 * negative; so a label counts only when the horizon of its impression has passed, together with all others of that minute. Otherwise
 * the beginning and the end of any pause in the traffic would look like a change of the labels. Not thread-safe.
 */
final class TaskWatch {
    private static final long MINUTE = 60_000;

    private final boolean probability;
    private final long horizonMillis;
    final RateWatch rate;
    final LossWatch loss;
    /** Labels whose impression is younger than the horizon, by its minute. */
    private final TreeMap<Long, LabelSums> unripe = new TreeMap<>();

    TaskWatch(boolean probability, long horizonMillis, GuardSpec spec) {
        this.probability = probability;
        this.horizonMillis = horizonMillis;
        rate = new RateWatch(spec.rateFloor());
        loss = new LossWatch(probability, spec.lossRatio());
    }

    void add(long eventTimeMillis, float prediction, float label) {
        unripe.computeIfAbsent(Math.floorDiv(eventTimeMillis, MINUTE), minute -> new LabelSums())
                .add(probability, prediction, label);
    }

    /**
     * Lets the labels count whose horizon has passed at this decided time.
     *
     * @param settledMillis losses of impressions before this event time say nothing of how things are
     */
    void ripen(long decidedMillis, long settledMillis) {
        long through = Math.floorDiv(decidedMillis - horizonMillis, MINUTE);
        while (!unripe.isEmpty() && unripe.firstKey() <= through) {
            Map.Entry<Long, LabelSums> minute = unripe.pollFirstEntry();
            LabelSums sums = minute.getValue();
            rate.add(sums.count, sums.positives);
            if (minute.getKey() * MINUTE >= settledMillis) {
                loss.add(sums);
            }
        }
    }

    void forget() {
        rate.forget();
        loss.forget();
    }

    void save(DataOutput out) throws IOException {
        rate.save(out);
        loss.save(out);
        out.writeInt(unripe.size());
        for (Map.Entry<Long, LabelSums> minute : unripe.entrySet()) {
            out.writeLong(minute.getKey());
            minute.getValue().save(out);
        }
    }

    void restore(DataInput in) throws IOException {
        rate.restore(in);
        loss.restore(in);
        unripe.clear();
        for (int left = in.readInt(); left > 0; left--) {
            long minute = in.readLong();
            LabelSums sums = new LabelSums();
            sums.restore(in);
            unripe.put(minute, sums);
        }
    }
}

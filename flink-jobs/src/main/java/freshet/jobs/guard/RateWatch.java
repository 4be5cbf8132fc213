package freshet.jobs.guard;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * Whether something that used to happen has stopped: positives of a task, the presence of a feature. Compares the hits of a
 * window with those to be expected from a decayed baseline. Not thread-safe.
 *
 * <p>The bound: if the rate had only fallen to the floor, hits would be Poisson with mean m = floor * expected, and at most k of them
 * have probability exp(-(m - k - k ln(m / k))) at most (Chernoff). Dead is what is less probable than {@link #CERTAINTY}. A task with
 * few positives therefore raises no alarm before some 70 are missing; its window stays open until it can tell.
 */
final class RateWatch {
    /** -ln 1e-6: one false alarm in a million windows of independent examples, at the floor; far fewer at the true rate. */
    private static final double CERTAINTY = 13.8;

    /** Before so many are known nothing is judged. */
    private static final double LEAST_BASELINE = 1_000;

    private final double floor;
    private long seen;
    private long hits;
    private double baselineSeen;
    private double baselineHits;

    RateWatch(double floor) {
        this.floor = floor;
    }

    void add(long newSeen, long newHits) {
        seen += newSeen;
        hits += newHits;
    }

    Health health() {
        if (baselineSeen < LEAST_BASELINE) {
            return Health.UNKNOWN;
        }
        double least = floor * seen * baselineRate();
        if (least < CERTAINTY) {
            return Health.UNKNOWN;
        }
        double surprise = least - hits - (hits == 0 ? 0 : hits * StrictMath.log(least / hits));
        return hits < least && surprise > CERTAINTY ? Health.BAD : Health.GOOD;
    }

    /** The rate it used to have; 0 before anything is known. */
    double baselineRate() {
        return baselineSeen == 0 ? 0 : baselineHits / baselineSeen;
    }

    /** Whether the baseline says enough to judge by. */
    boolean isJudged() {
        return baselineSeen >= LEAST_BASELINE;
    }

    /** Takes the window into the baseline and begins a new one. */
    void learnWindow(double decay) {
        baselineSeen = baselineSeen * decay + seen;
        baselineHits = baselineHits * decay + hits;
        clearWindow();
    }

    void clearWindow() {
        seen = 0;
        hits = 0;
    }

    void forget() {
        clearWindow();
        baselineSeen = 0;
        baselineHits = 0;
    }

    String words() {
        return "found " + hits + " of " + seen + ", expected about " + StrictMath.round(seen * baselineRate());
    }

    void save(DataOutput out) throws IOException {
        out.writeLong(seen);
        out.writeLong(hits);
        out.writeDouble(baselineSeen);
        out.writeDouble(baselineHits);
    }

    void restore(DataInput in) throws IOException {
        seen = in.readLong();
        hits = in.readLong();
        baselineSeen = in.readDouble();
        baselineHits = in.readDouble();
    }
}

package freshet.jobs.guard;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * Whether gradients explode. A batch's norm times the root of its size is compared with the running mean of the same: the gradient of
 * a mean over n examples is mostly noise, which shrinks with the root of n, and batches are of all sizes. One long gradient is clipped
 * and forgotten; several in a row are a trend. Not thread-safe.
 */
final class GradientWatch {
    private static final int IN_A_ROW = 3;
    private static final long LEAST_BATCHES = 200;

    /** Batches over which the running mean forgets. */
    private static final double MEMORY = 128;

    private final double factor;
    private long batches;
    private double level;
    private int tooLong;

    GradientWatch(double factor) {
        this.factor = factor;
    }

    void add(int examples, double norm) {
        double scaled = norm * Math.sqrt(examples);
        if (batches >= LEAST_BATCHES && scaled > factor * level) {
            tooLong++;
            return;
        }
        tooLong = 0;
        batches++;
        level += (scaled - level) / Math.min(batches, MEMORY);
    }

    boolean isBad() {
        return tooLong >= IN_A_ROW;
    }

    /** Forgets the long ones, not the level. */
    void clear() {
        tooLong = 0;
    }

    void forget() {
        tooLong = 0;
        batches = 0;
        level = 0;
    }

    void save(DataOutput out) throws IOException {
        out.writeLong(batches);
        out.writeDouble(level);
        out.writeInt(tooLong);
    }

    void restore(DataInput in) throws IOException {
        batches = in.readLong();
        level = in.readDouble();
        tooLong = in.readInt();
    }
}

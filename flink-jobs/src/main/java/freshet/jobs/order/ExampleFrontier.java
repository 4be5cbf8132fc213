package freshet.jobs.order;

import freshet.jobs.state.SavedState;
import freshet.serde.example.Frontier;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Arrays;

/**
 * How far the examples have been read: the smallest of the largest promises of every key group in every partition.
 * Everything decided at or before {@link #throughMillis} has been seen, so it can be put in order and learnt, without a
 * watermark and without a clock.
 *
 * <p>Promises repeat and may be smaller than earlier ones after the writer has restarted; a promise once given holds, so
 * the larger one counts. Not thread-safe.
 */
public final class ExampleFrontier {
    /** Nothing has been promised by somebody yet. */
    public static final long NONE = Long.MIN_VALUE;

    private static final byte VERSION = 1;

    /** {@code long[partition][keyGroup]}: the largest promise, or {@link #NONE}. Empty before the first promise. */
    private long[][] promises = new long[0][];

    private long throughMillis = NONE;

    /** Everything decided at or before this moment has been seen; {@link #NONE} at first, {@link Frontier#END} at the end. */
    public long throughMillis() {
        return throughMillis;
    }

    /**
     * Takes a promise in.
     *
     * @throws IllegalStateException when the promise counts key groups otherwise than the earlier ones: the examples job
     *     was started anew with another max parallelism on the same topic
     */
    public void accept(Frontier promise) {
        if (promises.length < promise.partitions()) {
            grow(promise.partitions(), promise.keyGroups());
        }
        long[] ofPartition = promises[promise.partition()];
        if (ofPartition.length != promise.keyGroups()) {
            throw new IllegalStateException("reading the frontier of the examples: found a promise among "
                    + promise.keyGroups() + " key groups, expected " + ofPartition.length
                    + " as in the promises before it; the max parallelism of an examples job cannot change on one topic,"
                    + " so start the new one on a topic of its own");
        }
        for (int group = promise.firstKeyGroup(); group <= promise.lastKeyGroup(); group++) {
            ofPartition[group] = Math.max(ofPartition[group], promise.throughMillis());
        }
        throughMillis = smallest();
    }

    /**
     * Makes room for partitions that are new. They start at the present frontier: a writer put nothing into them while it
     * gave the promises that made it, since those name fewer partitions.
     */
    private void grow(int partitions, int keyGroups) {
        int known = promises.length;
        promises = Arrays.copyOf(promises, partitions);
        int groups = known == 0 ? keyGroups : promises[0].length;
        for (int partition = known; partition < partitions; partition++) {
            promises[partition] = new long[groups];
            Arrays.fill(promises[partition], throughMillis);
        }
    }

    private long smallest() {
        long smallest = Long.MAX_VALUE;
        for (long[] ofPartition : promises) {
            for (long promise : ofPartition) {
                smallest = Math.min(smallest, promise);
            }
        }
        return smallest;
    }

    public void save(DataOutputStream out) throws IOException {
        out.writeByte(VERSION);
        out.writeLong(throughMillis);
        out.writeInt(promises.length);
        out.writeInt(promises.length == 0 ? 0 : promises[0].length);
        for (long[] ofPartition : promises) {
            for (long promise : ofPartition) {
                out.writeLong(promise);
            }
        }
    }

    public static ExampleFrontier restore(DataInputStream in) throws IOException {
        SavedState.expectVersion("frontier of the examples", VERSION, in);
        ExampleFrontier frontier = new ExampleFrontier();
        frontier.throughMillis = in.readLong();
        frontier.promises = new long[in.readInt()][in.readInt()];
        for (long[] ofPartition : frontier.promises) {
            for (int group = 0; group < ofPartition.length; group++) {
                ofPartition[group] = in.readLong();
            }
        }
        return frontier;
    }
}

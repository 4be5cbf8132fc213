package freshet.serde.example;

/**
 * A promise written among the examples: every example of these key groups that was decided at or before
 * {@code throughMillis} stands before this record, in this partition. A reader that has the promises of all key groups in
 * all partitions knows, without waiting on a clock, that it has seen everything up to the smallest of them; so late data
 * between the two jobs does not exist, and a job that restarts and sends examples again is recognised by it.
 *
 * <p>Key groups, not subtasks, because they survive a change of parallelism.
 *
 * @param partition the partition this copy was written to
 * @param partitions how many partitions the topic has; every promise is written to each
 * @param firstKeyGroup first key group of the writer, inclusive
 * @param lastKeyGroup last key group of the writer, inclusive
 * @param keyGroups how many key groups there are in all: the job's max parallelism
 * @param throughMillis event time; {@link Long#MAX_VALUE} when the input has ended
 */
public record Frontier(
        int partition, int partitions, int firstKeyGroup, int lastKeyGroup, int keyGroups, long throughMillis)
        implements ExampleMessage {

    /** The promise of an input that has ended. */
    public static final long END = Long.MAX_VALUE;

    public Frontier {
        if (partition < 0
                || partition >= partitions
                || firstKeyGroup < 0
                || lastKeyGroup < firstKeyGroup
                || lastKeyGroup >= keyGroups) {
            throw new IllegalArgumentException("frontier: found partition " + partition + " of " + partitions
                    + " and key groups " + firstKeyGroup + " to " + lastKeyGroup + " of " + keyGroups
                    + "; expected both to lie inside");
        }
    }
}

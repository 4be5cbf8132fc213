package freshet.jobs.recover;

import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import org.apache.kafka.common.TopicPartition;

/**
 * One checkpoint or savepoint that was kept.
 *
 * @param path that a job can be started from
 * @param group the folder it is in: checkpoints of one run of a job share it
 * @param writtenMillis when its {@code _metadata} was written, by the clock of the file system
 * @param state what is in it
 */
public record Retained(String path, String group, long writtenMillis, State state) {

    /** What there is below the path. */
    public sealed interface State {}

    /**
     * Everything that it names is there.
     *
     * @param contents what that is
     */
    public record Whole(Contents contents) implements State {}

    /**
     * It can be read, but what it names is not all there.
     *
     * @param contents what it names
     * @param reason the first of it, in words
     */
    public record Incomplete(Contents contents, String reason) implements State {}

    /**
     * It cannot be read.
     *
     * @param reason in words
     */
    public record Unreadable(String reason) implements State {}

    /**
     * What a checkpoint names.
     *
     * @param checkpointId its number
     * @param uids of the operators in it, as far as they have one
     * @param files that it needs
     * @param bytes in all of them
     * @param notLookedAt kinds of state whose files are not known here
     * @param unsummedFiles of those, how many have no checksum to compare them with
     * @param offsets the next record of each partition that its sources would read
     */
    public record Contents(
            long checkpointId,
            Set<String> uids,
            List<NeededFile> files,
            long bytes,
            Set<String> notLookedAt,
            int unsummedFiles,
            SortedMap<TopicPartition, Long> offsets) {}

    /**
     * A file that a checkpoint needs.
     *
     * @param path of any file system of Flink
     * @param bytes that it must at least have
     * @param isWhole whether it must have exactly so many
     */
    public record NeededFile(String path, long bytes, boolean isWhole) {}

    /** The next record of each partition that its sources would read; nothing where that cannot be told. */
    public SortedMap<TopicPartition, Long> offsets() {
        return state instanceof Whole whole ? whole.contents().offsets() : Collections.emptySortedMap();
    }

    /** Whether a job can be started from it. */
    public boolean isGood() {
        return state instanceof Whole;
    }
}

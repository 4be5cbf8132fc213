package freshet.jobs.recover;

import freshet.jobs.recover.Retained.Contents;
import freshet.jobs.recover.Retained.NeededFile;
import freshet.jobs.seal.SealedCheckpoint;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.flink.api.common.typeutils.base.array.BytePrimitiveArraySerializer;
import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplit;
import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplitSerializer;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.core.io.SimpleVersionedSerialization;
import org.apache.flink.core.memory.DataInputViewStreamWrapper;
import org.apache.flink.runtime.checkpoint.OperatorState;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.OperatorStateHandle;
import org.apache.flink.runtime.state.StreamStateHandle;
import org.apache.flink.runtime.state.filemerging.SegmentFileStateHandle;
import org.apache.flink.runtime.state.filesystem.FileStateHandle;
import org.apache.flink.runtime.state.memory.ByteStreamStateHandle;
import org.apache.kafka.common.TopicPartition;

/** What a {@code _metadata} file names, and the offsets in the state of Kafka sources. */
final class CheckpointReader {
    /** Where Flink's operator of a source keeps the splits of its reader. */
    private static final String SPLITS = "SourceReaderState";

    private static final Comparator<TopicPartition> BY_NAME =
            Comparator.comparing(TopicPartition::topic).thenComparing(TopicPartition::partition);

    private CheckpointReader() {}

    /** What a checkpoint names; no file is looked at. */
    static Contents read(SealedCheckpoint checkpoint) {
        Set<String> uids = new TreeSet<>();
        checkpoint
                .metadata()
                .getOperatorStates()
                .forEach(operator -> operator.getOperatorUid().ifPresent(uids::add));
        Set<NeededFile> files = new LinkedHashSet<>();
        Set<String> notLookedAt = new TreeSet<>(checkpoint.unknownKinds());
        checkpoint.files().forEach(file -> collect(file, files, notLookedAt));
        return new Contents(
                checkpoint.metadata().getCheckpointId(),
                uids,
                List.copyOf(files),
                files.stream().mapToLong(NeededFile::bytes).sum(),
                notLookedAt,
                checkpoint.unsummedFiles(),
                new TreeMap<>(BY_NAME));
    }

    private static void collect(StreamStateHandle state, Set<NeededFile> files, Set<String> notLookedAt) {
        if (state instanceof FileStateHandle file) {
            files.add(new NeededFile(file.getFilePath().toString(), file.getStateSize(), true));
        } else if (state instanceof SegmentFileStateHandle segment) {
            files.add(new NeededFile(
                    segment.getFilePath().toString(), segment.getStartPos() + segment.getStateSize(), false));
        } else if (!(state instanceof ByteStreamStateHandle)) { // which lies in the metadata itself
            notLookedAt.add(state.getClass().getSimpleName());
        }
    }

    /**
     * The next offset of each partition that the sources of a checkpoint would read; only what is there and is of Kafka.
     *
     * @throws IOException when its files cannot be read
     */
    static SortedMap<TopicPartition, Long> offsets(SealedCheckpoint checkpoint) throws IOException {
        SortedMap<TopicPartition, Long> offsets = new TreeMap<>(BY_NAME);
        for (OperatorState operator : checkpoint.metadata().getOperatorStates()) {
            for (OperatorSubtaskState subtask : operator.getStates()) {
                for (OperatorStateHandle handle : subtask.getManagedOperatorState()) {
                    for (KafkaPartitionSplit split : splits(handle)) {
                        offsets.put(split.getTopicPartition(), split.getStartingOffset());
                    }
                }
            }
        }
        return offsets;
    }

    private static List<KafkaPartitionSplit> splits(OperatorStateHandle handle) throws IOException {
        List<KafkaPartitionSplit> splits = new ArrayList<>();
        OperatorStateHandle.StateMetaInfo place =
                handle.getStateNameToPartitionOffsets().get(SPLITS);
        if (place == null) {
            return splits;
        }
        try (FSDataInputStream in = handle.openInputStream()) {
            for (long offset : place.getOffsets()) {
                in.seek(offset);
                byte[] split = BytePrimitiveArraySerializer.INSTANCE.deserialize(new DataInputViewStreamWrapper(in));
                splits.add(SimpleVersionedSerialization.readVersionAndDeSerialize(
                        new KafkaPartitionSplitSerializer(), split));
            }
        } catch (RuntimeException e) {
            throw new IOException("found splits that are not of Kafka: " + e, e);
        }
        return splits;
    }
}

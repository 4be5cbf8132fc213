package freshet.jobs.source;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.SourceEvent;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplit;
import org.apache.flink.core.io.InputStatus;
import org.apache.flink.util.ExceptionUtils;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;

/**
 * The connector's reader, which says what has happened and what to do when a topic no longer has the offset that the reader would
 * go on from. Each restart fails with the same words, until somebody has decided.
 */
record TopicReader<T>(SourceReader<T, KafkaPartitionSplit> reader) implements SourceReader<T, KafkaPartitionSplit> {

    @Override
    public InputStatus pollNext(ReaderOutput<T> output) throws Exception {
        try {
            return reader.pollNext(output);
        } catch (RuntimeException e) {
            Map<TopicPartition, Long> gone = ExceptionUtils.findThrowable(e, OffsetOutOfRangeException.class)
                    .map(OffsetOutOfRangeException::offsetOutOfRangePartitions)
                    .orElse(Map.of());
            if (gone.isEmpty()) {
                throw e;
            }
            throw new IllegalStateException(inWords(gone), e);
        }
    }

    private static String inWords(Map<TopicPartition, Long> gone) {
        StringBuilder places = new StringBuilder();
        gone.forEach((partition, offset) -> places.append(places.isEmpty() ? "" : ", ")
                .append(partition)
                .append(" offset ")
                .append(offset));
        return "going on from a checkpoint: found that the topic no longer has " + places
                + ", expected it to be kept until"
                + " the job has read it; its records were deleted, by retention or by hand, while the job was down or behind."
                + " What is gone cannot be read: freshet recover counts it and looks for a newer savepoint; freshet run with"
                + " --from and --skip-lost goes on behind it, with the state that there is. Then keep the topic for longer";
    }

    @Override
    public void start() {
        reader.start();
    }

    @Override
    public List<KafkaPartitionSplit> snapshotState(long checkpointId) {
        return reader.snapshotState(checkpointId);
    }

    @Override
    public CompletableFuture<Void> isAvailable() {
        return reader.isAvailable();
    }

    @Override
    public void addSplits(List<KafkaPartitionSplit> splits) {
        reader.addSplits(splits);
    }

    @Override
    public void notifyNoMoreSplits() {
        reader.notifyNoMoreSplits();
    }

    @Override
    public void handleSourceEvents(SourceEvent event) {
        reader.handleSourceEvents(event);
    }

    @Override
    public void pauseOrResumeSplits(Collection<String> toPause, Collection<String> toResume) {
        reader.pauseOrResumeSplits(toPause, toResume);
    }

    @Override
    public void notifyCheckpointComplete(long checkpointId) throws Exception {
        reader.notifyCheckpointComplete(checkpointId);
    }

    @Override
    public void notifyCheckpointAborted(long checkpointId) throws Exception {
        reader.notifyCheckpointAborted(checkpointId);
    }

    @Override
    public void close() throws Exception {
        reader.close();
    }
}

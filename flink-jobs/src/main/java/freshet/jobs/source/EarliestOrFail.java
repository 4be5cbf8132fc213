package freshet.jobs.source;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplit;
import org.apache.kafka.clients.consumer.OffsetResetStrategy;
import org.apache.kafka.common.TopicPartition;

/**
 * Starts a new job at the oldest record, but fails where a restored offset is gone, unless told otherwise.
 * {@link OffsetsInitializer#earliest()} would then jump over what retention has deleted and say nothing (FLINK-39888).
 */
@SuppressWarnings("deprecation") // the connector's own interface names the deprecated type
final class EarliestOrFail implements OffsetsInitializer {
    private static final long serialVersionUID = 1L;

    static {
        // Every job of ours has such a source, and this is the first class of ours that its JobManager loads.
        ClosingClasses.load();
    }

    private final LostRecords lost;

    EarliestOrFail(LostRecords lost) {
        this.lost = lost;
    }

    @Override
    public Map<TopicPartition, Long> getPartitionOffsets(
            Collection<TopicPartition> partitions, PartitionOffsetsRetriever retriever) {
        Map<TopicPartition, Long> offsets = new HashMap<>();
        partitions.forEach(partition -> offsets.put(partition, KafkaPartitionSplit.EARLIEST_OFFSET));
        return offsets;
    }

    @Override
    public OffsetResetStrategy getAutoOffsetResetStrategy() {
        return lost == LostRecords.SKIP ? OffsetResetStrategy.EARLIEST : OffsetResetStrategy.NONE;
    }
}

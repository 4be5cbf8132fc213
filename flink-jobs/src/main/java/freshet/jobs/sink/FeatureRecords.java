package freshet.jobs.sink;

import freshet.serde.feature.FeatureChange;
import freshet.serde.feature.FeatureState;
import freshet.serde.wire.FeatureStateCodec;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Feature states as records of a compacted topic, in the partition that Kafka gives their key; nothing to remember becomes a
 * record without a value. Here the id must be the key, since it is what compaction goes by.
 */
@SuppressWarnings("NullAway.Init") // open() comes before the first record
final class FeatureRecords implements KafkaRecordSerializationSchema<FeatureChange> {
    private static final long serialVersionUID = 1L;

    private final String ofUsers;
    private final String ofVideos;
    private transient FeatureStateCodec codec;

    FeatureRecords(String ofUsers, String ofVideos) {
        this.ofUsers = ofUsers;
        this.ofVideos = ofVideos;
    }

    @Override
    public void open(SerializationSchema.InitializationContext context, KafkaSinkContext sinkContext) {
        codec = new FeatureStateCodec();
    }

    @Override
    public ProducerRecord<byte[], byte[]> serialize(
            FeatureChange change, KafkaSinkContext context, @Nullable Long timestamp) {
        FeatureState state = change.state();
        return new ProducerRecord<>(
                change.key().scope() == FeatureState.Scope.USER ? ofUsers : ofVideos,
                FeatureStateCodec.encodeKey(change.key()),
                state == null ? null : codec.encode(state));
    }
}

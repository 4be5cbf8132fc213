package freshet.jobs.publish;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.train.TrainRecord;
import freshet.jobs.train.TrainRecord.Published;
import freshet.jobs.train.TrainRecord.Topic;
import java.nio.charset.StandardCharsets;
import java.util.Properties;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * Writes what a publisher puts out to the topics of snapshots and deltas: at least once, in order. All records of a topic go to
 * one partition through an idempotent producer, which keeps their order over its own retries, so that a manifest stands
 * behind the chunks it names. After a failure records come again from the last checkpoint on, identical to the first
 * ones.
 *
 * <p>No transactions: two trainers that are alive by mistake could not fence each other by them, and a killed one would
 * hold every reader back until its transaction times out.
 */
public final class SnapshotSink {
    private static final int PARTITION = 0;

    private SnapshotSink() {}

    /** The sink of a configuration; run it with parallelism 1. */
    public static KafkaSink<TrainRecord> of(FreshetConfig config) {
        Properties producer = config.kafka().forProducers();
        producer.setProperty(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, "true");
        producer.setProperty(ProducerConfig.ACKS_CONFIG, "all");
        String snapshots = config.topics().snapshots();
        String deltas = config.topics().modelDeltas();
        KafkaRecordSerializationSchema<TrainRecord> schema = (record, context, timestamp) -> {
            Published published = (Published) record;
            return new ProducerRecord<>(
                    published.topic() == Topic.SNAPSHOTS ? snapshots : deltas,
                    PARTITION,
                    published.record().key().getBytes(StandardCharsets.UTF_8),
                    published.record().value());
        };
        return KafkaSink.<TrainRecord>builder()
                .setBootstrapServers(config.kafka().bootstrapServers())
                .setKafkaProducerConfig(producer)
                .setRecordSerializer(schema)
                .setDeliveryGuarantee(DeliveryGuarantee.AT_LEAST_ONCE)
                .build();
    }
}

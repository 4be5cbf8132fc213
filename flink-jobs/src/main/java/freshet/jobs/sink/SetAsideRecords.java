package freshet.jobs.sink;

import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/** Each {@link SetAsideRecord} to the topic it names. */
final class SetAsideRecords implements KafkaRecordSerializationSchema<SetAsideRecord> {
    private static final long serialVersionUID = 1L;

    @Override
    public ProducerRecord<byte[], byte[]> serialize(
            SetAsideRecord setAside, KafkaSinkContext context, @Nullable Long timestamp) {
        ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(setAside.topic(), null, setAside.value());
        setAside.headers().forEach(record.headers()::add);
        return record;
    }
}

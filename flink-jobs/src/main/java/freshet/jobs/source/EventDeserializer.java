package freshet.jobs.source;

import freshet.jobs.config.FreshetConfig;
import freshet.serde.wire.ConfluentWire;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;

/** The {@link EventDecoder} of a topic, as Flink's Kafka source wants it. Yields exactly one value per record, always. */
@SuppressWarnings("NullAway.Init") // open() comes before the first record
final class EventDeserializer implements KafkaRecordDeserializationSchema<SourceRecord> {
    private static final long serialVersionUID = 1L;

    private final EventStream stream;
    private final String configJson;
    private transient EventDecoder decoder;

    EventDeserializer(EventStream stream, FreshetConfig config) {
        this.stream = stream;
        this.configJson = config.json();
    }

    @Override
    public void open(DeserializationSchema.InitializationContext context) {
        decoder = EventDecoder.ofTopic(stream, FreshetConfig.fromJson(configJson));
    }

    @Override
    public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<SourceRecord> out) {
        Header schema = record.headers().lastHeader(ConfluentWire.SCHEMA_HEADER);
        out.collect(decoder.decode(
                record.topic(),
                record.partition(),
                record.offset(),
                schema == null ? null : schema.value(),
                record.value()));
    }

    @Override
    public TypeInformation<SourceRecord> getProducedType() {
        return SourceRecordSerializer.TYPE;
    }
}

package freshet.jobs.source;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.source.EventSources.Until;
import freshet.serde.event.DeadLetter;
import freshet.serde.example.ExampleMessage;
import freshet.serde.wire.Decoded;
import freshet.serde.wire.ExampleCodec;
import java.util.Properties;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.KafkaSourceBuilder;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Reads the examples topic, each partition in its order. Without watermarks: the frontiers among the examples say how far
 * they go.
 */
public final class ExampleSource {
    private ExampleSource() {}

    /**
     * The source of a trainer, or of another job that reads as it does; the topic must exist.
     *
     * @param reader the job: part of its consumer group
     * @param until when it ends by itself
     */
    public static DataStream<ReadExample> kafka(
            StreamExecutionEnvironment env, FreshetConfig config, String reader, Until until) {
        String topic = config.topics().examples();
        String group = config.name() + "-" + reader;
        Properties properties = config.kafka().forConsumers();
        properties.setProperty("client.id.prefix", group);
        KafkaSourceBuilder<ReadExample> builder = KafkaSource.<ReadExample>builder()
                .setProperties(properties)
                .setTopics(topic)
                .setGroupId("freshet-" + group)
                .setStartingOffsets(new EarliestOrFail(env.getConfiguration().get(LostRecords.OPTION)))
                .setDeserializer(new Deserializer(config.json()));
        if (until == Until.CURRENT_END) {
            builder.setBounded(OffsetsInitializer.latest());
        }
        return env.fromSource(
                        TopicSource.of(builder.build()),
                        WatermarkStrategy.noWatermarks(),
                        "Examples from Kafka",
                        ReadExample.TYPE)
                .uid("examples-source")
                .setDescription("Reads the topic " + topic)
                .setParallelism(Math.min(env.getParallelism(), KafkaTopics.partitions(config.kafka(), topic)));
    }

    /** Yields exactly one value per record, always: a throw would restart the job at the same record for ever. */
    @SuppressWarnings("NullAway.Init") // open() comes before the first record
    static final class Deserializer implements KafkaRecordDeserializationSchema<ReadExample> {
        private static final long serialVersionUID = 1L;

        private final String configJson;
        private transient ExampleCodec codec;

        Deserializer(String configJson) {
            this.configJson = configJson;
        }

        @Override
        public void open(DeserializationSchema.InitializationContext context) {
            codec = new ExampleCodec(
                    FreshetConfig.fromJson(configJson).features().schema());
        }

        @Override
        public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<ReadExample> out) {
            Decoded<ExampleMessage> decoded = codec.decode(record.value());
            if (decoded instanceof Decoded.Value<ExampleMessage> good) {
                out.collect(new ReadExample.Good(good.value()));
            } else {
                Decoded.Bad<ExampleMessage> bad = (Decoded.Bad<ExampleMessage>) decoded;
                byte[] raw = record.value() == null ? new byte[0] : record.value();
                out.collect(new ReadExample.Refused(new DeadLetter(
                        record.topic(), record.partition(), record.offset(), bad.reason(), bad.detail(), raw)));
            }
        }

        @Override
        public TypeInformation<ReadExample> getProducedType() {
            return ReadExample.TYPE;
        }
    }
}

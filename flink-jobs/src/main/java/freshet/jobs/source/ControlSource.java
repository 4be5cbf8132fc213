package freshet.jobs.source;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.source.EventSources.Until;
import freshet.serde.control.ControlCodec;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Map;
import java.util.Properties;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.KafkaSourceBuilder;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetResetStrategy;
import org.apache.kafka.common.TopicPartition;

/**
 * Reads the commands of the control topic, as lines. A job without state begins at the end that the topic has then: what was said
 * to a trainer before it is not meant for it. A job with state goes on from its offset, so it takes what was said while it was down.
 */
public final class ControlSource {
    private ControlSource() {}

    /**
     * The source of a trainer; the topic must exist.
     *
     * @param until when it ends by itself
     */
    public static DataStream<String> kafka(StreamExecutionEnvironment env, FreshetConfig config, Until until) {
        String topic = config.topics().trainerControl();
        KafkaTopics.partitions(config.kafka(), topic); // says in words if there is none
        Properties properties = config.kafka().forConsumers();
        properties.setProperty("client.id.prefix", config.name() + "-control");
        KafkaSourceBuilder<String> builder = KafkaSource.<String>builder()
                .setProperties(properties)
                .setTopics(topic)
                .setGroupId("freshet-" + config.name() + "-control")
                .setStartingOffsets(new PresentEnd())
                .setDeserializer(new Commands());
        if (until == Until.CURRENT_END) {
            builder.setBounded(OffsetsInitializer.latest());
        }
        return env.fromSource(
                        TopicSource.of(builder.build()),
                        WatermarkStrategy.noWatermarks(),
                        "Commands from Kafka",
                        Types.STRING)
                .uid("control-source")
                .setDescription("Reads the topic " + topic)
                .setParallelism(1);
    }

    /**
     * The end as a number. {@link OffsetsInitializer#latest()} is found out by the reader, anew after every failure until there was a
     * record: commands sent meanwhile would be passed over.
     */
    @SuppressWarnings("deprecation") // the connector's own interface names the deprecated type
    private static final class PresentEnd implements OffsetsInitializer {
        private static final long serialVersionUID = 1L;

        @Override
        public Map<TopicPartition, Long> getPartitionOffsets(
                Collection<TopicPartition> partitions, PartitionOffsetsRetriever retriever) {
            return retriever.endOffsets(partitions);
        }

        @Override
        public OffsetResetStrategy getAutoOffsetResetStrategy() {
            return OffsetResetStrategy.EARLIEST;
        }
    }

    private static final class Commands implements KafkaRecordDeserializationSchema<String> {
        private static final long serialVersionUID = 1L;

        @Override
        public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<String> out) {
            if (record.key() != null
                    && record.value() != null
                    && ControlCodec.isCommand(new String(record.key(), StandardCharsets.UTF_8))) {
                out.collect(new String(record.value(), StandardCharsets.UTF_8));
            }
        }

        @Override
        public TypeInformation<String> getProducedType() {
            return Types.STRING;
        }
    }
}

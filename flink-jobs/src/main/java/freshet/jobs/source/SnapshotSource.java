package freshet.jobs.source;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.source.EventSources.Until;
import freshet.jobs.type.FreshetTypes;
import freshet.serde.snapshot.SnapshotRecord;
import java.nio.charset.StandardCharsets;
import java.util.Properties;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.KafkaSourceBuilder;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Reads the snapshot topic as a server does: from the oldest record on, whatever has come of it. */
public final class SnapshotSource {
    private SnapshotSource() {}

    /**
     * The source of a gate; the topic must exist. Where retention has removed what it would read next it goes on with the oldest
     * there is: of what is gone nobody can be served any more.
     *
     * @param until when it ends by itself
     */
    public static DataStream<SnapshotRecord> kafka(StreamExecutionEnvironment env, FreshetConfig config, Until until) {
        String topic = config.topics().snapshots();
        String group = config.name() + "-gate";
        Properties properties = config.kafka().forConsumers();
        properties.setProperty("client.id.prefix", group + "-snapshots");
        KafkaSourceBuilder<SnapshotRecord> builder = KafkaSource.<SnapshotRecord>builder()
                .setProperties(properties)
                .setTopics(topic)
                .setGroupId("freshet-" + group)
                .setStartingOffsets(OffsetsInitializer.earliest())
                .setDeserializer(new Deserializer());
        if (until == Until.CURRENT_END) {
            builder.setBounded(OffsetsInitializer.latest());
        }
        return env.fromSource(
                        TopicSource.of(builder.build()),
                        WatermarkStrategy.noWatermarks(),
                        "Snapshots from Kafka",
                        FreshetTypes.SNAPSHOT_RECORD)
                .uid("snapshots-source")
                .setDescription("Reads the topic " + topic)
                .setParallelism(1); // everything is in one partition
    }

    /** Passes over records without key or value: they are part of no snapshot. */
    private static final class Deserializer implements KafkaRecordDeserializationSchema<SnapshotRecord> {
        private static final long serialVersionUID = 1L;

        @Override
        public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<SnapshotRecord> out) {
            if (record.key() != null && record.value() != null) {
                out.collect(new SnapshotRecord(new String(record.key(), StandardCharsets.UTF_8), record.value()));
            }
        }

        @Override
        public TypeInformation<SnapshotRecord> getProducedType() {
            return FreshetTypes.SNAPSHOT_RECORD;
        }
    }
}

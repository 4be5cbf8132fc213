package freshet.jobs.sink;

import freshet.jobs.config.FreshetConfig;
import freshet.serde.example.ExampleMessage;
import freshet.serde.feature.FeatureChange;
import java.util.Properties;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.kafka.clients.producer.ProducerConfig;

/**
 * The Kafka sinks of the examples job. They deliver at least once: after a restart the same records come again, to the bit,
 * and a trainer recognises them. That is stronger here than transactions, which can lose data while the job runs on, and
 * would hold examples back until the next checkpoint.
 */
public final class KafkaSinks {
    private KafkaSinks() {}

    /**
     * Examples and frontiers, the frontiers already copied to each partition.
     *
     * @param partitions of the examples topic
     */
    public static KafkaSink<ExampleMessage> examples(FreshetConfig config, int partitions) {
        Properties properties = producer(config);
        // A frontier must never overtake an example. Within a partition an idempotent producer keeps the order, unless
        // it
        // gives a batch up and goes on with the next; so it does not give up, whatever the configuration says.
        properties.setProperty(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, String.valueOf(Integer.MAX_VALUE));
        return sink(config, properties, new ExampleRecords(config, partitions));
    }

    /** What servers are told of users, videos and channels. */
    public static KafkaSink<FeatureChange> features(FreshetConfig config) {
        return sink(
                config,
                producer(config),
                new FeatureRecords(
                        config.topics().userFeatures(), config.topics().videoFeatures()));
    }

    /** Dead letters, late events and orphans. */
    public static KafkaSink<SetAsideRecord> setAside(FreshetConfig config) {
        return sink(config, producer(config), new SetAsideRecords());
    }

    private static Properties producer(FreshetConfig config) {
        Properties properties = config.kafka().forProducers();
        properties.setProperty(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, "true");
        properties.setProperty(ProducerConfig.ACKS_CONFIG, "all");
        return properties;
    }

    private static <T> KafkaSink<T> sink(
            FreshetConfig config, Properties properties, KafkaRecordSerializationSchema<T> records) {
        return KafkaSink.<T>builder()
                .setKafkaProducerConfig(properties)
                .setBootstrapServers(config.kafka().bootstrapServers())
                .setDeliveryGuarantee(DeliveryGuarantee.AT_LEAST_ONCE)
                .setRecordSerializer(records)
                .build();
    }
}

package freshet.jobs.sink;

import freshet.jobs.config.FreshetConfig;
import freshet.serde.example.ExampleMessage;
import freshet.serde.example.Frontier;
import freshet.serde.example.LabeledExample;
import freshet.serde.wire.ExampleCodec;
import java.nio.charset.StandardCharsets;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

/**
 * Examples and frontiers as records of the examples topic: an example in the partition of its user, a frontier in the one
 * that it names. Without keys, which would show user ids to every tool, and with the broker's time, since event times of a
 * replay would be older than the topic's retention.
 */
@SuppressWarnings("NullAway.Init") // open() comes before the first record
final class ExampleRecords implements KafkaRecordSerializationSchema<ExampleMessage> {
    private static final long serialVersionUID = 1L;

    private final String configJson;
    private final int partitions;
    private transient String topic;
    private transient ExampleCodec codec;

    ExampleRecords(FreshetConfig config, int partitions) {
        this.configJson = config.json();
        this.partitions = partitions;
    }

    @Override
    public void open(SerializationSchema.InitializationContext context, KafkaSinkContext sinkContext) {
        FreshetConfig config = FreshetConfig.fromJson(configJson);
        topic = config.topics().examples();
        codec = new ExampleCodec(config.features().schema());
    }

    @Override
    public ProducerRecord<byte[], byte[]> serialize(
            ExampleMessage message, KafkaSinkContext context, @Nullable Long timestamp) {
        int partition = message instanceof Frontier frontier
                ? frontier.partition()
                : partitionOf(((LabeledExample) message).userId());
        return new ProducerRecord<>(topic, partition, null, null, codec.encode(message));
    }

    /** As Kafka's own partitioner would, were the user id the record's key. */
    private int partitionOf(String userId) {
        return Utils.toPositive(Utils.murmur2(userId.getBytes(StandardCharsets.UTF_8))) % partitions;
    }
}

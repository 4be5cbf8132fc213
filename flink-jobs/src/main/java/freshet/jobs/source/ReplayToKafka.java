package freshet.jobs.source;

import freshet.jobs.config.FreshetConfig;
import freshet.serde.event.EventValidator;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.utils.Utils;

/**
 * Puts the files of a replay into the topics of their streams, line by line in the order of the files, as the JSON that they
 * are: a line that is no event goes in as it is, to be refused there for the same reason. The events of a user share a
 * partition.
 */
public final class ReplayToKafka {
    /** What the topics must take: the longest line, which is one that is refused for its length, and its envelope. */
    public static final int MAX_REQUEST_BYTES = 2 * EventValidator.MAX_RECORD_BYTES;

    private ReplayToKafka() {}

    /**
     * Sends everything and waits until the brokers have it.
     *
     * @param folder with the files that {@link ReplayFiles} describes
     * @param config whose events are {@link FreshetConfig#withJsonEvents JSON}; its topics must exist
     * @throws IOException when a file cannot be read, or the brokers do not take a record
     */
    public static void send(Path folder, FreshetConfig config) throws IOException {
        Properties properties = config.kafka().forProducers();
        properties.setProperty(ProducerConfig.ACKS_CONFIG, "all");
        properties.setProperty(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, "true");
        properties.setProperty(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, String.valueOf(MAX_REQUEST_BYTES));
        AtomicReference<Exception> failure = new AtomicReference<>();
        try (ReplayReader reader = new ReplayReader(
                        ReplayFiles.in(folder),
                        config.events().maxDisorder().toMillis(),
                        config.events().maxFuture().toMillis(),
                        ReplayPosition.start());
                KafkaProducer<byte[], byte[]> producer =
                        new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer())) {
            for (SourceRecord record = reader.next(); record != null && failure.get() == null; record = reader.next()) {
                String topic = record.stream().topic(config);
                producer.send(
                        toSend(record, topic, producer.partitionsFor(topic).size()), (sent, problem) -> {
                            if (problem != null) {
                                failure.compareAndSet(null, problem);
                            }
                        });
            }
            producer.flush();
        }
        if (failure.get() != null) {
            throw new IOException("sending the events of " + folder + " to Kafka: " + failure.get(), failure.get());
        }
    }

    private static ProducerRecord<byte[], byte[]> toSend(SourceRecord record, String topic, int partitions) {
        if (record instanceof SourceRecord.Good good) {
            byte[] user = good.event().userId().getBytes(StandardCharsets.UTF_8);
            return new ProducerRecord<>(topic, Utils.toPositive(Utils.murmur2(user)) % partitions, null, good.raw());
        }
        return new ProducerRecord<>(
                topic, 0, null, ((SourceRecord.Refused) record).letter().raw());
    }
}

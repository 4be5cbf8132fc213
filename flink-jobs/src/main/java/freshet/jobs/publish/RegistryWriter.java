package freshet.jobs.publish;

import freshet.jobs.config.KafkaConfig;
import freshet.serde.snapshot.SnapshotRecord;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Writes to the registry topic only what still follows from what the writer has read: one transaction per change, committed if its
 * first record lies where the reading ended, and aborted if anybody has written in between. So a decision never undoes one that
 * its writer did not know of, however long the writer slept. The transactional id is fixed: a writer that starts shuts out the one
 * before it.
 *
 * <p>Readers of the registry must read committed records only. Not thread-safe.
 */
public final class RegistryWriter implements AutoCloseable {
    /** A writer that dies hides what comes behind it from readers for this long at most. */
    private static final Duration TRANSACTION_TIMEOUT = Duration.ofSeconds(10);

    private final String topic;
    private final String place;
    private final KafkaProducer<byte[], byte[]> producer;

    /**
     * Connects, and shuts out the writer that had this id before.
     *
     * @param transactionalId the same for every writer that replaces another
     * @throws IllegalStateException when the brokers do not answer or do not permit it
     */
    public RegistryWriter(KafkaConfig kafka, String topic, String transactionalId) {
        this.topic = topic;
        this.place = "writing the registry, topic " + topic + " at " + kafka.bootstrapServers() + ": ";
        Properties properties = kafka.forProducers();
        properties.setProperty(ProducerConfig.TRANSACTIONAL_ID_CONFIG, transactionalId);
        properties.setProperty(
                ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, Long.toString(TRANSACTION_TIMEOUT.toMillis()));
        producer = new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
        try {
            producer.initTransactions();
        } catch (KafkaException e) {
            producer.close(Duration.ZERO);
            throw new IllegalStateException(
                    place + e + "; may this user write to it, with the transactional id " + transactionalId + "?", e);
        }
    }

    /**
     * Writes records, all or none.
     *
     * @param endOffset where the topic ended when what they follow from was read
     * @return false, and nothing written, when it does not end there any more
     * @throws IllegalStateException when the brokers do not answer, or another writer has taken over
     */
    public boolean write(List<SnapshotRecord> records, long endOffset) {
        try {
            producer.beginTransaction();
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            for (SnapshotRecord record : records) {
                byte[] key = record.key().getBytes(StandardCharsets.UTF_8);
                sent.add(producer.send(new ProducerRecord<>(topic, FirstPartition.NUMBER, key, record.value())));
            }
            producer.flush();
            if (sent.get(0).get().offset() != endOffset) {
                producer.abortTransaction();
                return false;
            }
            producer.commitTransaction();
            return true;
        } catch (KafkaException | ExecutionException e) {
            throw new IllegalStateException(place + e + "; has another gate of this name been started?", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(place + "interrupted", e);
        }
    }

    @Override
    public void close() {
        producer.close(Duration.ZERO);
    }
}

package freshet.jobs.recover;

import freshet.jobs.config.KafkaConfig;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;

/** Asks the brokers what they still have. */
public final class OldestOffsets {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private OldestOffsets() {}

    /**
     * The first offset that each partition still has.
     *
     * @throws IllegalStateException when the brokers do not answer within ten seconds, or a partition is not there
     */
    public static Map<TopicPartition, Long> of(KafkaConfig kafka, Set<TopicPartition> partitions) {
        String asking = "asking the brokers at " + kafka.bootstrapServers() + " what they still have: ";
        Properties properties = kafka.forAdmins();
        String millis = Long.toString(PATIENCE.toMillis());
        properties.setProperty(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, millis);
        properties.setProperty(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, millis);
        Map<TopicPartition, OffsetSpec> oldest = new HashMap<>();
        partitions.forEach(partition -> oldest.put(partition, OffsetSpec.earliest()));
        Admin admin = null;
        try {
            admin = Admin.create(properties);
            Map<TopicPartition, Long> offsets = new HashMap<>();
            admin.listOffsets(oldest)
                    .all()
                    .get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
                    .forEach((partition, found) -> offsets.put(partition, found.offset()));
            return offsets;
        } catch (KafkaException | TimeoutException e) {
            throw new IllegalStateException(asking + "found " + e + ", expected an answer", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException(asking + "found " + e.getCause() + ", expected offsets", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(asking + "interrupted", e);
        } finally {
            if (admin != null) {
                admin.close(Duration.ZERO);
            }
        }
    }
}

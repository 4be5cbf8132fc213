package freshet.jobs.source;

import freshet.jobs.config.KafkaConfig;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** What the brokers say about topics, asked once, when a job is put together. */
public final class KafkaTopics {
    private KafkaTopics() {}

    /**
     * How many partitions a topic has.
     *
     * @throws IllegalStateException when it does not exist or the brokers do not answer
     */
    public static int partitions(KafkaConfig kafka, String topic) {
        String asking = "asking the brokers at " + kafka.bootstrapServers() + " for the topic " + topic + ": ";
        try (Admin admin = Admin.create(kafka.forAdmins())) {
            return admin.describeTopics(List.of(topic)).allTopicNames().get().values().stream()
                    .mapToInt(description -> description.partitions().size())
                    .sum();
        } catch (ExecutionException e) {
            String found = e.getCause() instanceof UnknownTopicOrPartitionException
                    ? "found none, expected it to exist; create it first"
                    : "found " + e.getCause() + ", expected an answer; are the address and the permissions right?";
            throw new IllegalStateException(asking + found, e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(asking + "interrupted", e);
        }
    }
}

package freshet.jobs.source;

import freshet.jobs.config.KafkaConfig;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Topics on the brokers: what they say of one when a job is put together, and making one. */
public final class KafkaTopics {
    private KafkaTopics() {}

    /**
     * How many partitions a topic has.
     *
     * @throws IllegalStateException when it does not exist or the brokers do not answer
     */
    public static int partitions(KafkaConfig kafka, String topic) {
        return describe(kafka, topic).partitions().size();
    }

    /**
     * What the user of these settings may do with a topic; everything, where the brokers do not ask who somebody is.
     *
     * @throws IllegalStateException when it does not exist or the brokers do not answer
     */
    public static Set<AclOperation> permitted(KafkaConfig kafka, String topic) {
        Set<AclOperation> permitted = describe(kafka, topic).authorizedOperations();
        return permitted == null ? Set.of() : permitted;
    }

    private static TopicDescription describe(KafkaConfig kafka, String topic) {
        String asking = "asking the brokers at " + kafka.bootstrapServers() + " for the topic " + topic + ": ";
        try (Admin admin = Admin.create(kafka.forAdmins())) {
            return admin.describeTopics(List.of(topic), new DescribeTopicsOptions().includeAuthorizedOperations(true))
                    .allTopicNames()
                    .get()
                    .values()
                    .iterator()
                    .next();
        } catch (ExecutionException e) {
            String found = e.getCause() instanceof UnknownTopicOrPartitionException
                    ? "found none, expected it to exist; create it first (freshet topics --create)"
                    : "found " + e.getCause() + ", expected an answer; are the address and the permissions right?";
            throw new IllegalStateException(asking + found, e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(asking + "interrupted", e);
        }
    }

    /**
     * Creates a topic; one that is there already stays as it is.
     *
     * @return whether there was none
     * @throws ExecutionException when the brokers refuse; the reason is the cause
     */
    public static boolean createIfMissing(Admin admin, NewTopic topic) throws ExecutionException, InterruptedException {
        try {
            admin.createTopics(List.of(topic)).all().get();
            return true;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof TopicExistsException) {
                return false;
            }
            throw e;
        }
    }
}

package freshet.jobs.doctor;

import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.apache.kafka.common.acl.AclOperation;

/**
 * What the brokers say of one topic.
 *
 * @param partitions how many
 * @param leaderless partitions that nobody leads, which can be neither read nor written
 * @param copies of the partition that has the fewest
 * @param copiesInSync of the partition that has the fewest
 * @param settings by Kafka's key, the brokers' defaults among them
 * @param permitted what this login may do
 * @param newestMillis the largest timestamp of any record; empty without records, or where it could not be had
 */
record TopicFacts(
        int partitions,
        int leaderless,
        int copies,
        int copiesInSync,
        Answer<Map<String, String>> settings,
        Set<AclOperation> permitted,
        OptionalLong newestMillis) {}

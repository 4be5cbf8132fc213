package freshet.jobs.doctor;

import java.util.Map;

/**
 * What the brokers say of themselves.
 *
 * @param id of the cluster
 * @param brokers how many answer
 * @param features levels in force by name, such as {@code metadata.version}
 * @param settings of one of the brokers, by Kafka's key
 * @param authorizer whether the brokers ask who may do what
 * @param transactionalId whether the gate's transactional id has been used; unknown to whom it is not permitted
 */
record ClusterFacts(
        String id,
        int brokers,
        Answer<Map<String, Short>> features,
        Answer<Map<String, String>> settings,
        Answer<Boolean> authorizer,
        Answer<Boolean> transactionalId) {}

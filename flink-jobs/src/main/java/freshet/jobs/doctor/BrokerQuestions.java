package freshet.jobs.doctor;

import freshet.jobs.config.KafkaConfig;
import freshet.jobs.config.Spans;
import freshet.jobs.doctor.Answer.Known;
import freshet.jobs.doctor.Answer.Unknown;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.DescribeClusterResult;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.ClusterAuthorizationException;
import org.apache.kafka.common.errors.SecurityDisabledException;
import org.apache.kafka.common.errors.TransactionalIdNotFoundException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Asks the brokers, each question for a stated time at most. It reads only. Not thread-safe. */
final class BrokerQuestions implements AutoCloseable {
    private final Admin admin;
    private final Duration patience;

    /**
     * Connects when something is asked.
     *
     * @param patience for one question
     * @throws org.apache.kafka.common.KafkaException when the settings are wrong or no address has a machine
     */
    BrokerQuestions(KafkaConfig kafka, Duration patience) {
        this.patience = patience;
        Properties properties = kafka.forAdmins();
        String millis = Long.toString(patience.toMillis());
        properties.setProperty(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, millis);
        properties.setProperty(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, millis);
        admin = Admin.create(properties);
    }

    /** What the brokers say of themselves; unknown when they do not answer. */
    Answer<ClusterFacts> cluster(String transactionalId) {
        DescribeClusterResult cluster = admin.describeCluster();
        return ask(cluster.nodes()).map(nodes -> {
            String id = ask(cluster.clusterId()) instanceof Known<String> known ? known.value() : "-";
            ConfigResource broker = new ConfigResource(
                    ConfigResource.Type.BROKER, nodes.iterator().next().idString());
            return new ClusterFacts(
                    id, nodes.size(), features(), settings(broker), authorizer(), transactionalId(transactionalId));
        });
    }

    private Answer<Map<String, Short>> features() {
        return ask(admin.describeFeatures().featureMetadata().thenApply(features -> {
            Map<String, Short> levels = new TreeMap<>();
            features.finalizedFeatures().forEach((name, range) -> levels.put(name, range.maxVersionLevel()));
            return levels;
        }));
    }

    private Answer<Map<String, String>> settings(ConfigResource resource) {
        return ask(admin.describeConfigs(List.of(resource))
                .all()
                .thenApply(configs -> byKey(Objects.requireNonNull(configs.get(resource)))));
    }

    private static Map<String, String> byKey(Config config) {
        Map<String, String> settings = new TreeMap<>();
        for (ConfigEntry entry : config.entries()) {
            if (entry.value() != null) {
                settings.put(entry.name(), entry.value());
            }
        }
        return settings;
    }

    private Answer<Boolean> authorizer() {
        try {
            admin.describeAcls(AclBindingFilter.ANY).values().get(patience.toMillis(), TimeUnit.MILLISECONDS);
            return new Known<>(true);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof SecurityDisabledException) {
                return new Known<>(false);
            }
            return e.getCause() instanceof ClusterAuthorizationException
                    ? new Known<>(true)
                    : new Unknown<>(String.valueOf(e.getCause()));
        } catch (TimeoutException | InterruptedException e) {
            return unknown(e);
        }
    }

    /** That nobody has used an id yet is told only to those who may describe it, as those may who may write. */
    private Answer<Boolean> transactionalId(String id) {
        try {
            admin.describeTransactions(List.of(id)).all().get(patience.toMillis(), TimeUnit.MILLISECONDS);
            return new Known<>(true);
        } catch (ExecutionException e) {
            return e.getCause() instanceof TransactionalIdNotFoundException
                    ? new Known<>(false)
                    : new Unknown<>("the brokers answer for the transactional id " + id + ": " + e.getCause());
        } catch (TimeoutException | InterruptedException e) {
            return unknown(e);
        }
    }

    /** What they say of topics, by name in the given order. */
    Map<String, Answer<TopicFacts>> topics(List<String> names) {
        Map<String, KafkaFuture<TopicDescription>> descriptions = admin.describeTopics(
                        names, new DescribeTopicsOptions().includeAuthorizedOperations(true))
                .topicNameValues();
        Map<String, Answer<TopicFacts>> facts = new LinkedHashMap<>();
        for (String name : names) {
            facts.put(name, ask(Objects.requireNonNull(descriptions.get(name))).map(this::facts));
        }
        return facts;
    }

    private TopicFacts facts(TopicDescription topic) {
        List<TopicPartitionInfo> partitions = topic.partitions();
        Set<AclOperation> permitted = topic.authorizedOperations();
        return new TopicFacts(
                partitions.size(),
                (int) partitions.stream().filter(BrokerQuestions::isLeaderless).count(),
                fewest(partitions.stream()
                        .mapToInt(partition -> partition.replicas().size())),
                fewest(partitions.stream().mapToInt(partition -> partition.isr().size())),
                settings(new ConfigResource(ConfigResource.Type.TOPIC, topic.name())),
                permitted == null ? Set.of() : permitted,
                newestMillis(topic));
    }

    private static boolean isLeaderless(TopicPartitionInfo partition) {
        return partition.leader() == null || partition.leader().isEmpty();
    }

    private static int fewest(IntStream counts) {
        return counts.min().orElse(0);
    }

    private OptionalLong newestMillis(TopicDescription topic) {
        Map<TopicPartition, OffsetSpec> newest = new HashMap<>();
        for (TopicPartitionInfo partition : topic.partitions()) {
            if (isLeaderless(partition)) {
                return OptionalLong.empty(); // the answer would not come
            }
            newest.put(new TopicPartition(topic.name(), partition.partition()), OffsetSpec.maxTimestamp());
        }
        return ask(admin.listOffsets(newest).all()) instanceof Known<Map<TopicPartition, ListOffsetsResultInfo>> known
                ? known.value().values().stream()
                        .mapToLong(ListOffsetsResultInfo::timestamp)
                        .filter(millis -> millis >= 0)
                        .max()
                : OptionalLong.empty();
    }

    private <T> Answer<T> ask(KafkaFuture<T> future) {
        try {
            return new Known<>(future.get(patience.toMillis(), TimeUnit.MILLISECONDS));
        } catch (ExecutionException e) {
            return new Unknown<>(
                    e.getCause() instanceof UnknownTopicOrPartitionException ? "none" : String.valueOf(e.getCause()));
        } catch (TimeoutException | InterruptedException e) {
            return unknown(e);
        }
    }

    private <T> Answer<T> unknown(Exception e) {
        if (e instanceof InterruptedException) {
            Thread.currentThread().interrupt();
            return new Unknown<>("interrupted");
        }
        return new Unknown<>("no answer in " + Spans.text(patience));
    }

    @Override
    public void close() {
        admin.close(Duration.ZERO);
    }
}

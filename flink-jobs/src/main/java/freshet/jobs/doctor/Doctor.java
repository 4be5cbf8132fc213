package freshet.jobs.doctor;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.config.JobTopics;
import freshet.jobs.config.Spans;
import freshet.jobs.doctor.Answer.Known;
import freshet.jobs.doctor.Answer.Unknown;
import freshet.jobs.doctor.ClusterJudge.Transactions;
import freshet.serde.wire.RegistryUnavailableException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.acl.AclOperation;

/**
 * Looks at everything a deployment stands on, and hands each finding on as soon as there is one. Whatever does not answer costs its
 * time-out once; nothing is written but a small file into each folder, which is taken away again.
 */
public final class Doctor {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final FreshetConfig config;
    private final SortedMap<String, JobTopics> jobs;
    private final LongSupplier nowMillis;

    /**
     * A doctor for a deployment.
     *
     * @param jobs what is looked at, by name; none: every topic, and no permissions
     * @param nowMillis the clock of this machine
     */
    public Doctor(FreshetConfig config, Map<String, JobTopics> jobs, LongSupplier nowMillis) {
        this.config = config;
        this.jobs = new TreeMap<>(jobs);
        this.nowMillis = nowMillis;
    }

    /** Looks at brokers, topics, permissions, clocks, schema registry, this machine and some of its folders. */
    public void examine(List<Path> folders, Consumer<Finding> findings) {
        brokers(findings);
        findings.accept(ProducerJudge.judge(config.kafka()));
        if (config.schemaRegistry().isConfigured()) {
            RegistryJudge.judge(
                            config.schemaRegistry().url(), RegistryJudge.topicsWithSchemas(config), registrySubjects())
                    .forEach(findings);
        }
        MachineJudge.judge(MachineQuestions.machine()).forEach(findings);
        for (Path folder : folders) {
            findings.accept(MachineJudge.judge(folder.toString(), MachineQuestions.folder(folder)));
        }
        if (folders.isEmpty()) {
            findings.accept(
                    Finding.note("folders", "none looked at; name those of checkpoints and RocksDB with --folder"));
        }
    }

    private void brokers(Consumer<Finding> findings) {
        String addresses = config.kafka().bootstrapServers();
        try (BrokerQuestions questions = new BrokerQuestions(config.kafka(), PATIENCE)) {
            Answer<ClusterFacts> cluster = questions.cluster(JobTopics.gateTransactionalId(config));
            if (cluster instanceof Unknown<ClusterFacts> unknown) {
                findings.accept(unreachable(addresses, unknown.reason()));
            } else {
                topics(questions, ((Known<ClusterFacts>) cluster).value(), findings);
            }
        } catch (KafkaException e) {
            findings.accept(unreachable(
                    addresses, e.getCause() == null ? e.toString() : e.getMessage() + " (" + e.getCause() + ")"));
        }
    }

    private static Finding unreachable(String addresses, String found) {
        return Finding.fail(
                "brokers " + addresses,
                found,
                "an answer within " + Spans.text(PATIENCE),
                "are they up, and are kafka.bootstrap.servers, security.protocol and the login right? Topics, permissions and"
                        + " clocks were not looked at");
    }

    private void topics(BrokerQuestions questions, ClusterFacts cluster, Consumer<Finding> findings) {
        boolean isGateLookedAt = jobs.isEmpty() || jobs.containsKey("gate");
        ClusterJudge.judge(
                        config.kafka().bootstrapServers(),
                        cluster,
                        isGateLookedAt ? Transactions.USED : Transactions.UNUSED)
                .forEach(findings);
        List<TopicNeeds> needs = jobs.isEmpty()
                ? TopicNeeds.of(config)
                : TopicNeeds.of(config).stream()
                        .filter(one -> jobs.values().stream()
                                .anyMatch(job -> job.uses(one.plan().name())))
                        .toList();
        Map<String, Answer<TopicFacts>> topics =
                questions.topics(needs.stream().map(one -> one.plan().name()).toList());
        for (TopicNeeds one : needs) {
            TopicJudge.judge(one, topics.getOrDefault(one.plan().name(), new Unknown<>("no answer")), cluster.brokers())
                    .forEach(findings);
        }
        login(cluster, topics, findings);
        ClockJudge.judge(topics, nowMillis.getAsLong(), config.events().maxFuture())
                .forEach(findings);
    }

    private void login(ClusterFacts cluster, Map<String, Answer<TopicFacts>> topics, Consumer<Finding> findings) {
        findings.accept(LoginJudge.authorizer(cluster.authorizer()));
        if (cluster.authorizer() instanceof Known<Boolean> known && !known.value()) {
            return;
        }
        if (jobs.isEmpty()) {
            findings.accept(
                    Finding.note("login", "its permissions were not judged; say with --job which job it is for"));
        }
        Map<String, Set<AclOperation>> permitted = new TreeMap<>();
        topics.forEach((topic, answer) -> {
            if (answer instanceof Known<TopicFacts> facts) {
                permitted.put(topic, facts.value().permitted());
            }
        });
        jobs.forEach((job, needed) -> LoginJudge.judge(
                        job,
                        needed,
                        permitted,
                        job.equals("gate") ? List.of(cluster.transactionalId()) : new ArrayList<>())
                .forEach(findings));
    }

    private Answer<List<String>> registrySubjects() {
        try {
            return new Known<>(config.schemaRegistry().client().subjects());
        } catch (RegistryUnavailableException | IllegalStateException e) {
            return new Unknown<>(e.getMessage() == null ? e.toString() : e.getMessage());
        }
    }
}

package freshet.jobs.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.config.JobTopics;
import freshet.jobs.config.KafkaConfig;
import freshet.jobs.doctor.Answer.Known;
import freshet.jobs.doctor.Answer.Unknown;
import freshet.jobs.doctor.ClusterJudge.Transactions;
import freshet.jobs.doctor.Finding.Grade;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.acl.AclOperation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each fact that is not well is found, named and graded; what is well gets one line. */
class JudgesTest {
    /** Its longest horizon is two days. */
    private static final FreshetConfig CONFIG = FreshetConfig.parse("test", """
            name: tiny
            tasks: [{name: click, label: {kind: click}, horizon: 2d, loss: logistic}]
            features: {ids: [{name: user, field: user_id}]}
            model: {embeddings: [{feature: user, dim: 4}], bottom: [4], tower: [4]}
            """);

    private static final Map<String, String> GOOD = Map.of(
            "cleanup.policy", "delete",
            "retention.ms", "604800000",
            "retention.bytes", "-1",
            "max.message.bytes", "1048588",
            "min.insync.replicas", "2");

    private static TopicNeeds needs(String topic) {
        return TopicNeeds.of(CONFIG).stream()
                .filter(needs -> needs.plan().name().equals("freshet." + topic))
                .findFirst()
                .orElseThrow();
    }

    private static TopicFacts facts(int partitions, int copies, int inSync, Map<String, String> settings) {
        return new TopicFacts(partitions, 0, copies, inSync, new Known<>(settings), Set.of(), OptionalLong.empty());
    }

    private static Map<String, String> with(String key, String value) {
        Map<String, String> settings = new HashMap<>(GOOD);
        settings.put(key, value);
        return settings;
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    # topic        | key                 | value          | grade | says
                    impressions    | cleanup.policy      | delete         | OK    | 3 copies
                    impressions    | cleanup.policy      | compact        | FAIL  | expected delete
                    impressions    | cleanup.policy      | compact,delete | FAIL  | found cleanup.policy compact,delete
                    impressions    | retention.ms        | 172799999      | FAIL  | expected 2d or more
                    examples       | retention.ms        | 172800000      | OK    | kept 2d
                    examples       | retention.bytes     | 1000000        | WARN  | retention.bytes 1000000
                    impressions    | retention.ms        | -1             | OK    | kept for ever
                    dead_letters   | retention.ms        | -1             | WARN  | kept for ever, expected 30d or less
                    dead_letters   | retention.ms        | 1000           | OK    | kept 1s
                    snapshots      | retention.ms        | 7199999        | FAIL  | expected 2h or more
                    snapshots      | retention.ms        | 7200000        | WARN  | found kept 2h, expected 1d
                    snapshots      | max.message.bytes   | 524288         | FAIL  | chunks
                    examples       | max.message.bytes   | 524288         | OK    | 1 partition
                    model_deltas   | retention.ms        | 3599999        | FAIL  | expected 1h or more
                    model_registry | cleanup.policy      | delete         | FAIL  | expected compact
                    model_registry | cleanup.policy      | compact        | OK    | cleanup.policy compact
                    user_features  | cleanup.policy      | compact,delete | FAIL  | lost to whoever starts later
                    trainer_control| cleanup.policy      | compact        | FAIL  | expected delete
                    impressions    | min.insync.replicas | 1              | WARN  | expected 2
                    impressions    | min.insync.replicas | 3              | WARN  | stops all writes
                    impressions    | min.insync.replicas | 4              | FAIL  | writes are refused
                    """)
    void settingsOfTopics(String topic, String key, String value, Grade grade, String says) {
        List<Finding> findings = TopicJudge.judge(needs(topic), new Known<>(facts(1, 3, 3, with(key, value))), 3);

        assertThat(findings).hasSize(1);
        assertThat(findings.get(0).grade()).isEqualTo(grade);
        assertThat(findings.get(0).line()).startsWith(grade.name()).contains("freshet." + topic, says);
    }

    @ParameterizedTest
    @CsvSource({
        "impressions, 8, 3, 3, 3, OK",
        "snapshots, 8, 3, 3, 3, WARN",
        "impressions, 8, 1, 1, 3, WARN",
        "impressions, 8, 3, 1, 3, FAIL",
        "impressions, 8, 3, 2, 3, OK",
    })
    void copiesAndPartitions(String topic, int partitions, int copies, int inSync, int brokers, Grade grade) {
        Map<String, String> settings = copies == 1 ? with("min.insync.replicas", "1") : GOOD;

        List<Finding> findings =
                TopicJudge.judge(needs(topic), new Known<>(facts(partitions, copies, inSync, settings)), brokers);

        assertThat(findings).extracting(Finding::grade).containsExactly(grade);
    }

    @Test
    void oneBrokerIsSaidOnceAndNotOfEveryTopic() {
        List<Finding> topic = TopicJudge.judge(
                needs("impressions"), new Known<>(facts(1, 1, 1, with("min.insync.replicas", "1"))), 1);

        assertThat(topic).extracting(Finding::grade).containsExactly(Grade.OK);
        assertThat(ClusterJudge.judge("b:1", cluster(1, Map.of(), new Known<>(Map.of())), Transactions.UNUSED))
                .extracting(Finding::grade)
                .contains(Grade.WARN);
    }

    @Test
    void whatTheBrokersDoNotTellIsSaid() {
        TopicFacts hidden = new TopicFacts(
                4, 0, 3, 3, new Unknown<>("TopicAuthorizationException"), Set.of(), OptionalLong.empty());

        assertThat(TopicJudge.judge(needs("impressions"), new Known<>(hidden), 3))
                .extracting(Finding::grade)
                .containsExactly(Grade.OK, Grade.NOTE);
        assertThat(TopicJudge.judge(needs("impressions"), new Unknown<>("none"), 3))
                .extracting(Finding::line)
                .containsExactly(
                        "FAIL topic freshet.impressions: found none, expected it to exist and to be shown to this"
                                + " login; create it with freshet topics --create, or permit Describe");
    }

    private static ClusterFacts cluster(
            int brokers, Map<String, Short> features, Answer<Map<String, String>> settings) {
        return new ClusterFacts("id", brokers, new Known<>(features), settings, new Known<>(true), new Known<>(true));
    }

    @ParameterizedTest
    @CsvSource({
        "3, 2, 900000, 3, OK",
        "3, 1, 900000, 3, WARN",
        "3, 2, 9999, 3, FAIL",
        "3, 2, 10000, 3, OK",
        "3, 2, 900000, 4, FAIL",
    })
    void transactionsOfTheGate(int brokers, short version, String longest, String copies, Grade worst) {
        ClusterFacts facts = cluster(
                brokers,
                Map.of("metadata.version", (short) 25, "transaction.version", version),
                new Known<>(Map.of(
                        "transaction.max.timeout.ms", longest, "transaction.state.log.replication.factor", copies)));

        assertThat(ClusterJudge.judge("b:1", facts, Transactions.USED))
                .extracting(Finding::grade)
                .contains(worst)
                .allMatch(grade -> grade.compareTo(worst) <= 0);
        assertThat(ClusterJudge.judge("b:1", facts, Transactions.UNUSED))
                .extracting(Finding::grade)
                .containsOnly(Grade.OK);
    }

    @Test
    void everyMissingPermissionIsNamed() {
        JobTopics gate = JobTopics.ofGate(CONFIG);
        Map<String, Set<AclOperation>> permitted = Map.of(
                "freshet.snapshots", Set.of(AclOperation.READ),
                "freshet.examples", Set.of(AclOperation.WRITE),
                "freshet.model_registry", Set.of(AclOperation.READ, AclOperation.DESCRIBE));

        List<Finding> findings = LoginJudge.judge(
                "gate", gate, permitted, List.of(new Unknown<>("it may not use the id freshet-tiny-gate")));

        assertThat(findings).extracting(Finding::grade).containsOnly(Grade.FAIL);
        assertThat(findings)
                .extracting(Finding::text)
                .satisfiesExactly(
                        text -> assertThat(text).contains("may not read freshet.examples"),
                        text -> assertThat(text).contains("may not write freshet.model_registry"),
                        text -> assertThat(text).contains("freshet-tiny-gate"));
        assertThat(LoginJudge.authorizer(new Known<>(false)).line())
                .startsWith("NOTE")
                .contains("no authoriser");
    }

    @ParameterizedTest
    @CsvSource({
        "CreateTime, 600000, OK",
        "CreateTime, 600001, WARN",
        "LogAppendTime, 1000, OK",
        "LogAppendTime, 1001, WARN",
        "CreateTime, -90000, OK",
    })
    void recordsAheadOfThisClock(String stampedBy, long aheadMillis, Grade grade) {
        long now = 1_772_433_000_000L;
        TopicFacts facts = new TopicFacts(
                1,
                0,
                1,
                1,
                new Known<>(Map.of("message.timestamp.type", stampedBy)),
                Set.of(),
                OptionalLong.of(now + aheadMillis));

        assertThat(ClockJudge.judge(Map.of("t", new Known<>(facts)), now, Duration.ofMinutes(10)))
                .extracting(Finding::grade)
                .containsExactly(grade);
        assertThat(ClockJudge.judge(Map.of("t", new Unknown<>("none")), now, Duration.ofMinutes(10)))
                .extracting(Finding::grade)
                .containsExactly(Grade.NOTE);
    }

    @Test
    void subjectsOfTheRegistry() {
        assertThat(RegistryJudge.judge("http://r", List.of("a", "b"), new Known<>(List.of("a-value"))))
                .extracting(Finding::line)
                .singleElement()
                .asString()
                .startsWith("WARN")
                .contains("no subject b-value");
        assertThat(RegistryJudge.judge("http://r", List.of("a"), new Known<>(List.of("a-value"))))
                .extracting(Finding::grade)
                .containsExactly(Grade.OK);
        assertThat(RegistryJudge.judge("http://r", List.of("a"), new Unknown<>("refused")))
                .extracting(Finding::grade)
                .containsExactly(Grade.FAIL);
    }

    @ParameterizedTest
    @CsvSource({
        "17, true, 1024, 4096, [madvise], OK",
        "16, true, 1024, 4096, [madvise], FAIL",
        "25, true, 1024, 4096, [madvise], WARN",
        "21, false, 1024, 4096, [always], WARN",
        "17, true, 511, 4096, [madvise], WARN",
        "17, true, 8192, 4096, [madvise], FAIL",
        "17, true, 1024, 4096, always madvise [never], WARN",
        "17, true, 1024, 4096, , NOTE",
    })
    void machines(int java, boolean hasVector, long heapMebibytes, long mebibytes, String hugePages, Grade worst) {
        MachineFacts facts = new MachineFacts(
                java, java + ".0.1", hasVector, heapMebibytes << 20, mebibytes << 20, Optional.ofNullable(hugePages));

        assertThat(MachineJudge.judge(facts))
                .extracting(Finding::grade)
                .contains(worst)
                .allMatch(grade -> grade.compareTo(worst) <= 0);
    }

    @ParameterizedTest
    @CsvSource({
        "true, 20000, 100000, OK",
        "false, 20000, 100000, FAIL",
        "true, 2047, 10000, WARN",
        "true, 9999, 100000, WARN",
    })
    void folders(boolean isWritable, long freeMebibytes, long totalMebibytes, Grade grade) {
        FolderFacts facts = new FolderFacts("/f", isWritable, freeMebibytes << 20, totalMebibytes << 20);

        assertThat(MachineJudge.judge("/f", new Known<>(facts)).grade()).isEqualTo(grade);
        assertThat(MachineJudge.judge("/f", new Unknown<>("nothing")).grade()).isEqualTo(Grade.FAIL);
    }

    @ParameterizedTest
    @CsvSource({"524288, FAIL", "528384, OK", "some, FAIL"})
    void requestsOfProducers(String bytes, Grade grade) {
        KafkaConfig kafka = new KafkaConfig(new TreeMap<>(Map.of("max.request.size", bytes)));

        assertThat(ProducerJudge.judge(kafka).grade()).isEqualTo(grade);
        assertThat(ProducerJudge.judge(new KafkaConfig(new TreeMap<>())).grade())
                .isEqualTo(Grade.OK);
    }

    @Test
    void aFindingIsOneLine() {
        assertThat(Finding.note("a", "b\n  c\r\nd").line()).isEqualTo("NOTE a: b c d");
        assertThat(Finding.ok("a", "b").line()).isEqualTo("OK   a: b");
    }
}

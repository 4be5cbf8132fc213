package freshet.jobs.doctor;

import freshet.jobs.config.Spans;
import freshet.jobs.config.TopicPlan;
import freshet.jobs.doctor.Answer.Known;
import freshet.jobs.doctor.Answer.Unknown;
import freshet.jobs.doctor.Finding.Grade;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Holds what the brokers say of a topic against what Freshet needs of it. */
final class TopicJudge {
    private static final int COPIES = 3;

    /** Kafka's own settings, by its keys. */
    static final String CLEANUP = "cleanup.policy";

    static final String RETENTION = "retention.ms";
    static final String RETENTION_BYTES = "retention.bytes";
    static final String MESSAGE_BYTES = "max.message.bytes";
    static final String MIN_IN_SYNC = "min.insync.replicas";

    private TopicJudge() {}

    /**
     * The findings about one topic; one that says it is well where there is nothing else.
     *
     * @param brokers how many there are: a topic cannot have more copies
     */
    static List<Finding> judge(TopicNeeds needs, Answer<TopicFacts> answer, int brokers) {
        String subject = "topic " + needs.plan().name();
        if (answer instanceof Unknown<TopicFacts> unknown) {
            return List.of(Finding.fail(
                    subject,
                    unknown.reason(),
                    "it to exist and to be shown to this login",
                    "create it with freshet topics --create, or permit Describe"));
        }
        TopicFacts facts = ((Known<TopicFacts>) answer).value();
        List<Finding> findings = new ArrayList<>();
        partitions(subject, needs, facts, findings);
        Map<String, String> settings = Map.of();
        if (facts.settings() instanceof Known<Map<String, String>> known) {
            settings = known.value();
            copies(subject, facts, settings, brokers, findings);
            kept(subject, needs, settings, findings);
            recordSize(subject, needs, settings, findings);
        } else if (facts.settings() instanceof Unknown<Map<String, String>> unknown) {
            findings.add(Finding.note(
                    subject,
                    "its settings were not looked at: " + unknown.reason()
                            + "; permit DescribeConfigs to have them judged"));
        }
        if (findings.stream().allMatch(finding -> finding.grade() == Grade.NOTE)) {
            findings.add(0, Finding.ok(subject, summary(facts, settings)));
        }
        return findings;
    }

    private static String summary(TopicFacts facts, Map<String, String> settings) {
        String kept = settings.isEmpty()
                ? ""
                : ", cleanup.policy " + settings.get(CLEANUP)
                        + (isCompactOnly(settings) ? "" : ", kept " + keptInWords(settings));
        return facts.partitions()
                + (facts.partitions() == 1 ? " partition, " : " partitions, ")
                + facts.copies()
                + (facts.copies() == 1 ? " copy" : " copies")
                + kept;
    }

    private static void partitions(String subject, TopicNeeds needs, TopicFacts facts, List<Finding> findings) {
        if (needs.plan().spread() == TopicPlan.Spread.ONE && facts.partitions() > 1) {
            findings.add(
                    Finding.warn(
                            subject,
                            facts.partitions() + " partitions",
                            "1, since its records keep an order or are few",
                            "where order counts only partition 0 is written and read; make it anew with one before the first start"));
        }
        if (facts.leaderless() > 0) {
            findings.add(Finding.fail(
                    subject,
                    facts.leaderless() + " partitions without a leader",
                    "each to have one",
                    "bring the brokers back that hold them"));
        }
    }

    private static void copies(
            String subject, TopicFacts facts, Map<String, String> settings, int brokers, List<Finding> findings) {
        int minInSync = (int) number(settings, MIN_IN_SYNC, 1);
        if (facts.leaderless() == 0 && facts.copiesInSync() < minInSync) {
            findings.add(Finding.fail(
                    subject,
                    facts.copiesInSync() + " copies in sync with min.insync.replicas " + minInSync,
                    "at least that many, since writes are refused otherwise",
                    facts.copies() < minInSync
                            ? "give it more copies, or a smaller min.insync.replicas"
                            : "bring the other brokers back"));
            return;
        }
        int wanted = Math.min(COPIES, brokers);
        if (facts.copies() < wanted) {
            findings.add(Finding.warn(
                    subject,
                    facts.copies() + (facts.copies() == 1 ? " copy" : " copies") + " on " + brokers + " brokers",
                    wanted + " or more",
                    "a broker that is lost takes records with it; raise it with kafka-reassign-partitions"));
        } else if (facts.copies() > 1 && minInSync < 2) {
            findings.add(Finding.warn(
                    subject,
                    "min.insync.replicas " + minInSync + " with " + facts.copies() + " copies",
                    "2",
                    "what one broker alone has acknowledged can be lost with it"));
        } else if (facts.copies() > 1 && minInSync == facts.copies()) {
            findings.add(Finding.warn(
                    subject,
                    "min.insync.replicas " + minInSync + " with as many copies",
                    "one fewer than copies",
                    "a single broker that is away stops all writes"));
        }
    }

    private static void kept(String subject, TopicNeeds needs, Map<String, String> settings, List<Finding> findings) {
        String wanted = needs.plan().settings().getOrDefault(CLEANUP, "delete");
        Set<String> found = policies(settings);
        if (!found.equals(Set.of(wanted))) {
            findings.add(Finding.fail(
                    subject,
                    "cleanup.policy " + settings.get(CLEANUP),
                    wanted,
                    (wanted.equals("compact")
                                    ? "what is deleted by age is lost to whoever starts later: "
                                    : "compaction takes records away that share a key: ")
                            + "kafka-configs --alter --add-config cleanup.policy=" + wanted));
            return;
        }
        if (wanted.equals("compact")) {
            return;
        }
        long millis = number(settings, RETENTION, -1);
        boolean forEver = millis < 0;
        String remedy = "kafka-configs --alter --add-config retention.ms="
                + needs.plan().settings().getOrDefault(RETENTION, "...");
        if (!forEver && millis < needs.leastKept().toMillis()) {
            findings.add(Finding.fail(
                    subject,
                    "kept " + keptInWords(settings),
                    Spans.text(needs.leastKept()) + " or more, since " + needs.keptFor(),
                    remedy));
        } else if (!forEver && millis < needs.wellKept().toMillis()) {
            findings.add(Finding.warn(
                    subject,
                    "kept " + keptInWords(settings),
                    Spans.text(needs.wellKept()) + " or more (" + needs.keptFor()
                            + "): a stop that is longer loses records",
                    remedy));
        }
        if (!needs.mostKept().isZero() && (forEver || millis > needs.mostKept().toMillis())) {
            findings.add(Finding.warn(
                    subject,
                    "kept " + keptInWords(settings),
                    Spans.text(needs.mostKept()) + " or less, since " + needs.keptFor(),
                    remedy));
        }
        long bytes = number(settings, RETENTION_BYTES, -1);
        if (bytes >= 0 && !needs.leastKept().isZero()) {
            findings.add(Finding.warn(
                    subject,
                    "retention.bytes " + bytes,
                    "none (-1), or surely more than comes in " + Spans.text(needs.wellKept()),
                    "a busy hour can push records out sooner than retention.ms says"));
        }
    }

    private static void recordSize(
            String subject, TopicNeeds needs, Map<String, String> settings, List<Finding> findings) {
        long most = number(settings, MESSAGE_BYTES, Long.MAX_VALUE);
        if (most < needs.recordBytes()) {
            findings.add(Finding.fail(
                    subject,
                    MESSAGE_BYTES + " " + most,
                    needs.recordBytes() + " or more, since models come in chunks of nearly that",
                    "kafka-configs --alter --add-config max.message.bytes=1048588"));
        }
    }

    private static boolean isCompactOnly(Map<String, String> settings) {
        return policies(settings).equals(Set.of("compact"));
    }

    private static Set<String> policies(Map<String, String> settings) {
        return Set.of(settings.getOrDefault(CLEANUP, "delete").split("\\s*,\\s*"));
    }

    private static String keptInWords(Map<String, String> settings) {
        long millis = number(settings, RETENTION, -1);
        return millis < 0 ? "for ever" : Spans.text(Duration.ofMillis(millis));
    }

    private static long number(Map<String, String> settings, String key, long byDefault) {
        String text = settings.get(key);
        return text == null ? byDefault : Long.parseLong(text);
    }
}

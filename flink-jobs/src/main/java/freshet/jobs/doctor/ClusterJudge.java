package freshet.jobs.doctor;

import freshet.jobs.doctor.Answer.Known;
import freshet.jobs.doctor.Answer.Unknown;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Judges what the brokers say of themselves. */
final class ClusterJudge {
    /** From this level on the brokers bar what a transaction's earlier attempt still sends (KIP-890). */
    private static final short GUARDED_TRANSACTIONS = 2;

    /** Of the gate's writer. */
    private static final long TRANSACTION_MILLIS = 10_000;

    private ClusterJudge() {}

    /** Broker, version, and what transactions ask for; these only where the gate is looked at. */
    static List<Finding> judge(String addresses, ClusterFacts facts, Transactions transactions) {
        List<Finding> findings = new ArrayList<>();
        String subject = "brokers " + addresses;
        if (facts.brokers() < 3) {
            findings.add(Finding.warn(
                    subject,
                    facts.brokers() + (facts.brokers() == 1 ? " broker" : " brokers") + ", cluster " + facts.id(),
                    "3 or more",
                    "nothing survives the loss of a disk; right for a trial, not for events that matter"));
        } else {
            findings.add(Finding.ok(subject, facts.brokers() + " brokers, cluster " + facts.id()));
        }
        version(subject, facts.features(), transactions, findings);
        if (transactions == Transactions.USED) {
            transactions(subject, facts, findings);
        }
        return findings;
    }

    /** Whether a job that is looked at writes with transactions. */
    enum Transactions {
        USED,
        UNUSED
    }

    private static void version(
            String subject, Answer<Map<String, Short>> features, Transactions transactions, List<Finding> findings) {
        if (!(features instanceof Known<Map<String, Short>> known)) {
            findings.add(Finding.note(
                    subject, "their version was not looked at: " + ((Unknown<Map<String, Short>>) features).reason()));
            return;
        }
        Short metadata = known.value().get("metadata.version");
        if (metadata == null) {
            findings.add(Finding.warn(
                    subject,
                    "no metadata.version",
                    "brokers of Kafka 3.3 or newer, without ZooKeeper",
                    "our tests run against 4.2; older ones from 2.1 on may work"));
        } else {
            findings.add(Finding.ok(subject, "metadata.version " + KafkaReleases.inWords(metadata)));
        }
        short level = known.value().getOrDefault("transaction.version", (short) 0);
        if (transactions == Transactions.USED && level < GUARDED_TRANSACTIONS) {
            findings.add(Finding.warn(
                    subject,
                    "transaction.version " + level,
                    GUARDED_TRANSACTIONS + ", with which a late record of an aborted transaction is barred",
                    "kafka-features upgrade --feature transaction.version=" + GUARDED_TRANSACTIONS
                            + ", on Kafka 4.0 or newer"));
        }
    }

    private static void transactions(String subject, ClusterFacts facts, List<Finding> findings) {
        if (!(facts.settings() instanceof Known<Map<String, String>> known)) {
            findings.add(Finding.note(
                    subject,
                    "their limits of transactions were not looked at: "
                            + ((Unknown<Map<String, String>>) facts.settings()).reason()
                            + "; the gate needs transaction.max.timeout.ms of " + TRANSACTION_MILLIS + " or more"));
            return;
        }
        Map<String, String> settings = known.value();
        long most = Long.parseLong(settings.getOrDefault("transaction.max.timeout.ms", "900000"));
        if (most < TRANSACTION_MILLIS) {
            findings.add(Finding.fail(
                    subject,
                    "transaction.max.timeout.ms " + most,
                    TRANSACTION_MILLIS + " or more, which the gate asks for",
                    "raise it on the brokers"));
        }
        long copies = Long.parseLong(settings.getOrDefault("transaction.state.log.replication.factor", "3"));
        if (copies > facts.brokers()) {
            findings.add(Finding.fail(
                    subject,
                    "transaction.state.log.replication.factor " + copies + " with " + facts.brokers() + " brokers",
                    "as many brokers, else no transaction ever begins",
                    "start the others, or set it to " + facts.brokers() + " before the first transaction"));
        }
    }
}

package freshet.jobs.doctor;

import freshet.jobs.config.JobTopics;
import freshet.jobs.doctor.Answer.Known;
import freshet.jobs.doctor.Answer.Unknown;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.acl.AclOperation;

/** Judges whether this login may do what a job does. */
final class LoginJudge {
    private static final String REMEDY =
            "add the permission; deploy/kubernetes/base/users.yaml has what each job needs";

    private LoginJudge() {}

    /** Whether anybody is asked at all. */
    static Finding authorizer(Answer<Boolean> authorizer) {
        String subject = "login";
        if (authorizer instanceof Known<Boolean> known) {
            return known.value()
                    ? Finding.ok(subject, "the brokers ask who may do what")
                    : Finding.note(
                            subject,
                            "the brokers have no authoriser: anybody who reaches them may read viewers' events and replace"
                                    + " the model; permissions were not judged");
        }
        return Finding.note(
                subject,
                "whether the brokers have an authoriser is not known: " + ((Unknown<Boolean>) authorizer).reason());
    }

    /**
     * What is missing for one job; a line that all is there where nothing is.
     *
     * @param job as the command line calls it
     * @param permitted by topic; a topic that is not here was not answered for, which has been said already
     * @param transactionalId what the gate writes with, as asked; empty where the job has none
     */
    static List<Finding> judge(
            String job,
            JobTopics needed,
            Map<String, Set<AclOperation>> permitted,
            List<Answer<Boolean>> transactionalId) {
        String subject = "login for " + job;
        List<Finding> findings = new ArrayList<>();
        missing(subject, needed.reads(), AclOperation.READ, permitted, findings);
        missing(subject, needed.writes(), AclOperation.WRITE, permitted, findings);
        for (Answer<Boolean> answer : transactionalId) {
            if (answer instanceof Unknown<Boolean> unknown) {
                findings.add(Finding.fail(
                        subject, "that " + unknown.reason(), "Write and Describe on the transactional id", REMEDY));
            }
        }
        if (findings.isEmpty()) {
            findings.add(Finding.ok(
                    subject,
                    "may read " + String.join(", ", needed.reads()) + " and write "
                            + String.join(", ", needed.writes())));
        }
        return findings;
    }

    private static void missing(
            String subject,
            List<String> topics,
            AclOperation operation,
            Map<String, Set<AclOperation>> permitted,
            List<Finding> findings) {
        String word = operation.name().toLowerCase(Locale.ROOT);
        for (String topic : topics) {
            Set<AclOperation> may = permitted.get(topic);
            if (may != null && !may.contains(operation)) {
                findings.add(Finding.fail(subject, "that it may not " + word + " " + topic, "the permission", REMEDY));
            }
        }
    }
}

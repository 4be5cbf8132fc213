package freshet.jobs.doctor;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.config.WireFormat;
import freshet.jobs.doctor.Answer.Known;
import freshet.jobs.doctor.Answer.Unknown;
import java.util.ArrayList;
import java.util.List;

/** Judges what the schema registry answers. */
final class RegistryJudge {
    private RegistryJudge() {}

    /** The topics whose records name schemas of a registry. */
    static List<String> topicsWithSchemas(FreshetConfig config) {
        List<String> topics = new ArrayList<>();
        add(config.events().impressions(), config.topics().impressions(), topics);
        add(config.events().feedback(), config.topics().feedback(), topics);
        add(config.events().histories(), config.topics().histories(), topics);
        return topics;
    }

    private static void add(WireFormat format, String topic, List<String> topics) {
        if (format == WireFormat.CONFLUENT) {
            topics.add(topic);
        }
    }

    /** Whether it answers, and whether it knows the topics. */
    static List<Finding> judge(String url, List<String> topics, Answer<List<String>> answer) {
        String subject = "schema registry " + url;
        if (answer instanceof Unknown<List<String>> unknown) {
            return List.of(Finding.fail(
                    subject,
                    "no usable answer (" + unknown.reason() + ")",
                    "the list of its subjects",
                    "start it, mend schema_registry in the configuration, or set the password's variable; sources wait"
                            + " for it, they lose nothing"));
        }
        List<String> subjects = ((Known<List<String>>) answer).value();
        List<Finding> findings = new ArrayList<>();
        for (String topic : topics) {
            if (!subjects.contains(topic + "-value")) {
                findings.add(Finding.warn(
                        subject,
                        "no subject " + topic + "-value among " + subjects.size(),
                        "one, since events of this topic are of the format confluent",
                        "nothing to do where its producers name subjects in another way, or have not started yet"));
            }
        }
        if (findings.isEmpty()) {
            findings.add(Finding.ok(subject, subjects.size() + " subjects"));
        }
        return findings;
    }
}

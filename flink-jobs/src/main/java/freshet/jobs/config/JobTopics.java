package freshet.jobs.config;

import java.util.ArrayList;
import java.util.List;

/**
 * What a job does with the topics: what its login must be allowed.
 *
 * @param reads topics that it reads
 * @param writes topics that it writes
 */
public record JobTopics(List<String> reads, List<String> writes) {
    public JobTopics {
        reads = List.copyOf(reads);
        writes = List.copyOf(writes);
    }

    /** Of the job that makes examples of events. */
    public static JobTopics ofExamples(FreshetConfig config) {
        TopicsConfig topics = config.topics();
        List<String> writes = new ArrayList<>(List.of(topics.examples(), topics.deadLetters(), topics.late()));
        writes.addAll(config.featureTopics());
        return new JobTopics(List.of(topics.impressions(), topics.feedback(), topics.histories()), writes);
    }

    /** Of the job that learns from them. */
    public static JobTopics ofTrain(FreshetConfig config) {
        TopicsConfig topics = config.topics();
        return new JobTopics(
                List.of(topics.examples(), topics.modelRegistry(), topics.trainerControl(), topics.snapshots()),
                List.of(
                        topics.snapshots(),
                        topics.modelDeltas(),
                        topics.modelRegistry(),
                        topics.trainerControl(),
                        topics.deadLetters()));
    }

    /** Of the job that decides which snapshots servers load. */
    public static JobTopics ofGate(FreshetConfig config) {
        TopicsConfig topics = config.topics();
        return new JobTopics(
                List.of(topics.snapshots(), topics.examples(), topics.modelRegistry()),
                List.of(topics.modelRegistry()));
    }

    /** With which id the gate writes to the registry, in transactions; its login must be allowed that as well. */
    public static String gateTransactionalId(FreshetConfig config) {
        return "freshet-" + config.name() + "-gate";
    }

    /** Whether it does anything with a topic. */
    public boolean uses(String topic) {
        return reads.contains(topic) || writes.contains(topic);
    }
}

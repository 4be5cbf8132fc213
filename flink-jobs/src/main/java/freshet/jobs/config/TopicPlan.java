package freshet.jobs.config;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How a topic should be made: what {@code freshet topics --create} makes and what the manifests in {@code deploy} ask for.
 *
 * @param name of the topic
 * @param spread whether it may have as many partitions as the caller likes; one partition where order needs it
 * @param settings by Kafka's key
 */
public record TopicPlan(String name, Spread spread, SortedMap<String, String> settings) {

    /** How many partitions. */
    public enum Spread {
        /** As many as the load asks for: the events of a user share one. */
        BY_LOAD,
        /** One: its records keep their order, or are few. */
        ONE
    }

    private static final Duration EVENTS_KEPT = Duration.ofDays(7);
    /** Records of viewers, raw: no longer than somebody needs to look at them. */
    private static final Duration SET_ASIDE_KEPT = Duration.ofDays(3);
    /** The reader of a new server needs the newest; the others are for going back. */
    private static final Duration SNAPSHOTS_KEPT = Duration.ofDays(3);
    /** Behind the newest snapshot only the deltas since are of use; some hours more for readers that are behind. */
    private static final Duration DELTAS_KEPT = Duration.ofHours(6);

    /** Trainers read each once; the rest is for people who ask what was done. */
    private static final Duration COMMANDS_KEPT = Duration.ofDays(30);

    /** The plans of every topic that a configuration names, in its order. */
    public static List<TopicPlan> of(TopicsConfig topics) {
        List<TopicPlan> plans = new ArrayList<>();
        plans.add(kept(topics.impressions(), Spread.BY_LOAD, EVENTS_KEPT));
        plans.add(kept(topics.feedback(), Spread.BY_LOAD, EVENTS_KEPT));
        plans.add(kept(topics.histories(), Spread.ONE, EVENTS_KEPT));
        plans.add(kept(topics.examples(), Spread.BY_LOAD, EVENTS_KEPT));
        plans.add(kept(topics.deadLetters(), Spread.ONE, SET_ASIDE_KEPT));
        plans.add(kept(topics.late(), Spread.ONE, SET_ASIDE_KEPT));
        plans.add(kept(topics.snapshots(), Spread.ONE, SNAPSHOTS_KEPT));
        plans.add(kept(topics.modelDeltas(), Spread.ONE, DELTAS_KEPT));
        plans.add(compacted(topics.modelRegistry(), Spread.ONE));
        plans.add(kept(topics.trainerControl(), Spread.ONE, COMMANDS_KEPT));
        plans.add(compacted(topics.userFeatures(), Spread.BY_LOAD));
        plans.add(compacted(topics.videoFeatures(), Spread.BY_LOAD));
        return plans;
    }

    /** A topic of which only the newest record of each key is wanted, for as long as there is one. */
    private static TopicPlan compacted(String name, Spread spread) {
        return new TopicPlan(name, spread, new TreeMap<>(Map.of("cleanup.policy", "compact")));
    }

    private static TopicPlan kept(String name, Spread spread, Duration retention) {
        return new TopicPlan(
                name,
                spread,
                new TreeMap<>(Map.of("cleanup.policy", "delete", "retention.ms", "" + retention.toMillis())));
    }
}

package freshet.jobs.doctor;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.config.Spans;
import freshet.jobs.config.TopicPlan;
import freshet.jobs.config.TopicsConfig;
import freshet.serde.snapshot.SnapshotRecords;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * What Freshet needs of a topic.
 *
 * @param plan how it would be made
 * @param leastKept records that go sooner are lost to somebody who needs them; zero: nobody does
 * @param wellKept records that go sooner leave too little time for a stop or a step back
 * @param mostKept records of viewers in the raw should not stay longer; zero: no bound
 * @param keptFor why, in words
 * @param recordBytes the largest record that is sure to be written; zero: ordinary ones
 */
record TopicNeeds(
        TopicPlan plan, Duration leastKept, Duration wellKept, Duration mostKept, String keptFor, int recordBytes) {
    private static final Duration DAY = Duration.ofDays(1);
    private static final Duration MONTH = Duration.ofDays(30);

    /** Key, headers and framing around a chunk, generously. */
    private static final int AROUND_CHUNK = 4 << 10;

    /** The largest record of a model. */
    static final int CHUNK_RECORD_BYTES = SnapshotRecords.MAX_CHUNK_BYTES + AROUND_CHUNK;

    /** Of every topic that a configuration uses, in its order. */
    static List<TopicNeeds> of(FreshetConfig config) {
        Set<String> inUse = Set.copyOf(config.topicsInUse());
        List<TopicNeeds> needs = new ArrayList<>();
        for (TopicPlan plan : TopicPlan.of(config.topics())) {
            if (inUse.contains(plan.name())) {
                needs.add(of(plan, config));
            }
        }
        return needs;
    }

    private static TopicNeeds of(TopicPlan plan, FreshetConfig config) {
        TopicsConfig topics = config.topics();
        String name = plan.name();
        if (name.equals(topics.impressions()) || name.equals(topics.feedback()) || name.equals(topics.examples())) {
            Duration longest = Duration.ofMillis(config.join().longestHorizonMillis());
            return kept(plan, longest, longer(DAY, longest), "the longest horizon is " + Spans.text(longest), 0);
        }
        Duration every = config.snapshots().every();
        if (name.equals(topics.snapshots())) {
            return kept(
                    plan,
                    every.multipliedBy(2),
                    DAY,
                    "snapshots come every " + Spans.text(every) + ", and one can go back only to what is kept",
                    CHUNK_RECORD_BYTES);
        }
        if (name.equals(topics.modelDeltas())
                && !config.snapshots().deltaEvery().isZero()) {
            return kept(
                    plan,
                    every,
                    every.multipliedBy(2),
                    "a server applies the deltas since the newest snapshot, which come every " + Spans.text(every),
                    CHUNK_RECORD_BYTES);
        }
        if (name.equals(topics.deadLetters()) || name.equals(topics.late())) {
            return new TopicNeeds(plan, Duration.ZERO, Duration.ZERO, MONTH, "it holds viewers' records in the raw", 0);
        }
        return kept(plan, Duration.ZERO, Duration.ZERO, "", 0);
    }

    private static TopicNeeds kept(TopicPlan plan, Duration least, Duration well, String why, int recordBytes) {
        return new TopicNeeds(plan, least, well, Duration.ZERO, why, recordBytes);
    }

    private static Duration longer(Duration one, Duration other) {
        return one.compareTo(other) > 0 ? one : other;
    }
}

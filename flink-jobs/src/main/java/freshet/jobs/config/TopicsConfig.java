package freshet.jobs.config;

import freshet.serde.config.ConfigNode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The block {@code topics}: the names of the Kafka topics, {@code freshet.<key>} where the file is silent.
 *
 * @param impressions read: what was shown
 * @param feedback read: what viewers did
 * @param histories read once, to its end as of the start: what is known of viewers from before the stream
 * @param examples written by the examples job, read by trainers: examples and frontiers
 * @param deadLetters written: records that could not become events, and feedback that never found its impression
 * @param late written: events that came behind the watermark
 * @param snapshots written by the trainer: chunks and manifests of models
 * @param modelDeltas written by the trainer: what changed in the model between snapshots
 * @param modelRegistry written by trainers, the gate and people, to be compacted: which snapshot is current
 * @param trainerControl written by people, read and answered by trainers: commands to go on or to go back
 * @param userFeatures written by the examples job, to be compacted: what is remembered of each viewer, for servers
 * @param videoFeatures the same of videos and channels; needed where a feature looks at them
 */
public record TopicsConfig(
        String impressions,
        String feedback,
        String histories,
        String examples,
        String deadLetters,
        String late,
        String snapshots,
        String modelDeltas,
        String modelRegistry,
        String trainerControl,
        String userFeatures,
        String videoFeatures) {

    /** What a broker takes as a topic's name. */
    private static final Pattern LEGAL = Pattern.compile("[a-zA-Z0-9._-]{1,249}");

    static TopicsConfig read(ConfigNode topics) {
        Map<String, String> keysByName = new HashMap<>();
        return new TopicsConfig(
                name(topics, "impressions", keysByName),
                name(topics, "feedback", keysByName),
                name(topics, "histories", keysByName),
                name(topics, "examples", keysByName),
                name(topics, "dead_letters", keysByName),
                name(topics, "late", keysByName),
                name(topics, "snapshots", keysByName),
                name(topics, "model_deltas", keysByName),
                name(topics, "model_registry", keysByName),
                name(topics, "trainer_control", keysByName),
                name(topics, "user_features", keysByName),
                name(topics, "video_features", keysByName));
    }

    private static String name(ConfigNode topics, String key, Map<String, String> keysByName) {
        String byDefault = "freshet." + key;
        String name = topics.has(key) ? topics.string(key) : byDefault;
        if (!LEGAL.matcher(name).matches() || name.equals(".") || name.equals("..")) {
            topics.problem(
                    key,
                    "found '" + name + "', expected a topic's name: 1 to 249 of letters, digits, '.', '_' and '-'");
            return byDefault;
        }
        String other = keysByName.putIfAbsent(name, key);
        if (other != null) {
            topics.problem(key, "found '" + name + "', which is also " + topics.at(other) + "; expected another name");
        }
        return name;
    }

    /** Every topic, in the order of the record. */
    public List<String> all() {
        return List.of(
                impressions,
                feedback,
                histories,
                examples,
                deadLetters,
                late,
                snapshots,
                modelDeltas,
                modelRegistry,
                trainerControl,
                userFeatures,
                videoFeatures);
    }
}

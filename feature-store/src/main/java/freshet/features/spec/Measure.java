package freshet.features.spec;

import freshet.features.history.UserHistory;
import freshet.serde.config.ConfigNode;
import freshet.serde.event.Feedback;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A number about an impression, before any {@link Transform}; {@code feature-store/DESIGN.md} has the formulas. */
public sealed interface Measure {
    Duration DEFAULT_HALF_LIFE = Duration.ofDays(7);

    /** The life of a feature that has no end. */
    long FOREVER = Long.MAX_VALUE;

    /** {@code numbers.<name>} of the impression, in whatever unit the product sends it. */
    record Field(String number) implements Measure {}

    /**
     * Seconds from the last event of a kind to the impression; missing before the first one, and when it was longer ago than
     * the feature lives.
     *
     * @param of {@link UserHistory#SHOWN}, or a kind of feedback with a positive value, by its own event time
     * @param scope of any, or of the same channel, video or topic: feedback counts for the ids with which the viewer was last
     *     shown its video. Of several ids, the one met last counts
     * @param ttlMillis event time; {@link #FOREVER} for no end
     */
    record TimeSinceLast(String of, Scope scope, long ttlMillis) implements Measure {}

    /** How many impressions the viewer had before this one; of several ids, those of the one met most often. */
    record PreviousImpressions(Scope scope) implements Measure {}

    /**
     * How many impressions the viewer had since the last feedback of a kind; missing before the first one.
     *
     * @param of the kind of feedback
     */
    record ImpressionsSince(String of) implements Measure {}

    /** Length of the video in seconds; missing where unknown. */
    record VideoDuration() implements Measure {}

    /** Hours from publication to the impression, at least 0; missing where unknown. */
    record VideoAge() implements Measure {}

    /**
     * The share of the viewer's impressions that were answered by feedback of a kind, both counted with a half-life, pulled
     * towards a prior: {@code (felt + prior * strength) / (shown + strength)}, at most 1. A session, a day and a month are
     * three half-lives of the same rate.
     *
     * @param of the kind of feedback
     * @param scope of any, or of the same channel, video or topic; of several ids, all together
     * @param halfLifeMillis event time after which an impression or feedback counts half
     * @param prior the share before anything is known
     * @param strength how many impressions the prior is worth
     */
    record Rate(String of, Scope scope, long halfLifeMillis, double prior, double strength) implements Measure {}

    /**
     * How often the viewer was shown something before, each time counting half after a half-life; of several ids, all together.
     *
     * @param halfLifeMillis event time
     */
    record DecayedImpressions(Scope scope, long halfLifeMillis) implements Measure {}

    /**
     * A measure of all viewers' events with the impression's video or channel, instead of the viewer's.
     *
     * @param feature the name of the feature that asks
     * @param view whose events
     * @param measure of any scope; one that looks at history
     */
    record OfView(String feature, View view, Measure measure) implements Measure {}

    /** The measure that {@code key} of a feature names, or null after noting the mistake. */
    static @Nullable Measure read(ConfigNode feature, String key, String word) {
        Measure measure = readPlain(feature, key, word);
        if (measure == null || !feature.has("view")) {
            return measure;
        }
        View view = feature.oneOf("view", View.class, View.VIDEO);
        if (measure instanceof Field || measure instanceof VideoDuration || measure instanceof VideoAge) {
            feature.problem("view", "found it beside '" + word + "', expected a measure that looks at earlier events");
            return null;
        }
        if (feature.has("scope")) {
            feature.problem("scope", "found it beside view, expected one of the two");
            return null;
        }
        return new OfView(feature.string("name"), view, measure);
    }

    /** The measure that {@code key} of a feature names, for the viewer. */
    private static @Nullable Measure readPlain(ConfigNode feature, String key, String word) {
        switch (word) {
            case "time_since_last_watch":
                return new TimeSinceLast(Feedback.WATCH, Scope.read(feature), ttlMillis(feature));
            case "time_since_last":
                return new TimeSinceLast(event(feature, key), Scope.read(feature), ttlMillis(feature));
            case "previous_impressions":
                return new PreviousImpressions(Scope.read(feature));
            case "impressions_since":
                return new ImpressionsSince(event(feature, key));
            case "decayed_impressions":
                return new DecayedImpressions(Scope.read(feature), halfLifeMillis(feature));
            case "video_duration":
                return new VideoDuration();
            case "video_age":
                return new VideoAge();
            case "rate":
                return new Rate(
                        event(feature, key),
                        Scope.read(feature),
                        halfLifeMillis(feature),
                        feature.number("prior", 0.1, 0, 1),
                        feature.number("strength", 10, 1e-3, 1e6));
            default:
                if (word.startsWith("numbers.") && word.length() > "numbers.".length()) {
                    return new Field(word.substring("numbers.".length()));
                }
                feature.problem(
                        key,
                        "found '" + word
                                + "', expected one of time_since_last_watch, time_since_last, previous_impressions,"
                                + " impressions_since, decayed_impressions, video_duration, video_age, rate,"
                                + " numbers.<name>");
                return null;
        }
    }

    /** The kind of event: under {@code of}, or under {@code event} where {@code of} names the measure itself. */
    private static String event(ConfigNode feature, String key) {
        return feature.string(key.equals("of") ? "event" : "of");
    }

    private static long halfLifeMillis(ConfigNode feature) {
        return Math.max(1, feature.duration("half_life", DEFAULT_HALF_LIFE).toMillis());
    }

    private static long ttlMillis(ConfigNode feature) {
        if (!feature.has("ttl")) {
            return FOREVER;
        }
        long millis = feature.duration("ttl", Duration.ofDays(1)).toMillis();
        if (millis < 1) {
            feature.problem("ttl", "found '0', expected a span longer than nothing");
        }
        return millis;
    }
}

package freshet.features.spec;

import freshet.serde.config.ConfigNode;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A number about an impression, before any {@link Transform}; {@code feature-store/DESIGN.md} has the formulas. */
public sealed interface Measure {
    Duration DEFAULT_HALF_LIFE = Duration.ofDays(7);

    /** {@code numbers.<name>} of the impression, in whatever unit the product sends it. */
    record Field(String number) implements Measure {}

    /**
     * Seconds from the viewer's last watch (feedback of kind watch with a positive value, by its own event time) to the
     * impression; missing before the first one.
     *
     * @param scope any, or channel: watches of videos that the viewer was shown as that channel's
     */
    record TimeSinceLastWatch(Scope scope) implements Measure {}

    /** How many impressions the viewer had before this one. */
    record PreviousImpressions(Scope scope) implements Measure {}

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
     * @param halfLifeMillis event time after which an impression or feedback counts half
     * @param prior the share before anything is known
     * @param strength how many impressions the prior is worth
     */
    record Rate(String of, long halfLifeMillis, double prior, double strength) implements Measure {}

    /** The measure that {@code key} of a feature names, or null after noting the mistake. */
    static @Nullable Measure read(ConfigNode feature, String key, String word) {
        switch (word) {
            case "time_since_last_watch":
                Scope scope = feature.oneOf("scope", Scope.class, Scope.ANY);
                if (scope == Scope.VIDEO) {
                    feature.problem("scope", "found 'video', expected one of any, channel");
                }
                return new TimeSinceLastWatch(scope);
            case "previous_impressions":
                return new PreviousImpressions(feature.oneOf("scope", Scope.class, Scope.ANY));
            case "video_duration":
                return new VideoDuration();
            case "video_age":
                return new VideoAge();
            case "rate":
                return new Rate(
                        feature.string("of"),
                        Math.max(
                                1,
                                feature.duration("half_life", DEFAULT_HALF_LIFE).toMillis()),
                        feature.number("prior", 0.1, 0, 1),
                        feature.number("strength", 10, 1e-3, 1e6));
            default:
                if (word.startsWith("numbers.") && word.length() > "numbers.".length()) {
                    return new Field(word.substring("numbers.".length()));
                }
                feature.problem(
                        key,
                        "found '" + word
                                + "', expected one of time_since_last_watch, previous_impressions, video_duration,"
                                + " video_age, rate, numbers.<name>");
                return null;
        }
    }
}

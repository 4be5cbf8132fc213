package freshet.features.spec;

import freshet.serde.config.ConfigNode;
import org.jspecify.annotations.Nullable;

/** A number about an impression, before any {@link Transform}; {@code feature-store/DESIGN.md} has the formulas. */
public sealed interface Measure {

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
            default:
                if (word.startsWith("numbers.") && word.length() > "numbers.".length()) {
                    return new Field(word.substring("numbers.".length()));
                }
                feature.problem(
                        key,
                        "found '" + word
                                + "', expected one of time_since_last_watch, previous_impressions, video_duration,"
                                + " video_age, numbers.<name>");
                return null;
        }
    }
}

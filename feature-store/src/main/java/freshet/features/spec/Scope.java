package freshet.features.spec;

import freshet.serde.config.ConfigNode;
import org.jspecify.annotations.Nullable;

/**
 * Which of a viewer's earlier events a measure looks at: all of them, or those that share an id of one field with the
 * impression. A field may hold several ids, as topics do.
 *
 * @param field the field; null for all events
 */
public record Scope(@Nullable IdField field) {
    /** All events. */
    public static final Scope ANY = new Scope(null);
    /** Those of the impression's channel. */
    public static final Scope CHANNEL = new Scope(new IdField(IdField.Source.CHANNEL_ID, ""));
    /** Those of the impression's video. */
    public static final Scope VIDEO = new Scope(new IdField(IdField.Source.VIDEO_ID, ""));

    /** The scope that the key {@code scope} of a feature names: any, channel, video or a field; mistakes are noted. */
    static Scope read(ConfigNode feature) {
        if (!feature.has("scope")) {
            return ANY;
        }
        String word = feature.string("scope");
        switch (word) {
            case "any":
                return ANY;
            case "channel":
                return CHANNEL;
            case "video":
                return VIDEO;
            default:
                IdField field = IdField.parse(feature, "scope", word, "any, channel, video, ");
                if (field != null && field.source() == IdField.Source.USER_ID) {
                    feature.problem("scope", "found 'user_id', expected any: every event of a history is its viewer's");
                    return ANY;
                }
                return field == null ? ANY : new Scope(field);
        }
    }
}

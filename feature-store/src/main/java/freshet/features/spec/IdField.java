package freshet.features.spec;

import freshet.serde.config.ConfigNode;
import freshet.serde.event.Impression;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A sparse field of an impression.
 *
 * @param source which field
 * @param key the name in {@link Impression#ids}; empty for every other source
 */
public record IdField(Source source, String key) {
    private static final String IDS_PREFIX = "ids.";
    private static final String[] NONE = {};

    /** The fields that can be a feature; in a configuration in lower case, {@code ids} as {@code ids.<name>}. */
    public enum Source {
        USER_ID,
        VIDEO_ID,
        CHANNEL_ID,
        DEVICE,
        SURFACE,
        QUERY_VIDEO_ID,
        USER_LANGUAGE,
        VIDEO_LANGUAGE,
        POSITION,
        IDS
    }

    /** The ids of this field in an impression; none where it is absent. */
    public String[] of(Impression impression) {
        return switch (source) {
            case USER_ID -> one(impression.userId());
            case VIDEO_ID -> one(impression.videoId());
            case CHANNEL_ID -> one(impression.channelId());
            case DEVICE -> one(impression.device());
            case SURFACE -> one(impression.surface());
            case QUERY_VIDEO_ID -> one(impression.queryVideoId());
            case USER_LANGUAGE -> one(impression.userLanguage());
            case VIDEO_LANGUAGE -> one(impression.videoLanguage());
            case POSITION ->
                impression.position() == Impression.NO_POSITION ? NONE : one(Integer.toString(impression.position()));
            case IDS -> {
                List<String> values = impression.ids().get(key);
                yield values == null ? NONE : values.toArray(NONE);
            }
        };
    }

    private static String[] one(@Nullable String value) {
        return value == null || value.isEmpty() ? NONE : new String[] {value};
    }

    /** The field that a configuration names, or null after noting the mistake at {@code key} of {@code node}. */
    static @Nullable IdField parse(ConfigNode node, String key, String text) {
        if (text.startsWith(IDS_PREFIX) && text.length() > IDS_PREFIX.length()) {
            return new IdField(Source.IDS, text.substring(IDS_PREFIX.length()));
        }
        for (Source source : Source.values()) {
            if (source != Source.IDS && source.name().toLowerCase(Locale.ROOT).equals(text)) {
                return new IdField(source, "");
            }
        }
        node.problem(
                key,
                "found '" + text + "', expected one of "
                        + Arrays.stream(Source.values())
                                .map(source -> source == Source.IDS
                                        ? IDS_PREFIX + "<name>"
                                        : source.name().toLowerCase(Locale.ROOT))
                                .collect(Collectors.joining(", ")));
        return null;
    }
}

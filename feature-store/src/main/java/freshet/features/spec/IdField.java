package freshet.features.spec;

import freshet.features.history.ScopeIds;
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
public record IdField(Source source, String key) implements ScopeIds {
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
        if (source == Source.IDS) {
            List<String> values = impression.ids().get(key);
            return values == null ? NONE : values.toArray(NONE);
        }
        String only = only(impression);
        return only == null || only.isEmpty() ? NONE : new String[] {only};
    }

    @Override
    public String name() {
        return source == Source.IDS ? IDS_PREFIX + key : source.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public int count(Impression impression) {
        if (source == Source.IDS) {
            List<String> values = impression.ids().get(key);
            return values == null ? 0 : values.size();
        }
        String only = only(impression);
        return only == null || only.isEmpty() ? 0 : 1;
    }

    @Override
    public String id(Impression impression, int index) {
        if (source == Source.IDS) {
            return impression.ids().getOrDefault(key, List.of()).get(index);
        }
        String only = only(impression);
        if (only == null) {
            throw new IllegalArgumentException("field " + name() + ": found no id, expected one");
        }
        return only;
    }

    /** The value of a field that has at most one. */
    private @Nullable String only(Impression impression) {
        return switch (source) {
            case USER_ID -> impression.userId();
            case VIDEO_ID -> impression.videoId();
            case CHANNEL_ID -> impression.channelId();
            case DEVICE -> impression.device();
            case SURFACE -> impression.surface();
            case QUERY_VIDEO_ID -> impression.queryVideoId();
            case USER_LANGUAGE -> impression.userLanguage();
            case VIDEO_LANGUAGE -> impression.videoLanguage();
            case POSITION ->
                impression.position() == Impression.NO_POSITION ? null : Integer.toString(impression.position());
            case IDS -> null;
        };
    }

    /** The field that a configuration names, or null after noting the mistake at {@code key} of {@code node}. */
    static @Nullable IdField parse(ConfigNode node, String key, String text) {
        return parse(node, key, text, "");
    }

    /** The same where some other words are allowed too, which the message names first. */
    static @Nullable IdField parse(ConfigNode node, String key, String text, String otherWords) {
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
                "found '" + text + "', expected one of " + otherWords
                        + Arrays.stream(Source.values())
                                .map(source -> source == Source.IDS
                                        ? IDS_PREFIX + "<name>"
                                        : source.name().toLowerCase(Locale.ROOT))
                                .collect(Collectors.joining(", ")));
        return null;
    }
}

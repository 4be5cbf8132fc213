package freshet.serde.mapping;

import com.fasterxml.jackson.databind.JsonNode;
import freshet.serde.config.ConfigNode;
import freshet.serde.event.DeadLetter.Reason;
import freshet.serde.event.Event;
import freshet.serde.event.EventProblem;
import freshet.serde.event.EventValidator;
import freshet.serde.event.Feedback;
import freshet.serde.event.Impression;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.apache.avro.generic.GenericRecord;
import org.jspecify.annotations.Nullable;

/**
 * Takes any Avro or JSON record to an event, as a {@code mapping} block says:
 *
 * <pre>
 * mapping:
 *   skip:
 *     - {path: type, is: [heartbeat, test]}
 *   fields:
 *     impression_id: header.uuid
 *     user_id: viewer.id
 *     video_id: item.id
 *     event_time: {path: ts, unit: s}
 *     surface: {constant: home}
 *     ids.tag: {path: item.tags, split: ","}
 *     numbers.price: item.price
 * </pre>
 *
 * Fields are those of our schemas; {@code ids.}, {@code numbers.} and {@code scores.} with a name make an entry of that map. What
 * is not mapped is absent. How one field is written is told in {@link FieldRule}. Immutable, safe on any thread.
 */
public final class EventMapping<T extends Event> {
    private static final List<String> IMPRESSION_FIELDS = List.of(
            "impression_id",
            "request_id",
            "user_id",
            "event_time",
            "video_id",
            "channel_id",
            "position",
            "device",
            "surface",
            "query_video_id",
            "user_language",
            "video_language",
            "video_duration_ms",
            "video_published_at",
            "model_version");
    private static final List<String> IMPRESSION_MAPS = List.of("ids.", "numbers.", "scores.");
    private static final List<String> IMPRESSION_NEEDS = List.of("impression_id", "user_id", "event_time", "video_id");
    private static final List<String> FEEDBACK_FIELDS =
            List.of("feedback_id", "impression_id", "user_id", "video_id", "event_time", "kind", "value");
    private static final List<String> FEEDBACK_NEEDS =
            List.of("feedback_id", "user_id", "event_time", "video_id", "kind");

    /** Puts the fields of a record together. */
    private interface Assembly<T> {
        T assemble(Fields fields);
    }

    private final List<SkipRule> skips;
    private final Map<String, FieldRule> rules;
    private final Assembly<T> assembly;

    private EventMapping(List<SkipRule> skips, Map<String, FieldRule> rules, Assembly<T> assembly) {
        this.skips = skips;
        this.rules = rules;
        this.assembly = assembly;
    }

    /** Reads the mapping of an impressions topic; mistakes are noted in the node. */
    public static EventMapping<Impression> impressions(ConfigNode mapping) {
        return read(mapping, IMPRESSION_FIELDS, IMPRESSION_MAPS, IMPRESSION_NEEDS, EventMapping::impression);
    }

    /** Reads the mapping of a feedback topic; mistakes are noted in the node. */
    public static EventMapping<Feedback> feedback(ConfigNode mapping) {
        return read(mapping, FEEDBACK_FIELDS, List.of(), FEEDBACK_NEEDS, EventMapping::feedback);
    }

    private static <T extends Event> EventMapping<T> read(
            ConfigNode mapping,
            Collection<String> known,
            Collection<String> maps,
            Collection<String> needed,
            Assembly<T> assembly) {
        List<SkipRule> skips = new ArrayList<>();
        mapping.children("skip").forEach(node -> SkipRule.read(node).ifPresent(skips::add));
        ConfigNode fields = mapping.child("fields");
        Map<String, FieldRule> rules = new TreeMap<>();
        for (String field : fields.keys()) {
            boolean entry = maps.stream().anyMatch(map -> field.startsWith(map) && field.length() > map.length());
            if (!known.contains(field) && !entry) {
                fields.problem(
                        field,
                        "not a field of an event; allowed here: " + String.join(", ", known)
                                + (maps.isEmpty() ? "" : ", and with a name behind it " + String.join(", ", maps)));
            } else {
                FieldRule.read(fields, field).ifPresent(rule -> rules.put(field, rule));
            }
        }
        needed.stream()
                .filter(field -> !fields.has(field))
                .forEach(field -> fields.problem(field, "missing; expected a path, since no event is without it"));
        return new EventMapping<>(List.copyOf(skips), rules, assembly);
    }

    /** Maps a JSON object; never throws. */
    public Mapped<T> map(JsonNode record) {
        return mapTree(record);
    }

    /** Maps an Avro record; never throws. */
    public Mapped<T> map(GenericRecord record) {
        return mapTree(record);
    }

    private Mapped<T> mapTree(Object record) {
        try {
            for (SkipRule skip : skips) {
                if (skip.holds(record)) {
                    return new Mapped.Skipped<>(skip.inWords());
                }
            }
            T event = assembly.assemble(new Fields(rules, record));
            Optional<EventProblem> problem = EventValidator.problemOf(event);
            return problem.isEmpty()
                    ? new Mapped.Value<>(event)
                    : new Mapped.Bad<>(
                            problem.get().reason(),
                            "after mapping: " + problem.get().detail());
        } catch (UnmappableException e) {
            return new Mapped.Bad<>(e.reason(), e.detail());
        }
    }

    private static Impression impression(Fields fields) {
        Impression.Builder builder = Impression.builder(
                        fields.id("impression_id"),
                        fields.id("user_id"),
                        fields.id("video_id"),
                        fields.time("event_time"))
                .requestId(fields.text("request_id"))
                .channelId(fields.text("channel_id"))
                .position(fields.position())
                .device(fields.text("device"))
                .surface(fields.text("surface"))
                .queryVideoId(fields.text("query_video_id"))
                .userLanguage(fields.text("user_language"))
                .videoLanguage(fields.text("video_language"))
                .videoDurationMillis(fields.duration("video_duration_ms"))
                .videoPublishedAtMillis(fields.time("video_published_at"))
                .modelVersion(fields.text("model_version"));
        fields.entries("ids.", (name, rule) -> {
            List<String> ids = rule.texts(fields.record);
            if (!ids.isEmpty()) {
                builder.ids(name, ids);
            }
        });
        fields.entries("numbers.", (name, rule) -> {
            Double number = rule.number(fields.record);
            if (number != null) {
                builder.number(name, number.floatValue());
            }
        });
        fields.entries("scores.", (name, rule) -> {
            Double score = rule.number(fields.record);
            if (score != null) {
                builder.score(name, score.floatValue());
            }
        });
        return builder.build();
    }

    private static Feedback feedback(Fields fields) {
        String kind = fields.id("kind");
        Double value = fields.number("value");
        if (value == null && EventValidator.needsValue(kind)) {
            throw new UnmappableException(
                    Reason.BAD_NUMBER, "mapping of value: found nothing, expected a number for this kind of feedback");
        }
        return new Feedback(
                fields.id("feedback_id"),
                fields.text("impression_id"),
                fields.id("user_id"),
                fields.id("video_id"),
                fields.time("event_time"),
                kind,
                value == null ? 1 : value);
    }

    /** The fields of one record, by our names. */
    private record Fields(Map<String, FieldRule> rules, Object record) {

        /** Nothing for nothing: the validator refuses it by name. */
        String id(String field) {
            String text = text(field);
            return text == null ? "" : text;
        }

        /** An empty text counts as absent, as on the wire. */
        @Nullable
        String text(String field) {
            FieldRule rule = rules.get(field);
            String text = rule == null ? null : rule.text(record);
            return text == null || text.isEmpty() ? null : text;
        }

        long time(String field) {
            FieldRule rule = rules.get(field);
            return rule == null ? 0 : rule.timeMillis(record, 0);
        }

        long duration(String field) {
            FieldRule rule = rules.get(field);
            return rule == null ? 0 : rule.durationMillis(record, 0);
        }

        @Nullable
        Double number(String field) {
            FieldRule rule = rules.get(field);
            return rule == null ? null : rule.number(record);
        }

        int position() {
            FieldRule rule = rules.get("position");
            long position = rule == null ? Impression.NO_POSITION : rule.whole(record, Impression.NO_POSITION);
            if (position != (int) position) {
                throw new UnmappableException(
                        Reason.BAD_NUMBER, "mapping of position: found a number of more than 32 bits, expected a rank");
            }
            return (int) position;
        }

        void entries(String prefix, BiConsumer<String, FieldRule> each) {
            rules.forEach((field, rule) -> {
                if (field.startsWith(prefix)) {
                    each.accept(field.substring(prefix.length()), rule);
                }
            });
        }
    }
}

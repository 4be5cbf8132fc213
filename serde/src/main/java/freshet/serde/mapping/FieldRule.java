package freshet.serde.mapping;

import freshet.serde.config.ConfigNode;
import freshet.serde.event.DeadLetter.Reason;
import freshet.serde.event.EventValidator;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where one field of an event comes from: a path, or a constant; and what is done on the way. In the configuration either the path
 * alone, or an object:
 *
 * <ul>
 *   <li>{@code path}, or {@code constant};
 *   <li>{@code default}: what to use where the path leads nowhere;
 *   <li>{@code words: {PLAY_END: watch}}: texts to replace by others, the rest stays;
 *   <li>{@code split: ","}: a text that is a list;
 *   <li>{@code unit}: of times and durations, {@code ms} (as it is by default), {@code s}, {@code us}, {@code ns}, and for times
 *       {@code iso8601};
 *   <li>{@code add}: a whole number to add, such as -1 for positions that start at 1.
 * </ul>
 *
 * Immutable, safe on any thread.
 */
final class FieldRule {

    /** What a time is counted in. */
    enum Unit {
        NS(1, 1_000_000),
        US(1, 1_000),
        MS(1, 1),
        S(1_000, 1),
        ISO8601(1, 1);

        private final long times;
        private final long dividedBy;

        Unit(long times, long dividedBy) {
            this.times = times;
            this.dividedBy = dividedBy;
        }

        /** One of the two is 1, so that there is one rounding only. */
        double millis(double value) {
            return value * times / dividedBy;
        }
    }

    private final String field;
    private final @Nullable FieldPath path;
    private final @Nullable String instead;
    private final Map<String, String> words;
    private final @Nullable Pattern split;
    private final Unit unit;
    private final long add;

    private FieldRule(
            String field,
            @Nullable FieldPath path,
            @Nullable String instead,
            Map<String, String> words,
            @Nullable Pattern split,
            Unit unit,
            long add) {
        this.field = field;
        this.path = path;
        this.instead = instead;
        this.words = words;
        this.split = split;
        this.unit = unit;
        this.add = add;
    }

    /** The rule at a key of the block {@code fields}; empty, with its mistakes noted, where there is no sense in it. */
    static Optional<FieldRule> read(ConfigNode fields, String field) {
        if (!fields.json().path(field).isObject()) {
            return path(fields, field, fields.string(field))
                    .map(path -> new FieldRule(field, path, null, Map.of(), null, Unit.MS, 0));
        }
        ConfigNode node = fields.child(field);
        Map<String, String> words = new TreeMap<>();
        ConfigNode wordsNode = node.child("words");
        wordsNode.keys().forEach(word -> words.put(word, wordsNode.string(word)));
        @Nullable
        String separator = node.has("split") ? node.json().path("split").asText() : null;
        @Nullable
        Pattern split = separator == null || separator.isEmpty() ? null : Pattern.compile(Pattern.quote(separator));
        Unit unit = node.oneOf("unit", Unit.class, Unit.MS);
        long add = node.longInteger("add", 0);
        @Nullable String constant = node.string("constant", null);
        @Nullable String byDefault = node.string("default", null);
        boolean hasPath = node.has("path");
        if (hasPath == (constant != null)) {
            node.problem("path", "found " + (hasPath ? "both" : "neither") + " of path and constant; expected one");
            return Optional.empty();
        }
        if (!hasPath) {
            return Optional.of(new FieldRule(field, null, constant, words, split, unit, add));
        }
        return path(node, "path", node.string("path"))
                .map(path -> new FieldRule(field, path, byDefault, words, split, unit, add));
    }

    private static Optional<FieldPath> path(ConfigNode node, String key, String text) {
        Optional<FieldPath> path = FieldPath.parse(text);
        if (path.isEmpty() && !text.isEmpty()) {
            node.problem(
                    key,
                    "found '" + text
                            + "', expected names with dots between them, such as context.page, or items[0].id");
        }
        return path;
    }

    private @Nullable Object value(Object record) {
        Object found = path == null ? null : path.find(record);
        return found == null ? instead : found;
    }

    /** Text, or a whole number as text; null where there is none. */
    @Nullable
    String text(Object record) {
        Object value = value(record);
        return value == null ? null : textOf(value);
    }

    private String textOf(@Nullable Object value) {
        if (value instanceof String || value instanceof Long) {
            String text = value.toString();
            if (!EventValidator.isUnicode(text)) {
                throw unexpected(Reason.UNDECODABLE, value, "whole characters, not half a surrogate pair");
            }
            return words.getOrDefault(text, text);
        }
        throw unexpected(Reason.UNDECODABLE, value, "text or a whole number");
    }

    /** A list of texts; a single text is a list of one, or of more if it is to be split. */
    List<String> texts(Object record) {
        Object value = value(record);
        if (value == null) {
            return List.of();
        }
        List<String> texts = new ArrayList<>();
        if (value instanceof List<?> list) {
            list.forEach(item -> texts.add(textOf(item)));
        } else if (split != null && value instanceof String joined) {
            Arrays.stream(split.split(joined))
                    .map(String::strip)
                    .filter(part -> !part.isEmpty())
                    .forEach(part -> texts.add(textOf(part)));
        } else {
            texts.add(textOf(value));
        }
        return texts;
    }

    /** A point in time in milliseconds since the epoch; {@code absent} where there is none. */
    long timeMillis(Object record, long absent) {
        Object value = value(record);
        if (value == null) {
            return absent;
        }
        if (unit != Unit.ISO8601) {
            return add + millis(value, Reason.BAD_TIME);
        }
        try {
            return add + OffsetDateTime.parse(value.toString()).toInstant().toEpochMilli();
        } catch (DateTimeException | ArithmeticException e) {
            throw unexpected(Reason.BAD_TIME, value, "a time such as 2022-04-25T06:00:00Z");
        }
    }

    /** A span of time in milliseconds. */
    long durationMillis(Object record, long absent) {
        Object value = value(record);
        return value == null ? absent : add + millis(value, Reason.BAD_NUMBER);
    }

    private long millis(Object value, Reason ifBad) {
        if (unit.times == 1 && value instanceof Long whole) {
            return Math.floorDiv(whole, unit.dividedBy);
        }
        double millis = Math.rint(unit.millis(number(value, ifBad)));
        if (!(Math.abs(millis) < 1L << 53)) {
            throw unexpected(ifBad, value, "a time that fits");
        }
        return (long) millis;
    }

    /** A whole number. */
    long whole(Object record, long absent) {
        Object value = value(record);
        if (value == null) {
            return absent;
        }
        double number = number(value, Reason.BAD_NUMBER);
        if (number != Math.rint(number) || !(Math.abs(number) < 1L << 53)) {
            throw unexpected(Reason.BAD_NUMBER, value, "a whole number");
        }
        return add + (long) number;
    }

    /** Any number; spans of time in milliseconds if a unit is given. */
    @Nullable
    Double number(Object record) {
        Object value = value(record);
        return value == null ? null : Double.valueOf(add + unit.millis(number(value, Reason.BAD_NUMBER)));
    }

    private double number(Object value, Reason ifBad) {
        if (value instanceof Number number) {
            return number.doubleValue();
        }
        if (value instanceof Boolean yes) {
            return yes ? 1 : 0;
        }
        try {
            if (value instanceof String text) {
                return Double.parseDouble(text);
            }
        } catch (NumberFormatException e) {
            // told below
        }
        throw unexpected(ifBad, value, "a number");
    }

    /** Words for people; never the value, which may be an id. */
    private UnmappableException unexpected(Reason reason, @Nullable Object value, String expected) {
        String from = path == null ? "a constant" : "path " + path.text();
        return new UnmappableException(
                reason,
                "mapping of " + field + " from " + from + ": found " + describe(value) + ", expected " + expected);
    }

    private static String describe(@Nullable Object value) {
        if (value == null) {
            return "nothing";
        }
        if (value instanceof String) {
            return "text";
        }
        if (value instanceof Number) {
            return "a number";
        }
        if (value instanceof Boolean) {
            return "true or false";
        }
        return value instanceof List<?> ? "a list" : "a " + value.getClass().getSimpleName();
    }
}

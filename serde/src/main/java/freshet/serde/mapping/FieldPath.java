package freshet.serde.mapping;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.avro.generic.GenericEnumSymbol;
import org.apache.avro.generic.GenericRecord;
import org.jspecify.annotations.Nullable;

/**
 * Where a value stands in a record: names with dots between them, and positions from 0 in brackets, such as
 * {@code context.page.items[0].id}. A name is a field of an Avro record, a key of an Avro map or a key of a JSON object. A
 * step that leads nowhere gives nothing, so absent parents need no special care.
 *
 * @param text as the configuration writes it
 * @param steps names and positions
 */
record FieldPath(String text, List<Object> steps) {
    private static final Pattern STEP = Pattern.compile("(?:^|\\.)([^.\\[\\]\\s]+)|\\[(\\d{1,6})]");

    static Optional<FieldPath> parse(String text) {
        List<Object> steps = new ArrayList<>();
        Matcher matcher = STEP.matcher(text);
        int end = 0;
        while (matcher.find() && matcher.start() == end) {
            steps.add(matcher.group(1) != null ? matcher.group(1) : (Object) Integer.valueOf(matcher.group(2)));
            end = matcher.end();
        }
        return end == text.length() && !steps.isEmpty()
                ? Optional.of(new FieldPath(text, List.copyOf(steps)))
                : Optional.empty();
    }

    /** What stands there: String, Long, Double, Boolean, a List of these, or null; anything else as it is. */
    @Nullable
    Object find(Object record) {
        Object at = record;
        for (Object step : steps) {
            at = step instanceof String name ? named(at, name) : item(at, (Integer) step);
            if (at == null) {
                return null;
            }
        }
        return plain(at);
    }

    private static @Nullable Object named(Object parent, String name) {
        if (parent instanceof GenericRecord record) {
            return record.hasField(name) ? record.get(name) : null;
        }
        if (parent instanceof JsonNode json) {
            return json.get(name);
        }
        if (parent instanceof Map<?, ?> map) {
            // Avro's keys are its own Utf8, which equals no String; maps in events are small.
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                if (entry.getKey().toString().equals(name)) {
                    return entry.getValue();
                }
            }
        }
        return null;
    }

    private static @Nullable Object item(Object parent, int index) {
        if (parent instanceof JsonNode json) {
            return json.get(index);
        }
        return parent instanceof List<?> list && index < list.size() ? list.get(index) : null;
    }

    private static @Nullable Object plain(@Nullable Object value) {
        if (value instanceof JsonNode json) {
            return plainJson(json);
        }
        if (value instanceof CharSequence || value instanceof GenericEnumSymbol<?>) {
            return value.toString();
        }
        if (value instanceof Integer whole) {
            return whole.longValue();
        }
        if (value instanceof Float number) {
            return number.doubleValue();
        }
        if (value instanceof List<?> list) {
            return plainList(list);
        }
        return value;
    }

    private static @Nullable Object plainJson(JsonNode json) {
        if (json.isTextual()) {
            return json.textValue();
        }
        if (json.isIntegralNumber() && json.canConvertToLong()) {
            return json.longValue();
        }
        if (json.isNumber()) {
            return json.doubleValue();
        }
        if (json.isBoolean()) {
            return json.booleanValue();
        }
        if (json.isArray()) {
            return plainList(json);
        }
        return json.isNull() ? null : json;
    }

    private static List<@Nullable Object> plainList(Iterable<?> items) {
        List<@Nullable Object> plain = new ArrayList<>();
        for (Object item : items) {
            plain.add(plain(item));
        }
        return plain;
    }
}

package freshet.serde.wire;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes one line of JSON. The same calls give the same text on every JDK: numbers by {@link Decimals}, no spaces, keys in the
 * order of the calls. Not thread-safe.
 */
final class JsonText {
    private static final String HEX = "0123456789abcdef";

    private final StringBuilder text = new StringBuilder(256);
    private boolean first = true;

    JsonText open(char bracket) {
        text.append(bracket);
        first = true;
        return this;
    }

    JsonText close(char bracket) {
        text.append(bracket);
        first = false;
        return this;
    }

    JsonText name(String name) {
        separate();
        quote(name);
        text.append(':');
        // Whatever follows is this name's value and stands without a comma.
        first = true;
        return this;
    }

    JsonText field(String name, String value) {
        name(name);
        quote(value);
        first = false;
        return this;
    }

    /** Nothing where there is no value. */
    JsonText optional(String name, @Nullable String value) {
        return value == null || value.isEmpty() ? this : field(name, value);
    }

    JsonText field(String name, long value) {
        name(name);
        text.append(value);
        first = false;
        return this;
    }

    JsonText field(String name, float value) {
        name(name);
        Decimals.append(text, value);
        first = false;
        return this;
    }

    JsonText field(String name, double value) {
        name(name);
        Decimals.append(text, value);
        first = false;
        return this;
    }

    JsonText field(String name, List<String> values) {
        name(name).open('[');
        for (String value : values) {
            separate();
            quote(value);
        }
        return close(']');
    }

    /** Nothing where the map is empty. */
    JsonText lists(String name, Map<String, List<String>> map) {
        if (!map.isEmpty()) {
            name(name).open('{');
            map.forEach(this::field);
            close('}');
        }
        return this;
    }

    /** Nothing where the map is empty. */
    JsonText numbers(String name, Map<String, Float> map) {
        if (!map.isEmpty()) {
            name(name).open('{');
            map.forEach((key, value) -> field(key, (float) value));
            close('}');
        }
        return this;
    }

    private void separate() {
        if (!first) {
            text.append(',');
        }
        first = false;
    }

    private void quote(String value) {
        text.append('"');
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '"' || c == '\\') {
                text.append('\\').append(c);
            } else if (c < 0x20 || c == 0x7F || c == '\u2028' || c == '\u2029') {
                // Also what some readers take for the end of a line.
                text.append("\\u");
                for (int shift = 12; shift >= 0; shift -= 4) {
                    text.append(HEX.charAt(c >> shift & 0xF));
                }
            } else {
                text.append(c);
            }
        }
        text.append('"');
    }

    @Override
    public String toString() {
        return text.toString();
    }
}

package freshet.serde.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import freshet.serde.config.AskedKey.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One object of a configuration tree, read key by key. A reader asks for what it knows; every mistake (wrong type, out of
 * range, unknown word) is noted with its path and the reading goes on with a harmless value, so that {@link #check} can
 * report all mistakes at once, including the keys that nobody asked for. Not thread-safe.
 */
public final class ConfigNode {
    private static final Pattern DURATION = Pattern.compile("(\\d+)\\s*(ms|s|m|h|d)");

    private final String source;
    private final String path;
    private final JsonNode json;
    private final List<String> problems;
    private final List<AskedKey> asked;
    private final List<String> pattern;
    /** Keys that are names, not words of the grammar. */
    private final Set<String> names = new HashSet<>();

    private final SortedSet<String> known = new TreeSet<>();
    private final Map<String, List<ConfigNode>> children = new LinkedHashMap<>();

    private ConfigNode(
            String source,
            String path,
            JsonNode json,
            List<String> problems,
            List<AskedKey> asked,
            List<String> pattern) {
        this.source = source;
        this.path = path;
        this.json = json;
        this.problems = problems;
        this.asked = asked;
        this.pattern = pattern;
    }

    /** What readers have asked for so far, in the whole tree, in the order of asking. */
    public List<AskedKey> asked() {
        return List.copyOf(asked);
    }

    private void ask(String key, Kind kind, @Nullable Object byDefault) {
        ask(key, kind, byDefault, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY, List.of());
    }

    private void ask(String key, Kind kind, @Nullable Object byDefault, double least, double most, List<String> words) {
        String text = byDefault == null ? "" : byDefault.toString();
        String counts = json.hasNonNull(key) && json.get(key).isValueNode()
                ? json.get(key).asText()
                : text;
        asked.add(new AskedKey(patternOf(key), path, kind, text, counts, least, most, words));
    }

    private List<String> patternOf(String key) {
        List<String> whole = new ArrayList<>(pattern);
        whole.add(names.contains(key) ? "*" : key);
        return whole;
    }

    /**
     * The root of a tree.
     *
     * @param source what messages call it: usually the file's name
     */
    public static ConfigNode root(String source, JsonNode json) {
        ConfigNode root = new ConfigNode(source, "", json, new ArrayList<>(), new ArrayList<>(), List.of());
        if (!json.isObject()) {
            root.problems.add("the file: found " + describe(json) + ", expected keys and values");
        }
        return root;
    }

    /** Throws everything that was noted in the whole tree, if anything was. Call on the root after all readers. */
    public void check() {
        // Distinct, since two readers of one node may note the same mistake.
        List<String> all = new ArrayList<>(new LinkedHashSet<>(problems));
        collectUnknownKeys(all);
        if (!all.isEmpty()) {
            throw new ConfigException(source, all);
        }
    }

    private void collectUnknownKeys(List<String> into) {
        json.fieldNames().forEachRemaining(name -> {
            if (!known.contains(name)) {
                into.add(at(name) + ": not a known key" + suggestion(name));
            }
        });
        children.values().forEach(list -> list.forEach(child -> child.collectUnknownKeys(into)));
    }

    private String suggestion(String name) {
        return known.isEmpty() ? "" : "; allowed here: " + String.join(", ", known);
    }

    /** Notes a mistake at a key of this node, in the words "found ..., expected ...". */
    public void problem(String key, String text) {
        problems.add(at(key) + ": " + text);
    }

    /** The path of a key of this node, as messages write it. */
    public String at(String key) {
        return path.isEmpty() ? key : path + "." + key;
    }

    /** The tree below this node as it was read. */
    public JsonNode json() {
        return json;
    }

    public boolean has(String key) {
        ask(key, Kind.ANY, null);
        return isThere(key);
    }

    private boolean isThere(String key) {
        known.add(key);
        return json.hasNonNull(key);
    }

    /** The keys of this node, in file order, for maps whose keys are names; all count as known. */
    public List<String> keys() {
        List<String> found = new ArrayList<>();
        json.fieldNames().forEachRemaining(found::add);
        known.addAll(found);
        names.addAll(found);
        return found;
    }

    /** The same node, told that a key is a name from elsewhere in the file and no word of the grammar. */
    public ConfigNode named(String key) {
        names.add(key);
        return this;
    }

    /** Required text. */
    public String string(String key) {
        ask(key, Kind.NEEDED_TEXT, null);
        String value = text(key, null);
        if (value == null) {
            if (!isThere(key)) {
                problem(key, "missing; expected text");
            }
            return "";
        }
        return value;
    }

    /** Optional text. */
    public @Nullable String string(String key, @Nullable String byDefault) {
        ask(key, Kind.TEXT, byDefault);
        return text(key, byDefault);
    }

    private @Nullable String text(String key, @Nullable String byDefault) {
        if (!isThere(key)) {
            return byDefault;
        }
        JsonNode value = json.get(key);
        if (!value.isValueNode() || value.asText().isBlank()) {
            problem(key, "found " + describe(value) + ", expected text");
            return byDefault;
        }
        return value.asText();
    }

    /** A list of texts; a single text counts as a list of one. Empty where absent. */
    public List<String> strings(String key) {
        ask(key, Kind.TEXTS, null);
        if (!isThere(key)) {
            return List.of();
        }
        JsonNode value = json.get(key);
        List<String> texts = new ArrayList<>();
        for (JsonNode element : value.isArray() ? value : List.of(value)) {
            if (element.isValueNode() && !element.isNull()) {
                texts.add(element.asText());
            } else {
                problem(key, "found " + describe(element) + " in the list, expected text");
            }
        }
        return texts;
    }

    /** A list of lists of texts, such as {@code [[user], [user, tag]]}; a text among them counts as a list of one. */
    public List<List<String>> stringLists(String key) {
        ask(key, Kind.TEXT_LISTS, null);
        if (!isThere(key)) {
            return List.of();
        }
        JsonNode value = json.get(key);
        List<List<String>> lists = new ArrayList<>();
        for (JsonNode element : value.isArray() ? value : List.of(value)) {
            List<String> texts = new ArrayList<>();
            for (JsonNode text : element.isArray() ? element : List.of(element)) {
                if (text.isValueNode() && !text.isNull()) {
                    texts.add(text.asText());
                } else {
                    problem(key, "found " + describe(text) + " in a list, expected text");
                }
            }
            lists.add(texts);
        }
        return lists;
    }

    public int integer(String key, int byDefault, int min, int max) {
        ask(key, Kind.INTEGER, byDefault, min, max, List.of());
        if (!isThere(key)) {
            return byDefault;
        }
        JsonNode value = json.get(key);
        if (!value.canConvertToInt() || !value.isIntegralNumber() || value.asInt() < min || value.asInt() > max) {
            problem(key, "found " + describe(value) + ", expected a whole number from " + min + " to " + max);
            return byDefault;
        }
        return value.asInt();
    }

    public long longInteger(String key, long byDefault) {
        ask(key, Kind.INTEGER, byDefault);
        if (!isThere(key)) {
            return byDefault;
        }
        JsonNode value = json.get(key);
        if (!value.isIntegralNumber()) {
            problem(key, "found " + describe(value) + ", expected a whole number");
            return byDefault;
        }
        return value.asLong();
    }

    /** A list of whole numbers, each from min to max; {@code byDefault} where absent. */
    public List<Integer> integers(String key, List<Integer> byDefault, int min, int max) {
        ask(key, Kind.INTEGERS, byDefault, min, max, List.of());
        if (!isThere(key)) {
            return byDefault;
        }
        JsonNode value = json.get(key);
        List<Integer> numbers = new ArrayList<>();
        for (JsonNode element : value.isArray() ? value : List.of(value)) {
            if (!element.isIntegralNumber() || element.asLong() < min || element.asLong() > max) {
                problem(key, "found " + describe(element) + ", expected whole numbers from " + min + " to " + max);
                return byDefault;
            }
            numbers.add(element.asInt());
        }
        return numbers;
    }

    public double number(String key, double byDefault, double min, double max) {
        ask(key, Kind.NUMBER, byDefault, min, max, List.of());
        if (!isThere(key)) {
            return byDefault;
        }
        JsonNode value = json.get(key);
        if (!value.isNumber() || !(value.asDouble() >= min && value.asDouble() <= max)) {
            problem(key, "found " + describe(value) + ", expected a number from " + min + " to " + max);
            return byDefault;
        }
        return value.asDouble();
    }

    public boolean flag(String key, boolean byDefault) {
        ask(key, Kind.FLAG, byDefault);
        if (!isThere(key)) {
            return byDefault;
        }
        JsonNode value = json.get(key);
        if (!value.isBoolean()) {
            problem(key, "found " + describe(value) + ", expected true or false");
            return byDefault;
        }
        return value.asBoolean();
    }

    /** A span of time such as 500ms, 30s, 10m, 1h or 2d. */
    public Duration duration(String key, Duration byDefault) {
        ask(key, Kind.DURATION, byDefault);
        if (!isThere(key)) {
            return byDefault;
        }
        JsonNode value = json.get(key);
        Matcher matcher = DURATION.matcher(value.asText());
        if (!matcher.matches()) {
            problem(key, "found " + describe(value) + ", expected a span of time such as 500ms, 30s, 10m, 1h or 2d");
            return byDefault;
        }
        long amount = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "ms" -> Duration.ofMillis(amount);
            case "s" -> Duration.ofSeconds(amount);
            case "m" -> Duration.ofMinutes(amount);
            case "h" -> Duration.ofHours(amount);
            default -> Duration.ofDays(amount);
        };
    }

    /** One of an enum's values, written in lower case. */
    public <E extends Enum<E>> E oneOf(String key, Class<E> words, E byDefault) {
        List<String> allowed = Arrays.stream(words.getEnumConstants())
                .map(word -> word.name().toLowerCase(Locale.ROOT))
                .toList();
        ask(key, Kind.WORD, byDefault.name().toLowerCase(Locale.ROOT), 0, 0, allowed);
        if (!isThere(key)) {
            return byDefault;
        }
        String text = json.get(key).asText();
        for (E word : words.getEnumConstants()) {
            if (word.name().toLowerCase(Locale.ROOT).equals(text)) {
                return word;
            }
        }
        problem(key, "found '" + text + "', expected one of " + String.join(", ", allowed));
        return byDefault;
    }

    /** The object at a key; an empty one where it is absent. The same key always gives the same node. */
    public ConfigNode child(String key) {
        ask(key, Kind.OBJECT, null);
        known.add(key);
        return children.computeIfAbsent(key, name -> {
                    JsonNode value = json.path(name);
                    if (!value.isMissingNode() && !value.isNull() && !value.isObject()) {
                        problem(name, "found " + describe(value) + ", expected keys and values");
                    }
                    JsonNode object = value.isObject() ? value : MissingNode.getInstance();
                    return List.of(new ConfigNode(source, at(name), object, problems, asked, patternOf(name)));
                })
                .get(0);
    }

    /** The objects of the list at a key; none where it is absent. The same key always gives the same nodes. */
    public List<ConfigNode> children(String key) {
        ask(key, Kind.OBJECTS, null);
        known.add(key);
        return children.computeIfAbsent(key, name -> {
            List<ConfigNode> nodes = new ArrayList<>();
            JsonNode value = json.path(name);
            if (!value.isMissingNode() && !value.isNull() && !value.isArray()) {
                problem(name, "found " + describe(value) + ", expected a list");
                return nodes;
            }
            int index = 0;
            List<String> ofElement = patternOf(name);
            ofElement.add("[]");
            for (JsonNode element : value) {
                String place = at(name) + "[" + index++ + "]";
                if (element instanceof ObjectNode) {
                    nodes.add(new ConfigNode(source, place, element, problems, asked, ofElement));
                } else {
                    problems.add(place + ": found " + describe(element) + ", expected keys and values");
                }
            }
            return nodes;
        });
    }

    private static String describe(JsonNode value) {
        if (value.isObject()) {
            return "keys and values";
        }
        if (value.isArray()) {
            return "a list";
        }
        return "'" + value.asText() + "'";
    }
}

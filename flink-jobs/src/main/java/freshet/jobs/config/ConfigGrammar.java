package freshet.jobs.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import freshet.serde.config.AskedKey;
import freshet.serde.config.AskedKey.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The grammar of configurations, taken from the readers themselves: the configurations that ship, which together use every key, are read,
 * and what the readers ask for is put together. As a JSON Schema for editors, and as a table for people.
 *
 * <p>The schema takes more than the readers do: how keys depend on one another it does not say.
 */
public final class ConfigGrammar {
    /** Of the schema: a change that refuses what was allowed before needs another. */
    private static final String ID = "https://freshet.dev/schema/config-1.json";

    private static final List<String> SOURCES =
            List.of("reference.yaml", "kuairand.yaml", "demo.yaml", "bench-join.yaml", "grammar.yaml");
    private static final ObjectMapper JSON = JsonMapper.builder().build();

    /** What was asked of one place of the grammar. */
    private static final class Shape {
        final Map<String, Shape> keys = new TreeMap<>();
        final List<AskedKey> asked = new ArrayList<>();
        /** Of the nodes whose keys these are, by their place. */
        final Set<String> places = new TreeSet<>();

        Shape at(String segment) {
            return keys.computeIfAbsent(segment, name -> new Shape());
        }
    }

    private final Shape root = new Shape();

    private ConfigGrammar(List<AskedKey> asked) {
        for (AskedKey key : asked) {
            Shape parent = root;
            for (String segment : key.path().subList(0, key.path().size() - 1)) {
                parent = parent.at(segment);
            }
            parent.places.add(key.place());
            parent.at(key.path().get(key.path().size() - 1)).asked.add(key);
        }
    }

    /** Of the readers of this build. */
    public static ConfigGrammar ofReaders() {
        List<AskedKey> asked = new ArrayList<>();
        for (String source : SOURCES) {
            String prefix = source + ":"; // places of different files are different nodes
            for (AskedKey key : FreshetConfig.askedOf(source, resource(source))) {
                asked.add(new AskedKey(
                        key.path(),
                        prefix + key.place(),
                        key.kind(),
                        key.byDefault(),
                        key.counts(),
                        key.least(),
                        key.most(),
                        key.words()));
            }
        }
        return new ConfigGrammar(asked);
    }

    private static String resource(String name) {
        try (InputStream in = ConfigGrammar.class.getResourceAsStream("/freshet/" + name)) {
            if (in == null) {
                throw new IllegalStateException("reading the grammar: found no resource freshet/" + name);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("reading the grammar: cannot read freshet/" + name, e);
        }
    }

    /** Every key, as {@code model.embeddings[].dim}. */
    public Set<String> paths() {
        Set<String> paths = new TreeSet<>();
        rows(root, "").forEach(row -> paths.add(row.path()));
        return paths;
    }

    /** A JSON Schema, draft 2020-12, as indented text. */
    public String schema() {
        ObjectNode schema = JSON.createObjectNode();
        schema.put("$schema", "https://json-schema.org/draft/2020-12/schema");
        schema.put("$id", ID);
        schema.put("title", "Configuration of Freshet");
        schema.setAll(object(root));
        try {
            return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(schema) + "\n";
        } catch (IOException e) {
            throw new UncheckedIOException("writing the schema", e);
        }
    }

    private static ObjectNode object(Shape shape) {
        ObjectNode object = JSON.createObjectNode();
        object.put("type", "object");
        ObjectNode properties = object.putObject("properties");
        ArrayNode required = JSON.createArrayNode();
        shape.keys.forEach((key, value) -> {
            if (key.equals("*")) {
                return;
            }
            properties.set(key, value(value));
            Set<String> needed = value.asked.stream()
                    .filter(asked -> asked.kind() == Kind.NEEDED_TEXT)
                    .map(AskedKey::place)
                    .collect(Collectors.toSet());
            if (needed.equals(shape.places)) {
                required.add(key);
            }
        });
        Shape named = shape.keys.get("*");
        if (named == null) {
            object.put("additionalProperties", false);
        } else {
            object.set("additionalProperties", value(named));
        }
        if (!required.isEmpty()) {
            object.set("required", required);
        }
        return object;
    }

    /** What may stand at a key; one of several where readers take several. */
    private static ObjectNode value(Shape shape) {
        Set<JsonNode> alternatives = new LinkedHashSet<>();
        Set<Kind> kinds = new TreeSet<>();
        shape.asked.forEach(asked -> kinds.add(asked.kind()));
        for (Kind kind : kinds) {
            List<AskedKey> asked =
                    shape.asked.stream().filter(one -> one.kind() == kind).toList();
            switch (kind) {
                case ANY -> {}
                case OBJECT -> alternatives.add(object(shape));
                case OBJECTS -> {
                    ObjectNode list = type("array");
                    Shape element = shape.keys.get("[]");
                    list.set("items", element == null ? type("object") : object(element));
                    alternatives.add(list);
                }
                case TEXTS -> alternatives.add(oneOrList(text()));
                case TEXT_LISTS -> alternatives.add(oneOrList(oneOrList(text())));
                case INTEGERS -> alternatives.add(oneOrList(bounded("integer", asked)));
                case TEXT, NEEDED_TEXT -> alternatives.add(text());
                case INTEGER -> alternatives.add(bounded("integer", asked));
                case NUMBER -> alternatives.add(bounded("number", asked));
                case FLAG -> alternatives.add(type("boolean"));
                case DURATION -> {
                    ObjectNode duration = type("string");
                    duration.put("pattern", "^[0-9]+\\s*(ms|s|m|h|d)$");
                    alternatives.add(duration);
                }
                case WORD -> {
                    ObjectNode word = JSON.createObjectNode();
                    ArrayNode words = word.putArray("enum");
                    asked.get(0).words().forEach(words::add);
                    alternatives.add(word);
                }
            }
        }
        if (alternatives.size() == 1) {
            return (ObjectNode) alternatives.iterator().next();
        }
        ObjectNode any = JSON.createObjectNode();
        if (!alternatives.isEmpty()) {
            any.putArray("anyOf").addAll(alternatives);
        }
        return any;
    }

    private static ObjectNode type(String name) {
        ObjectNode type = JSON.createObjectNode();
        type.put("type", name);
        return type;
    }

    /** A number where text is expected is taken as its text. */
    private static ObjectNode text() {
        ObjectNode text = JSON.createObjectNode();
        text.putArray("type").add("string").add("number").add("boolean");
        return text;
    }

    private static ObjectNode oneOrList(ObjectNode one) {
        ObjectNode either = JSON.createObjectNode();
        ObjectNode list = type("array");
        list.set("items", one);
        either.putArray("anyOf").add(one).add(list);
        return either;
    }

    private static ObjectNode bounded(String type, List<AskedKey> asked) {
        ObjectNode number = type(type);
        double least = asked.stream().mapToDouble(AskedKey::least).min().orElse(0);
        double most = asked.stream().mapToDouble(AskedKey::most).max().orElse(0);
        if (!Double.isInfinite(least)) {
            put(number, "minimum", least);
        }
        if (!Double.isInfinite(most) && most != Integer.MAX_VALUE) {
            put(number, "maximum", most);
        }
        return number;
    }

    private static void put(ObjectNode node, String key, double value) {
        if (value == Math.rint(value) && Math.abs(value) < 1e15) {
            node.put(key, (long) value);
        } else {
            node.put(key, value);
        }
    }

    private record Row(String path, String kinds, String byDefault) {}

    /** A page for people: every key with what may stand there and what counts without it. */
    public String page() {
        StringBuilder page = new StringBuilder();
        page.append("# Every key of a configuration\n\n");
        page.append(
                "Made from the readers by `freshet schema --page`; a test compares it. What the keys mean is said in\n");
        page.append(
                "[reference.yaml](src/main/resources/freshet/reference.yaml) and the other configurations that ship. `[]` is each\n");
        page.append(
                "element of a list, `*` a name of your own. A default that depends on a word beside the key stands with that\n");
        page.append("word; one that depends on other keys in another way is left out.\n\n");
        page.append("| key | value | default |\n|---|---|---|\n");
        for (Row row : rows(root, "")) {
            page.append("| `")
                    .append(row.path())
                    .append("` | ")
                    .append(row.kinds())
                    .append(" | ")
                    .append(row.byDefault())
                    .append(" |\n");
        }
        return page.toString();
    }

    private static List<Row> rows(Shape shape, String prefix) {
        List<Row> rows = new ArrayList<>();
        shape.keys.forEach((key, value) -> {
            String path = key.equals("[]") ? prefix + "[]" : prefix.isEmpty() ? key : prefix + "." + key;
            boolean isOnlyLookedFor = value.asked.stream().allMatch(asked -> asked.kind() == Kind.ANY);
            if (isOnlyLookedFor && shape.keys.containsKey("*")) {
                return; // a name that must be among those
            }
            String kinds = value.asked.stream()
                    .filter(asked -> isOnlyLookedFor || asked.kind() != Kind.ANY)
                    .map(ConfigGrammar::inWords)
                    .distinct()
                    .sorted()
                    .collect(Collectors.joining(" or "));
            if (!kinds.isEmpty()) {
                rows.add(new Row(path, kinds, byDefault(value, shape)));
            }
            rows.addAll(rows(value, path));
        });
        return rows;
    }

    /** What counts without the key; where that differs, with the word beside it by which it does, if there is one. */
    private static String byDefault(Shape value, Shape parent) {
        Map<String, Set<String>> placesByDefault = new TreeMap<>();
        for (AskedKey asked : value.asked) {
            if (asked.kind() != Kind.ANY) {
                placesByDefault
                        .computeIfAbsent(byDefault(asked), text -> new TreeSet<>())
                        .add(asked.place());
            }
        }
        if (placesByDefault.size() == 1) {
            return code(placesByDefault.keySet().iterator().next());
        }
        for (Map.Entry<String, Shape> beside : parent.keys.entrySet()) {
            Map<String, Set<String>> words = wordsByDefault(beside.getValue(), placesByDefault);
            if (beside.getValue() != value && isPartition(words)) {
                return inWords(
                        words,
                        beside.getKey(),
                        byDefault(beside.getValue().asked.get(0)));
            }
        }
        return "";
    }

    /** For each default the words of another key at the places where it is one. */
    private static Map<String, Set<String>> wordsByDefault(Shape other, Map<String, Set<String>> placesByDefault) {
        Map<String, Set<String>> words = new TreeMap<>();
        placesByDefault.forEach((byDefault, places) -> words.put(
                byDefault,
                other.asked.stream()
                        .filter(asked -> asked.kind() == Kind.WORD && places.contains(asked.place()))
                        .map(AskedKey::counts)
                        .collect(Collectors.toCollection(TreeSet::new))));
        return words;
    }

    /** Whether there are any, each has a word, and none shares one with another. */
    private static boolean isPartition(Map<String, Set<String>> words) {
        Set<String> all = new TreeSet<>();
        words.values().forEach(all::addAll);
        return !words.isEmpty()
                && words.values().stream().noneMatch(Set::isEmpty)
                && all.size() == words.values().stream().mapToInt(Set::size).sum();
    }

    /** First what counts where the word beside it is absent too. */
    private static String inWords(Map<String, Set<String>> words, String beside, String wordByDefault) {
        List<String> usual = new ArrayList<>();
        List<String> others = new ArrayList<>();
        words.forEach((byDefault, where) -> {
            if (where.contains(wordByDefault)) {
                usual.add(code(byDefault));
            } else {
                others.add(code(byDefault) + " where " + code(beside) + " is "
                        + where.stream().map(ConfigGrammar::code).collect(Collectors.joining(", ")));
            }
        });
        usual.addAll(others);
        return String.join("; ", usual);
    }

    private static String code(String text) {
        return text.isEmpty() ? "" : "`" + text + "`";
    }

    private static String byDefault(AskedKey asked) {
        return asked.kind() == Kind.DURATION ? Spans.text(Duration.parse(asked.byDefault())) : asked.byDefault();
    }

    private static String inWords(AskedKey asked) {
        return switch (asked.kind()) {
            case ANY -> "anything";
            case TEXT -> "text";
            case NEEDED_TEXT -> "text, needed";
            case TEXTS -> "list of texts";
            case TEXT_LISTS -> "list of lists of texts";
            case INTEGER -> "whole number" + bounds(asked);
            case INTEGERS -> "list of whole numbers" + bounds(asked);
            case NUMBER -> "number" + bounds(asked);
            case FLAG -> "true, false";
            case DURATION -> "span such as 30s";
            case WORD -> String.join(", ", asked.words());
            case OBJECT -> "keys";
            case OBJECTS -> "list";
        };
    }

    private static String bounds(AskedKey asked) {
        String least = number(asked.least());
        String most = asked.most() == Integer.MAX_VALUE ? "" : number(asked.most());
        if (least.isEmpty() && most.isEmpty()) {
            return "";
        }
        return most.isEmpty() ? " from " + least : " from " + least + " to " + most;
    }

    private static String number(double value) {
        if (Double.isInfinite(value)) {
            return "";
        }
        return value == Math.rint(value) && Math.abs(value) < 1e15
                ? Long.toString((long) value)
                : Double.toString(value);
    }
}

package freshet.jobs.join;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import freshet.serde.example.FeatureSchema;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the slots of an open impression in a user's state mean: the part of a configuration that the state was written under.
 * Immutable.
 *
 * @param tasks in the order of their slots
 * @param ids sparse features in the order of their slots
 * @param numbers dense features in the order of their slots
 */
record StateShape(List<Task> tasks, List<Feature> ids, List<Feature> numbers) {

    /**
     * A task.
     *
     * @param label its rule, in one line
     * @param given the task it is conditional on; empty for none
     */
    record Task(String name, String label, long horizonMillis, String given) {}

    /**
     * A feature.
     *
     * @param definition how it is computed, as the configuration says it; empty where that is not known
     */
    record Feature(String name, String definition) {}

    StateShape {
        tasks = List.copyOf(tasks);
        ids = List.copyOf(ids);
        numbers = List.copyOf(numbers);
    }

    /**
     * The shape of a configuration.
     *
     * @param features its block {@code features}; absent where definitions are not to be compared
     */
    static StateShape of(JoinSpec spec, FeatureSchema schema, @Nullable JsonNode features) {
        List<Task> tasks = spec.tasks().stream()
                .map(task -> new Task(
                        task.name(),
                        line(task.label()),
                        task.horizonMillis(),
                        task.given() == null ? "" : task.given()))
                .toList();
        return new StateShape(
                tasks,
                features(schema.idNames(), features == null ? null : features.path("ids")),
                features(schema.numberNames(), features == null ? null : features.path("numbers")));
    }

    private static String line(LabelRule label) {
        String atLeast =
                label.atLeast().map(threshold -> " at least " + threshold).orElse("");
        return label.aggregate() + " of " + label.kind() + " by " + label.divisor() + atLeast + " as "
                + label.transform();
    }

    private static List<Feature> features(List<String> names, @Nullable JsonNode definitions) {
        List<Feature> features = new ArrayList<>();
        for (String name : names) {
            String definition = "";
            if (definitions != null) {
                for (JsonNode one : definitions) {
                    definition = one.path("name").asText().equals(name) ? one.toString() : definition;
                }
            }
            features.add(new Feature(name, definition));
        }
        return features;
    }

    /**
     * Why state of this shape cannot become state of another, in words that say what to do; empty if it can. Features and tasks
     * may come, go and change places, and horizons become longer.
     */
    List<String> obstaclesTo(StateShape other) {
        List<String> found = new ArrayList<>();
        for (Task task : tasks) {
            for (Task now : other.tasks) {
                if (now.name.equals(task.name)) {
                    obstacles(task, now, found);
                }
            }
        }
        obstacles("features.ids", ids, other.ids, found);
        obstacles("features.numbers", numbers, other.numbers, found);
        return found;
    }

    private static void obstacles(Task task, Task now, List<String> found) {
        String name = "task " + task.name + ": found ";
        if (!now.label.equals(task.label)) {
            found.add(name + "the label '" + now.label + "', expected '" + task.label
                    + "' as in the state, which holds feedback folded by that rule; give the changed task a new name");
        }
        if (!now.given.equals(task.given)) {
            found.add(name + "given '" + now.given + "', expected '" + task.given
                    + "' as in the state, where labels wait for that; give the changed task a new name");
        }
        if (now.horizonMillis < task.horizonMillis) {
            found.add(name + "a horizon of " + now.horizonMillis + " ms, expected at least the " + task.horizonMillis
                    + " ms of the state, whose open labels between the two would be lost; give the changed task a new"
                    + " name");
        }
    }

    private static void obstacles(String list, List<Feature> before, List<Feature> after, List<String> found) {
        for (Feature feature : before) {
            for (Feature now : after) {
                if (now.name.equals(feature.name)
                        && !now.definition.equals(feature.definition)
                        && !now.definition.isEmpty()
                        && !feature.definition.isEmpty()) {
                    found.add(list + ": found " + now.definition + ", expected " + feature.definition
                            + " as in the state; give the changed feature a new name");
                }
            }
        }
    }

    ObjectNode toJson() {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        for (Task task : tasks) {
            json.withArray("tasks")
                    .addObject()
                    .put("name", task.name)
                    .put("label", task.label)
                    .put("horizon_ms", task.horizonMillis)
                    .put("given", task.given);
        }
        ids.forEach(
                one -> json.withArray("ids").addObject().put("name", one.name).put("definition", one.definition));
        numbers.forEach(one ->
                json.withArray("numbers").addObject().put("name", one.name).put("definition", one.definition));
        return json;
    }

    static StateShape fromJson(JsonNode json) {
        List<Task> tasks = new ArrayList<>();
        for (JsonNode task : json.path("tasks")) {
            tasks.add(new Task(
                    task.path("name").asText(),
                    task.path("label").asText(),
                    task.path("horizon_ms").asLong(),
                    task.path("given").asText()));
        }
        return new StateShape(tasks, features(json.path("ids")), features(json.path("numbers")));
    }

    private static List<Feature> features(JsonNode json) {
        List<Feature> features = new ArrayList<>();
        json.forEach(one -> features.add(
                new Feature(one.path("name").asText(), one.path("definition").asText())));
        return features;
    }
}

package freshet.model.spec;

import freshet.serde.config.ConfigNode;
import freshet.serde.example.FeatureSchema;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * How positive labels are weighted by how long was watched, compared with what is usual for videos of that length.
 *
 * @param tasks whose positive labels are weighted; empty for none
 * @param watchTask the task whose label is the play time, in any unit that grows with it
 * @param durationSlot dense feature: the video's length, in any unit that grows with it
 * @param durationBuckets parts of equal frequency by length
 * @param watchBuckets parts of equal frequency by play time, within each of those
 * @param sliceMillis event time between renewals of the parts
 * @param slices how many of these spans the parts are of: the window
 * @param boost from 0, no weighting, to 1, where the least watched count for nothing
 * @param power how much more the longest watched count
 * @param platformSlot sparse feature by which play times are kept apart, or -1
 * @param platforms its ids that are; all others are one more
 * @param ageSlot dense feature: the video's age, or -1
 * @param ageFrom weights fall from this age on, in the unit of the feature as it stands in the example
 * @param ageHalfLife by half with each of these
 */
public record WatchWeightSpec(
        List<Integer> tasks,
        int watchTask,
        int durationSlot,
        int durationBuckets,
        int watchBuckets,
        long sliceMillis,
        int slices,
        float boost,
        float power,
        int platformSlot,
        List<String> platforms,
        int ageSlot,
        float ageFrom,
        float ageHalfLife) {
    private static final int MOST_BUCKETS = 1000;
    private static final int MOST_PLATFORMS = 8;

    public WatchWeightSpec {
        tasks = List.copyOf(tasks);
        platforms = List.copyOf(platforms);
    }

    /** Reads the block {@code watch_weights:}; mistakes are noted on the node. */
    static WatchWeightSpec read(ConfigNode node, List<TaskSpec> tasks, FeatureSchema schema) {
        boolean used = node.has("tasks");
        List<Integer> weighted = new ArrayList<>();
        for (String name : node.strings("tasks")) {
            weighted.add(task(node, "tasks", name, tasks));
        }
        Duration window = node.duration("window", Duration.ofDays(1));
        int slices = node.integer("slices", 24, 1, 1000);
        long sliceMillis = Math.max(1, window.toMillis() / slices);
        if (window.toMillis() < slices) {
            node.problem("window", "found " + window + ", expected a millisecond a slice at least");
        }
        boolean hasPlatform = node.has("platform");
        if (node.strings("platforms").isEmpty() == hasPlatform) {
            node.problem("platforms", "found one of platform and platforms, expected both or none");
        }
        if (node.strings("platforms").size() > MOST_PLATFORMS) {
            node.problem("platforms", "found more, expected " + MOST_PLATFORMS + " at most");
        }
        return new WatchWeightSpec(
                weighted,
                used ? task(node, "watch", node.string("watch"), tasks) : 0,
                used ? number(node, "duration", node.string("duration"), schema) : 0,
                node.integer("duration_buckets", 100, 1, MOST_BUCKETS),
                node.integer("watch_buckets", 100, 2, MOST_BUCKETS),
                sliceMillis,
                slices,
                (float) node.number("boost", 0.5, 0, 1),
                (float) node.number("power", 1, 0.01, 100),
                hasPlatform ? platform(node, schema) : -1,
                node.strings("platforms"),
                node.has("age") ? number(node, "age", node.string("age"), schema) : -1,
                (float) node.number("age_from", 0, -1e9, 1e9),
                (float) node.number("age_half_life", 1, 1e-6, 1e9));
    }

    private static int task(ConfigNode node, String key, String name, List<TaskSpec> tasks) {
        for (int task = 0; task < tasks.size(); task++) {
            if (tasks.get(task).name().equals(name)) {
                return task;
            }
        }
        node.problem(
                key,
                "found '" + name + "', expected a task: "
                        + String.join(", ", tasks.stream().map(TaskSpec::name).toList()));
        return 0;
    }

    private static int number(ConfigNode node, String key, String name, FeatureSchema schema) {
        int slot = schema.numberSlot(name);
        if (slot < 0) {
            node.problem(
                    key, "found '" + name + "', expected a number feature: " + String.join(", ", schema.numberNames()));
        }
        return Math.max(0, slot);
    }

    private static int platform(ConfigNode node, FeatureSchema schema) {
        int slot = schema.idSlot(node.string("platform"));
        if (slot < 0) {
            node.problem(
                    "platform",
                    "found '" + node.string("platform") + "', expected an id feature: "
                            + String.join(", ", schema.idNames()));
        }
        return slot;
    }
}

package freshet.model;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import freshet.model.spec.ModelSpec;
import freshet.model.spec.TaskSpec;
import freshet.serde.config.ConfigNode;
import freshet.serde.example.FeatureSchema;
import freshet.serde.example.FeatureValues;
import freshet.serde.example.LabeledExample;
import freshet.serde.example.TaskLabel;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Small models and examples for tests. Everything is a pure function of its arguments. */
public final class ModelFixtures {
    private static final ObjectMapper RELAXED = new ObjectMapper()
            .configure(JsonParser.Feature.ALLOW_SINGLE_QUOTES, true)
            .configure(JsonParser.Feature.ALLOW_UNQUOTED_FIELD_NAMES, true);

    public static final FeatureSchema SCHEMA = new FeatureSchema(
            List.of("user", "video", "tag", "history", "position", "device"), List.of("age", "duration"));

    public static final String TASKS = """
            [{name: 'click'},
             {name: 'like', weight: 2, learning_rate_factor: 3},
             {name: 'watch', loss: 'squared', weight: 0.5}]
            """;

    /** The same with click calibrated. */
    public static final String CALIBRATED_TASKS =
            TASKS.replace("{name: 'click'}", "{name: 'click', calibration: 'platt'}");

    /** The same tasks: like as a product with click, its tower reading click's; watch by weighted logistic regression. */
    public static final String LINKED_TASKS = """
            [{name: 'click'},
             {name: 'like', weight: 2, learning_rate_factor: 3, product_with: 'click', reads: ['click']},
             {name: 'watch', loss: 'weighted_logistic', weight: 0.5, reads: ['like', 'click'], read_gradient: 'flow'}]
            """;

    /** Every part a model can have. */
    public static final String FULL = """
            {seed: 7,
             embeddings: [
               {feature: 'user', dim: 3, initial_range: 0.5},
               {feature: 'video', dim: 4, initial_range: 0.5},
               {feature: 'tag', dim: 2, pooling: 'sum', initial_range: 0.5},
               {feature: 'history', table: 'video'}],
             wide: true,
             rates: {smoothing: 3, keys: [['user'], ['tag'], ['video', 'device']]},
             cross_layers: 1,
             bottom: [9, 7],
             experts: {count: 3, layers: [6, 5]},
             gate_dropout: 0.3,
             tower: [4],
             shallow: {cross: [['position', 'device'], ['device']], dropout: 0.3, dropped_when_serving: ['position']},
             batch: 8,
             optimizer: {clip_norm: 2, dense: {learning_rate: 0.01}}}
            """;

    /** Nothing shared but rows; rows by FTRL, rowwise Adagrad and fading Adagrad; tasks balanced by uncertainty. */
    public static final String SEPARATE = """
            {seed: 7,
             structure: 'single_task',
             embeddings: [{feature: 'user', dim: 3, initial_range: 0.5}, {feature: 'video', dim: 4, initial_range: 0.5}],
             wide: true, rates: {smoothing: 3, keys: [['user']]}, cross_layers: 1, bottom: [6], tower: [4], batch: 8,
             shallow: {cross: [['position', 'device']], dropout: 0.3, dropped_when_serving: ['position']},
             balance: {kind: 'uncertainty'},
             optimizer: {schedule: {warm_up_steps: 3, half_life_steps: 50, floor: 0.1},
                         sparse: {kind: 'rowwise_adagrad', decay: 0.9, decay_every_steps: 100},
                         wide: {kind: 'ftrl', l1: 0.5, l2: 0.1},
                         shallow: {kind: 'adagrad', decay: 0.5, decay_every: '10m', rate_floor: 0.01}}}
            """;

    /** Shared bottom, nothing else. */
    public static final String PLAIN = """
            {seed: 7,
             embeddings: [{feature: 'user', dim: 3, initial_range: 0.5}, {feature: 'video', dim: 4, initial_range: 0.5}],
             bottom: [5], tower: [4], batch: 8}
            """;

    /** Bags whose first ids weigh most, embedded and wide; rows by Adam. */
    public static final String WEIGHTED = """
            {seed: 7,
             embeddings: [{feature: 'user', dim: 3, initial_range: 0.5},
                          {feature: 'tag', dim: 2, pooling: 'weighted', initial_range: 0.5},
                          {feature: 'history', dim: 4, pooling: 'weighted', place_decay: 0.5, initial_range: 0.5}],
             wide: true, bottom: [5], tower: [4], batch: 8, optimizer: {sparse: {kind: 'adam'}}}
            """;

    /** FULL with rows that come late and do not stay. */
    public static final String MORTAL = FULL.replace("seed: 7,", """
            seed: 7,
            tables: [
              {name: 'rate.*', expire_after: '3h'},
              {name: 'embedding.video', expire_after: '2h', max_rows: 5},
              {name: '*', expire_after: '1h', admit_after: 2, admit_counters: 1024, admit_halving: '3h'}],
            """);

    private ModelFixtures() {}

    public static ConfigNode node(String json) {
        return ConfigNode.root("test", json(json));
    }

    public static JsonNode json(String json) {
        try {
            return RELAXED.readTree(json);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(json, e);
        }
    }

    public static List<TaskSpec> tasks(String json) {
        ConfigNode root = node("{tasks: " + json + "}");
        List<TaskSpec> tasks =
                root.children("tasks").stream().map(TaskSpec::read).toList();
        root.check();
        return tasks;
    }

    public static ModelSpec spec(String model) {
        return spec(model, TASKS);
    }

    public static ModelSpec spec(String model, String tasks) {
        ConfigNode node = node(model);
        ModelSpec spec = ModelSpec.read(node, tasks(tasks), SCHEMA);
        node.check();
        return spec;
    }

    /** Examples over a few ids, some features missing, some tasks masked. */
    public static List<LabeledExample> examples(long seed, int count) {
        SplittableRandom random = new SplittableRandom(seed);
        List<LabeledExample> examples = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String[][] ids = {
                {"u" + random.nextInt(4)},
                {"v" + random.nextInt(6)},
                some(random, "t", 4, 3),
                some(random, "v", 6, 4),
                some(random, "", 3, 1),
                {random.nextBoolean() ? "phone" : "tv"},
            };
            float[] numbers = {(float) random.nextDouble(-1, 1), (float) random.nextDouble(0, 2)};
            List<TaskLabel> labels = new ArrayList<>();
            if (random.nextInt(10) < 8) {
                labels.add(new TaskLabel("click", random.nextInt(10) < 4 ? 1 : 0, 1));
            }
            if (random.nextInt(10) < 6) {
                labels.add(new TaskLabel("like", random.nextInt(10) < 3 ? 1 : 0, random.nextBoolean() ? 2.5f : 1));
            }
            if (random.nextInt(10) < 7 || labels.isEmpty()) {
                labels.add(new TaskLabel("watch", (float) random.nextDouble(0, 4), 1));
            }
            examples.add(example("i" + i, 1_650_000_000_000L + i * 1000L, ids, numbers, labels));
        }
        return examples;
    }

    public static LabeledExample example(
            String id, long decidedTimeMillis, String[][] ids, float[] numbers, List<TaskLabel> labels) {
        FeatureValues features = new FeatureValues(ids, numbers);
        return new LabeledExample(
                id, ids[0][0], ids[1][0], decidedTimeMillis - 1000, decidedTimeMillis, features, labels);
    }

    private static String[] some(SplittableRandom random, String prefix, int kinds, int most) {
        String[] ids = new String[random.nextInt(most + 1)];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = prefix + random.nextInt(kinds);
        }
        return ids;
    }
}

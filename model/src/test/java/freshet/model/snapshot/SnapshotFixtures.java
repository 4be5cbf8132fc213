package freshet.model.snapshot;

import freshet.model.ModelFixtures;
import freshet.model.batch.HashedFeatures;
import freshet.model.learn.Learner;
import freshet.model.spec.ModelSpec;
import freshet.serde.config.ConfigNode;
import freshet.serde.example.FeatureValues;
import freshet.serde.example.LabeledExample;
import freshet.serde.snapshot.Lineage;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.SnapshotVersion;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;

/** Learners that have learnt a little, and their snapshots. Everything is a pure function of its arguments. */
public final class SnapshotFixtures {
    public static final String FEATURES = "{\"ids\":[{\"name\":\"user\",\"field\":\"user_id\"}],\"numbers\":[]}";
    private static final long FIRST = 1_650_902_400_000L; // 20220425T16Z
    private static final long HOUR = 3_600_000L;

    private SnapshotFixtures() {}

    public static Learner learner(ModelSpec spec, long seed, int batches) {
        Learner learner = new Learner(spec);
        for (int batch = 0; batch < batches; batch++) {
            List<LabeledExample> examples = ModelFixtures.examples(seed * 1000 + batch, spec.batchSize());
            learner.step(examples, new float[examples.size() * spec.taskCount()]);
        }
        return learner;
    }

    public static SnapshotVersion version(int hour) {
        return new SnapshotVersion(FIRST + hour * HOUR);
    }

    public static SnapshotMoment moment(int hour, List<FeatureValues> golden) {
        return new SnapshotMoment(
                1,
                version(hour),
                hour == 0 ? null : version(hour - 1),
                Lineage.after(Lineage.START, new byte[] {(byte) hour}),
                100L * hour,
                new TreeMap<>(Map.of("click", new TreeMap<>(Map.of("auc", 0.75)))),
                golden.stream().map(HashedFeatures::of).toList());
    }

    public static Snapshot snapshot(Learner learner, int hour) {
        return new SnapshotWriter("test", FEATURES).write(learner, moment(hour, features(hour, 5)));
    }

    /** A whole small model that has learnt for so many hours. */
    public static Snapshot snapshot(int hour) {
        return snapshot(learner(ModelFixtures.spec(ModelFixtures.FULL), 1, 1 + hour), hour);
    }

    public static List<FeatureValues> features(long seed, int count) {
        return ModelFixtures.examples(seed, count).stream()
                .map(LabeledExample::features)
                .toList();
    }

    /** A model with some of the parts a model can have. */
    public static ModelSpec randomSpec(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<String> parts = new ArrayList<>();
        parts.add("seed: " + random.nextInt(1000));
        parts.add("batch: 8");
        List<String> embeddings = new ArrayList<>();
        for (String feature : List.of("user", "video", "tag", "history", "device")) {
            if (random.nextInt(3) > 0 || embeddings.isEmpty()) {
                String pooling = random.nextBoolean() ? "sum" : "mean";
                embeddings.add("{feature: '" + feature + "', initial_range: 0.5, dim: " + random.nextInt(1, 6)
                        + ", pooling: '" + pooling + "'}");
            }
        }
        parts.add("embeddings: " + embeddings);
        parts.add("bottom: " + widths(random, 3));
        parts.add("tower: " + widths(random, 3));
        parts.add("wide: " + random.nextBoolean());
        parts.add("cross_layers: " + random.nextInt(3));
        if (random.nextBoolean()) {
            parts.add("experts: {count: " + random.nextInt(1, 5) + ", layers: [" + random.nextInt(1, 8)
                    + (random.nextBoolean() ? ", " + random.nextInt(1, 8) : "") + "]}");
            parts.add("gate_dropout: 0.2");
        } else if (random.nextBoolean()) {
            parts.add("structure: 'single_task'");
        }
        if (random.nextBoolean()) {
            parts.add("rates: {smoothing: 5, keys: [['user'], ['video', 'device']]}");
        }
        if (random.nextBoolean()) {
            parts.add("shallow: {cross: [['position', 'device']], dropout: 0.2, dropped_when_serving: "
                    + (random.nextBoolean() ? "['position']" : "[]") + "}");
        }
        if (random.nextInt(4) == 0) {
            parts.add("numbers: []");
        }
        String tasks = switch (random.nextInt(5)) {
            case 0 -> "[{name: 'click'}]";
            case 1 -> "[{name: 'watch', loss: '" + (random.nextBoolean() ? "squared" : "huber") + "'}]";
            case 2 -> ModelFixtures.LINKED_TASKS;
            case 3 -> ModelFixtures.LINKED_TASKS.replace("weighted_logistic", "unbiased_weighted_logistic");
            default -> ModelFixtures.TASKS;
        };
        ConfigNode node = ModelFixtures.node("{" + String.join(", ", parts) + "}");
        ModelSpec spec = ModelSpec.read(node, ModelFixtures.tasks(tasks), ModelFixtures.SCHEMA);
        node.check();
        return spec;
    }

    private static List<Integer> widths(SplittableRandom random, int most) {
        List<Integer> widths = new ArrayList<>();
        for (int count = random.nextInt(most); count > 0; count--) {
            widths.add(random.nextInt(1, 12));
        }
        return widths;
    }
}

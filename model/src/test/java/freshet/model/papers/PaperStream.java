package freshet.model.papers;

import freshet.model.ModelFixtures;
import freshet.model.learn.Learner;
import freshet.model.spec.ModelSpec;
import freshet.serde.config.ConfigNode;
import freshet.serde.example.FeatureSchema;
import freshet.serde.example.FeatureValues;
import freshet.serde.example.LabeledExample;
import freshet.serde.example.TaskLabel;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/** What the papers' tests share: models over a schema of their own, and streams of examples that are made as they are learnt. */
final class PaperStream {
    private PaperStream() {}

    static ModelSpec spec(FeatureSchema schema, String tasks, String model) {
        ConfigNode node = ModelFixtures.node(model);
        ModelSpec spec = ModelSpec.read(node, ModelFixtures.tasks(tasks), schema);
        node.check();
        return spec;
    }

    static LabeledExample example(int number, String[][] ids, float[] numbers, List<TaskLabel> labels) {
        long time = 1_650_000_000_000L + number * 1000L;
        return new LabeledExample("i" + number, "u", "v", time, time, new FeatureValues(ids, numbers), labels);
    }

    /** Learns examples 0, 1, ... in batches of 64. */
    static Learner learn(ModelSpec spec, int count, IntFunction<LabeledExample> stream) {
        Learner learner = new Learner(spec);
        float[] predictions = new float[64 * spec.taskCount()];
        List<LabeledExample> batch = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            batch.add(stream.apply(i));
            if (batch.size() == 64) {
                learner.step(batch, predictions);
                batch.clear();
            }
        }
        return learner;
    }

    /** {@code [examples][tasks]}. */
    static float[][] score(Learner learner, List<LabeledExample> examples) {
        int tasks = learner.spec().taskCount();
        float[] flat = new float[examples.size() * tasks];
        learner.score(examples, flat);
        float[][] predictions = new float[examples.size()][tasks];
        for (int i = 0; i < predictions.length; i++) {
            System.arraycopy(flat, i * tasks, predictions[i], 0, tasks);
        }
        return predictions;
    }

    static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    /** The share of pairs with different truth that scores order as the truth does. */
    static double pairsInOrder(double[] truth, double[] scores) {
        long right = 0;
        long pairs = 0;
        for (int i = 0; i < truth.length; i++) {
            for (int j = 0; j < truth.length; j++) {
                if (truth[i] > truth[j]) {
                    pairs++;
                    right += scores[i] > scores[j] ? 1 : 0;
                }
            }
        }
        return (double) right / pairs;
    }
}

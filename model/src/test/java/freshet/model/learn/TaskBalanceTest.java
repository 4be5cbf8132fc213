package freshet.model.learn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import freshet.model.ModelFixtures;
import freshet.model.layer.NamedTensor;
import freshet.model.layer.ParameterLayout;
import freshet.model.spec.ModelSpec;
import freshet.serde.example.LabeledExample;
import freshet.serde.example.TaskLabel;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class TaskBalanceTest {
    private static final String[][] IDS = {{"u"}, {"v"}, {}, {}, {}, {}};

    /** Labels that are noise of a known variance, which nothing predicts: the variance is what there is to learn. */
    @Test
    void uncertaintyLearnsTheVarianceOfTheNoise() {
        ModelSpec spec = ModelFixtures.spec(
                "{numbers: [], bottom: [], tower: [], balance: {kind: 'uncertainty'},"
                        + " optimizer: {dense: {learning_rate: 0.01}}}",
                "[{name: 'a', loss: 'squared'}, {name: 'b', loss: 'squared'}, {name: 'c'}]");
        Learner learner = new Learner(spec);
        SplittableRandom random = new SplittableRandom(5);
        for (int step = 0; step < 3000; step++) {
            List<LabeledExample> batch = new ArrayList<>();
            for (int i = 0; i < 64; i++) {
                List<TaskLabel> labels = new ArrayList<>();
                labels.add(new TaskLabel("a", (float) (0.5 * random.nextGaussian()), 1));
                labels.add(new TaskLabel("b", (float) (3 * random.nextGaussian()), 1));
                if (step % 3 == 0) { // a task that most batches do not carry: its variance rests meanwhile
                    labels.add(new TaskLabel("c", random.nextInt(2), 1));
                }
                batch.add(ModelFixtures.example("i", 1000, IDS, new float[2], labels));
            }
            learner.step(batch, new float[64 * 3]);
        }
        assertThat(variance(learner, "a")).isCloseTo(0.25, within(0.025));
        assertThat(variance(learner, "b")).isCloseTo(9, within(0.9));
        assertThat(variance(learner, "c"))
                .as("twice the cross entropy of a coin")
                .isCloseTo(2 * Math.log(2), within(0.14));
    }

    private static double variance(Learner learner, String task) {
        NamedTensor tensor = learner.denseTensors().stream()
                .filter(found -> found.name().equals("balance." + task))
                .findAny()
                .orElseThrow();
        return Math.exp(tensor.values()[0]);
    }

    /** Of all fixed weights that sum to 1 and keep the bounds, none makes the shared gradient shorter. */
    @Test
    void paretoMakesTheSharedGradientAsShortAsItsBoundsAllow() {
        List<LabeledExample> batch = ModelFixtures.examples(3, 32);
        double free = sharedNorm("balance: {kind: 'pareto'}", 1, 1, batch);
        double bounded = sharedNorm("balance: {kind: 'pareto', lower_bounds: {like: 0.5}}", 1, 1, batch);
        double shortest = Double.MAX_VALUE;
        double shortestBounded = Double.MAX_VALUE;
        for (double like = 0.001; like < 1; like += 0.0333) {
            double norm = sharedNorm("balance: {kind: 'fixed'}", 1 - like, like, batch);
            shortest = Math.min(shortest, norm);
            shortestBounded = like >= 0.5 ? Math.min(shortestBounded, norm) : shortestBounded;
        }
        assertThat(free).isLessThanOrEqualTo(shortest * (1 + 1e-5)).isGreaterThan(shortest * 0.9);
        assertThat(bounded).isLessThanOrEqualTo(shortestBounded * (1 + 1e-5)).isGreaterThan(shortestBounded * 0.9);
        assertThat(bounded).isGreaterThan(free);
    }

    private static double sharedNorm(String balance, double click, double like, List<LabeledExample> batch) {
        String tasks = String.format(
                Locale.ROOT, "[{name: 'click', weight: %.6f}, {name: 'like', weight: %.6f}]", click, like);
        Learner learner =
                new Learner(ModelFixtures.spec(ModelFixtures.PLAIN.replace("batch: 8", "batch: 8, " + balance), tasks));
        learner.step(batch, new float[batch.size() * 2]);
        double sum = 0;
        for (ParameterLayout.Entry entry : learner.layout().entries()) {
            for (int i = entry.offset(); i < entry.offset() + entry.size(); i++) {
                sum += entry.task() == ParameterLayout.SHARED
                        ? (double) learner.gradients()[i] * learner.gradients()[i]
                        : 0;
            }
        }
        return Math.sqrt(sum);
    }
}

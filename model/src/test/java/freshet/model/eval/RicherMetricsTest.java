package freshet.model.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import freshet.model.ModelFixtures;
import freshet.model.spec.TaskSpec;
import freshet.serde.config.ConfigException;
import freshet.serde.config.ConfigNode;
import freshet.serde.example.LabeledExample;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Intervals, pairs within users, cohorts. */
class RicherMetricsTest {
    private static final List<TaskSpec> TASKS =
            ModelFixtures.tasks("[{name: 'click'}, {name: 'watch', loss: 'squared'}]");
    private static final MetricsSpec ALL = spec("""
            {intervals: true, users: true,
             cohorts: [{name: 'device', id: 'device', values: ['phone']},
                       {name: 'age', number: 'age', edges: [-0.5, 0.25]},
                       {name: 'length', number: 'duration', edges: [1], groups: ['short', 'long']}]}
            """);

    private record Scored(LabeledExample example, int task, float prediction, float label, float weight) {}

    private static MetricsSpec spec(String json) {
        ConfigNode node = ModelFixtures.node(json);
        MetricsSpec spec = MetricsSpec.read(node, ModelFixtures.SCHEMA);
        node.check();
        return spec;
    }

    private static List<Scored> scored(long seed, int count) {
        SplittableRandom random = new SplittableRandom(seed);
        List<Scored> scored = new ArrayList<>();
        for (LabeledExample example : ModelFixtures.examples(seed, count)) {
            int task = random.nextInt(2);
            // Few levels, so that there are ties.
            float prediction = random.nextInt(1, 12) / 12f;
            float label = task == 0 ? (random.nextDouble() < prediction ? 1 : 0) : random.nextInt(4) + prediction;
            scored.add(new Scored(example, task, prediction, label, random.nextBoolean() ? 1 : 2.5f));
        }
        return scored;
    }

    private static void record(ProgressiveValidation metrics, List<Scored> scored) {
        for (Scored one : scored) {
            metrics.record(one.example(), one.task(), one.prediction(), one.label(), one.weight());
        }
    }

    private static double value(SortedMap<String, SortedMap<String, Double>> metrics, String task, String name) {
        Double value = metrics.getOrDefault(task, new TreeMap<>()).get(name);
        assertThat(value).as("%s of %s", name, task).isNotNull();
        return value == null ? Double.NaN : value;
    }

    private static SortedMap<String, Double> clicks(ProgressiveValidation metrics) {
        return metrics.window().getOrDefault("click", new TreeMap<>());
    }

    /** Against all pairs, one by one. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void pairsWithinUsersAreThoseOfTheDefinition(long seed) {
        ProgressiveValidation metrics = new ProgressiveValidation(TASKS, ALL);
        List<Scored> first = scored(seed, 150);
        List<Scored> second = scored(seed + 50, 120);
        record(metrics, first);
        double[][] ofFirst = slowPairs(first);
        for (int task = 0; task < 2; task++) {
            String name = TASKS.get(task).name();
            assertThat(value(metrics.window(), name, "gauc"))
                    .isCloseTo(ofFirst[task][2] / ofFirst[task][3], within(1e-9));
            assertThat(value(metrics.window(), name, "pnr"))
                    .isCloseTo(ofFirst[task][0] / ofFirst[task][1], within(1e-9));
        }
        metrics.startWindow();
        assertThat(metrics.window().get("click")).doesNotContainKeys("gauc", "pnr");
        record(metrics, second);
        double[][] ofSecond = slowPairs(second);
        for (int task = 0; task < 2; task++) {
            double right = ofFirst[task][0] + ofSecond[task][0];
            double wrong = ofFirst[task][1] + ofSecond[task][1];
            assertThat(value(metrics.lifetime(), TASKS.get(task).name(), "pnr")).isCloseTo(right / wrong, within(1e-9));
        }
    }

    /** {@code [task]}: right, wrong, sum of weight times AUC, sum of weights. */
    private static double[][] slowPairs(List<Scored> scored) {
        double[][] sums = new double[2][4];
        for (int task = 0; task < 2; task++) {
            Map<String, List<Scored>> byUser = new TreeMap<>();
            for (Scored one : scored) {
                if (one.task() == task) {
                    byUser.computeIfAbsent(one.example().userId(), user -> new ArrayList<>())
                            .add(one);
                }
            }
            for (List<Scored> ofUser : byUser.values()) {
                double right = 0;
                double wrong = 0;
                double tied = 0;
                double weight = 0;
                for (Scored a : ofUser) {
                    weight += a.weight();
                    for (Scored b : ofUser) {
                        double pair = (double) a.weight() * b.weight();
                        if (a.label() > b.label()) {
                            right += a.prediction() > b.prediction() ? pair : 0;
                            wrong += a.prediction() < b.prediction() ? pair : 0;
                            tied += a.prediction() == b.prediction() ? pair : 0;
                        }
                    }
                }
                if (right + wrong + tied > 0) {
                    sums[task][0] += right;
                    sums[task][1] += wrong;
                    sums[task][2] += weight * (right + tied / 2) / (right + wrong + tied);
                    sums[task][3] += weight;
                }
            }
        }
        return sums;
    }

    @Test
    void moreLabelsThanAreHeldLeaveAFairSampleOfWholeUsers() {
        UserPairs pairs = new UserPairs();
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 4 * UserPairs.MOST_LABELS; i++) {
            float prediction = (float) random.nextDouble();
            long user = freshet.model.math.Ids.hash("u" + random.nextInt(20_000));
            pairs.record(user, prediction, random.nextDouble() < prediction ? 1 : 0, 1);
        }
        SortedMap<String, Double> values = new TreeMap<>();
        pairs.putWindow(values);
        // Of a uniform prediction p that is right with probability p: P(positive above negative) = 5/6.
        assertThat(values.get("gauc")).isCloseTo(5.0 / 6, within(0.01));
    }

    @Test
    void aGroupHasTheMetricsOfItsExamplesAlone() {
        List<Scored> scored = scored(4, 400);
        ProgressiveValidation metrics = new ProgressiveValidation(TASKS, ALL);
        record(metrics, scored);
        for (CohortSpec cohort : ALL.cohorts()) {
            double counted = 0;
            for (int group = 0; group < cohort.groups().size(); group++) {
                int index = group;
                ProgressiveValidation alone = new ProgressiveValidation(TASKS, MetricsSpec.BASIC);
                record(
                        alone,
                        scored.stream()
                                .filter(one -> cohort.group(one.example().features()) == index)
                                .toList());
                for (String metric : List.of("count", "auc", "ne", "calibration")) {
                    Double expected = clicks(alone).get(metric);
                    Double found = clicks(metrics).get(MetricsSpec.cohortMetric(metric, cohort, group));
                    if (expected == null) {
                        assertThat(found).isNull();
                    } else {
                        assertThat(found).as(metric).isCloseTo(expected, within(1e-3));
                    }
                }
                counted += value(alone.window(), "click", "count");
            }
            assertThat(counted).isEqualTo(value(metrics.window(), "click", "count"));
        }
        assertThat(ALL.cohorts().get(0).groups()).containsExactly("phone", "other", "missing");
        assertThat(ALL.cohorts().get(1).groups()).hasSize(3);
        assertThat(metrics.window().get("watch")).containsKey("mse@length=short");
    }

    /** Of many samples of one truth, the intervals of 95 % hold it in about 95 %. */
    @Test
    void intervalsHoldTheTruthAsOftenAsTheySay() {
        MetricsSpec intervals = new MetricsSpec(true, false, List.of());
        SplittableRandom random = new SplittableRandom(17);
        double truthAuc = 0;
        double truthLoss = 0;
        int runs = 250;
        double[][] found = new double[runs][6];
        for (int run = 0; run < runs; run++) {
            TaskMetrics metrics = new TaskMetrics(TASKS.get(0).loss(), intervals.intervals(), ScoreHistogram.COARSE);
            for (int i = 0; i < 600; i++) {
                double logit = -1 + random.nextGaussian();
                float prediction = (float) (1 / (1 + Math.exp(-logit)));
                float weight = random.nextInt(3) == 0 ? 3 : 1;
                metrics.record(prediction, random.nextDouble() < prediction ? 1 : 0, weight);
            }
            SortedMap<String, Double> values = metrics.values();
            String[] names = {"auc", "auc_ci", "log_loss", "log_loss_ci", "calibration", "calibration_ci"};
            for (int i = 0; i < names.length; i++) {
                found[run][i] = values.getOrDefault(names[i], Double.NaN);
            }
            truthAuc += found[run][0] / runs;
            truthLoss += found[run][2] / runs;
            assertThat(values.get("ess")).isBetween(380.0, 480.0); // 600 (5/3)² / (11/3)
        }
        double[] truth = {truthAuc, truthLoss, 1};
        for (int metric = 0; metric < 3; metric++) {
            int held = 0;
            for (double[] run : found) {
                held += Math.abs(run[2 * metric] - truth[metric]) <= run[2 * metric + 1] ? 1 : 0;
            }
            assertThat((double) held / runs).as("metric %d", metric).isBetween(0.90, 0.99);
        }
    }

    @Test
    void restoredMetricsGoOnToTheBitAndChangedOnesBeginAnew() {
        ProgressiveValidation original = new ProgressiveValidation(TASKS, ALL);
        record(original, scored(5, 200));
        original.startWindow();
        record(original, scored(6, 100));
        ProgressiveValidation restored = new ProgressiveValidation(TASKS, ALL);
        restored.restore(original.save());
        record(original, scored(7, 100));
        record(restored, scored(7, 100));
        assertThat(restored.window()).isEqualTo(original.window());
        assertThat(restored.lifetime()).isEqualTo(original.lifetime());
        assertThat(restored.save()).isEqualTo(original.save());

        ProgressiveValidation changed = new ProgressiveValidation(
                TASKS, new MetricsSpec(true, true, ALL.cohorts().subList(0, 1)));
        changed.restore(original.save());
        assertThat(value(changed.window(), "click", "count")).isEqualTo(value(original.window(), "click", "count"));
        assertThat(changed.window().get("click")).doesNotContainKey("gauc");
    }

    @Test
    void mistakesAreNamedWithTheirPlace() {
        ConfigNode node = ModelFixtures.node("""
                {cohorts: [{name: 'a', id: 'devise', values: ['x']},
                           {name: 'b', id: 'device'},
                           {name: 'c', number: 'age', edges: [2, 1]},
                           {name: 'd', number: 'age', edges: [1], groups: ['one']},
                           {name: 'e'},
                           {name: 'd', number: 'age', edges: [1]}]}
                """);
        MetricsSpec.read(node, ModelFixtures.SCHEMA);
        assertThatThrownBy(node::check)
                .isInstanceOfSatisfying(
                        ConfigException.class,
                        e -> assertThat(String.join("\n", e.problems()))
                                .contains(
                                        "cohorts[0].id: found 'devise', expected an id feature",
                                        "cohorts[1].values: found none",
                                        "cohorts[2].edges: found [2, 1], expected ascending numbers",
                                        "cohorts[3].groups: found 1 names, expected 2",
                                        "cohorts[4].id: found both or none of id and number",
                                        "cohorts[5].name: found 'd' a second time"));
    }
}

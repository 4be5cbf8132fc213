package freshet.model.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import freshet.model.ModelFixtures;
import freshet.model.learn.Learner;
import freshet.model.snapshot.GoldenRows;
import freshet.model.snapshot.SnapshotFixtures;
import freshet.model.snapshot.SnapshotModel;
import freshet.serde.example.FeatureValues;
import freshet.serde.example.LabeledExample;
import freshet.serde.snapshot.BadSnapshotException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RankerTest {

    static LongStream seeds() {
        return LongStream.range(0, 40);
    }

    private static void assertAgree(float[] found, float[] expected) {
        for (int i = 0; i < expected.length; i++) {
            assertThat(GoldenRows.agree(found[i], expected[i]))
                    .as("prediction %d: %s against %s", i, found[i], expected[i])
                    .isTrue();
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void ranksAsTheLearnerPredicts(long seed) throws Exception {
        Learner learner = SnapshotFixtures.learner(SnapshotFixtures.randomSpec(seed), seed, 20);
        int tasks = learner.spec().taskCount();
        try (Ranker ranker = new Ranker(SnapshotFixtures.snapshot(learner, 0))) {
            for (int count : new int[] {1, 7, 60, 7, 3}) {
                List<LabeledExample> examples = ModelFixtures.examples(seed + count, count);
                float[] expected = new float[count * tasks];
                float[] found = new float[count * tasks];
                learner.score(examples, expected);
                ranker.score(examples.stream().map(LabeledExample::features).toList(), found);
                assertAgree(found, expected);
            }
            ranker.score(List.of(), new float[0]);
        }
    }

    /** Arrays that candidates share are looked up once; nothing may come of it but time. */
    @ParameterizedTest
    @MethodSource("seeds")
    void sharedArraysOfIdsScoreAsCopiesOfThem(long seed) throws Exception {
        Learner learner = SnapshotFixtures.learner(SnapshotFixtures.randomSpec(seed), seed, 20);
        SplittableRandom random = new SplittableRandom(seed);
        try (Ranker ranker = new Ranker(SnapshotFixtures.snapshot(learner, 0))) {
            for (int count : new int[] {5, 100, 33}) {
                List<FeatureValues> shared = new ArrayList<>();
                List<FeatureValues> copies = new ArrayList<>();
                for (FeatureValues each : SnapshotFixtures.features(seed + count, count)) {
                    String[][] ids = each.ids().clone();
                    for (int slot = 0; slot < ids.length && !shared.isEmpty(); slot++) {
                        if (random.nextInt(3) > 0) {
                            ids[slot] = shared.get(shared.size() - 1).ids()[slot];
                        }
                    }
                    shared.add(new FeatureValues(ids, each.numbers()));
                    String[][] copy = Arrays.stream(ids).map(String[]::clone).toArray(String[][]::new);
                    copies.add(new FeatureValues(copy, each.numbers()));
                }
                int tasks = ranker.spec().taskCount();
                float[] found = new float[count * tasks];
                float[] expected = new float[count * tasks];
                ranker.score(shared, found);
                ranker.score(copies, expected);
                assertThat(found).isEqualTo(expected);
            }
        }
    }

    @Test
    void aCandidateThatIsNotFiniteIsNaNAndSpoilsNoOther() throws Exception {
        try (Ranker ranker = new Ranker(SnapshotFixtures.snapshot(2))) {
            List<FeatureValues> candidates = new ArrayList<>(SnapshotFixtures.features(3, 4));
            float[] expected = new float[12];
            ranker.score(candidates, expected);
            candidates.set(1, new FeatureValues(candidates.get(1).ids(), new float[] {Float.NaN, 0}));
            float[] found = new float[12];
            ranker.score(candidates, found);
            Arrays.fill(expected, 3, 6, Float.NaN);
            assertThat(found).isEqualTo(expected);
        }
    }

    @Test
    void aModelThatDoesNotReproduceItsGoldenRowsIsRefused() throws Exception {
        SnapshotModel model = SnapshotModel.of(SnapshotFixtures.snapshot(1));
        GoldenRows.Row row = model.golden().get(0);
        float[] wrong = row.predictions().clone();
        wrong[1] += 3e-5f;
        SnapshotModel other = new SnapshotModel(
                model.manifest(),
                model.asOfMillis(),
                model.file(),
                model.tensors(),
                model.tables(),
                model.network(),
                List.of(new GoldenRows.Row(row.input(), row.x(), row.bias(), wrong)));
        assertThatThrownBy(() -> new Ranker(other))
                .isInstanceOf(BadSnapshotException.class)
                .hasMessageContaining("golden row 0, task like");
    }

    @Test
    void closedItRefusesAndClosingAgainDoesNothing() throws Exception {
        Ranker ranker = new Ranker(SnapshotFixtures.snapshot(1));
        ranker.close();
        ranker.close();
        assertThatThrownBy(() -> ranker.score(SnapshotFixtures.features(1, 1), new float[3]))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("closed");
    }

    /** Rankers are swapped and closed under threads that score: every answer is the whole answer of one of the models. */
    @Test
    void swapsUnderLoadWithoutAnErrorOrAMix() throws Exception {
        int hours = 12;
        int threads = 3;
        List<FeatureValues> candidates = SnapshotFixtures.features(42, 20);
        List<Ranker> rankers = new ArrayList<>();
        List<float[]> expected = new ArrayList<>();
        for (int hour = 0; hour < hours; hour++) {
            Ranker ranker = new Ranker(SnapshotFixtures.snapshot(hour));
            rankers.add(ranker);
            float[] predictions = new float[60];
            ranker.score(candidates, predictions);
            expected.add(predictions);
        }
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        AtomicBoolean done = new AtomicBoolean();
        CountDownLatch scoring = new CountDownLatch(threads);
        try (LiveRanker live = new LiveRanker()) {
            live.swap(rankers.get(0));
            Callable<Integer> load = () -> {
                int calls = 0;
                int newest = 0;
                while (!done.get()) {
                    float[] found = new float[60];
                    int hour = rankers.indexOf(live.score(candidates, found));
                    assertThat(found).isEqualTo(expected.get(hour));
                    assertThat(hour).isGreaterThanOrEqualTo(newest);
                    newest = hour;
                    calls++;
                    scoring.countDown();
                }
                return calls;
            };
            List<Future<Integer>> loads = new ArrayList<>();
            for (int thread = 0; thread < threads; thread++) {
                loads.add(pool.submit(load));
            }
            scoring.await();
            for (Ranker next : rankers.subList(1, hours)) {
                live.swap(next);
                Thread.yield();
            }
            done.set(true);
            for (Future<Integer> each : loads) {
                assertThat(each.get()).isPositive();
            }
            assertThat(live.manifest().orElseThrow().version()).isEqualTo(SnapshotFixtures.version(hours - 1));
        } finally {
            done.set(true);
            pool.shutdownNow();
        }
        assertThatThrownBy(() -> rankers.get(hours - 1).score(candidates, new float[60]))
                .hasMessageContaining("closed");
    }

    @Test
    void beforeTheFirstSnapshotThereIsNothingToScoreWith() {
        try (LiveRanker live = new LiveRanker()) {
            assertThatThrownBy(() -> live.score(SnapshotFixtures.features(1, 1), new float[3]))
                    .hasMessageContaining("no snapshot has been loaded yet");
        }
    }

    @Test
    void fusesTheTasksIntoOneScore() {
        float[] predictions = {0.5f, 0.1f, 2f, 0.2f, 0.4f, 1f};
        double[] scores = new double[2];
        var product = new FusedScore(
                FusedScore.Kind.PRODUCT,
                List.of(new FusedScore.Term("click", 0, 1, 2), new FusedScore.Term("watch", 1, 0.5, 1)));
        product.fuse(ModelFixtures.spec(ModelFixtures.FULL), predictions, scores);
        assertThat(scores[0]).isEqualTo(0.5 * 0.5 * 2, within(1e-9));
        assertThat(scores[1]).isEqualTo((double) 0.2f * 0.2f * 1.5, within(1e-9));
        var sum = new FusedScore(
                FusedScore.Kind.WEIGHTED_SUM,
                List.of(new FusedScore.Term("like", 0, 10, 1), new FusedScore.Term("watch", 0, 1, 2)));
        sum.fuse(ModelFixtures.spec(ModelFixtures.FULL), predictions, scores);
        assertThat(scores[0]).isEqualTo(10 * (double) 0.1f + 4, within(1e-9));
        var unknown = new FusedScore(FusedScore.Kind.PRODUCT, List.of(new FusedScore.Term("share", 0, 1, 1)));
        assertThatThrownBy(() -> unknown.fuse(ModelFixtures.spec(ModelFixtures.FULL), predictions, scores))
                .hasMessageContaining("share");
    }
}

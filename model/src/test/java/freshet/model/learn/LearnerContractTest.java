package freshet.model.learn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import freshet.model.ModelFixtures;
import freshet.model.layer.FiniteDifferences;
import freshet.model.layer.ParameterLayout;
import freshet.model.spec.ModelSpec;
import freshet.model.table.HeapRowStore;
import freshet.model.table.InitialValues;
import freshet.model.table.RowChanges;
import freshet.model.table.RowSource;
import freshet.model.table.TableStatus;
import freshet.serde.example.FeatureValues;
import freshet.serde.example.LabeledExample;
import freshet.serde.example.TaskLabel;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What every learner must keep, whatever it is made of. */
class LearnerContractTest {
    private static final int TASKS = 3;
    private static final long HOUR = 3_600_000;

    static List<ModelSpec> models() {
        return List.of(
                ModelFixtures.spec(ModelFixtures.FULL),
                ModelFixtures.spec(ModelFixtures.PLAIN),
                ModelFixtures.spec(ModelFixtures.PLAIN, ModelFixtures.CALIBRATED_TASKS),
                ModelFixtures.spec(ModelFixtures.FULL, ModelFixtures.LINKED_TASKS),
                ModelFixtures.spec(ModelFixtures.SEPARATE),
                ModelFixtures.spec(ModelFixtures.SEPARATE, ModelFixtures.LINKED_TASKS),
                ModelFixtures.spec(ModelFixtures.PLAIN.replace(
                        "batch: 8",
                        "batch: 8, balance: {kind: 'pareto', lower_bounds: {click: 0.2}},"
                                + " optimizer: {clip_update: 0.01}")),
                ModelFixtures.spec(ModelFixtures.MORTAL),
                ModelFixtures.spec(ModelFixtures.WEIGHTED),
                ModelFixtures.spec(ModelFixtures.PLAIN.replace(
                        "batch: 8",
                        "batch: 8, watch_weights: {tasks: ['click'], watch: 'watch', duration: 'duration',"
                                + " duration_buckets: 2, watch_buckets: 3, window: '40s', slices: 20}")),
                ModelFixtures.spec(
                        ModelFixtures.PLAIN.replace(
                                "batch: 8",
                                "batch: 8, numbers: ['age'], quantiles: {numbers: ['duration', 'age'], intervals: 4, window: 40}")),
                ModelFixtures.spec("{bottom: [], tower: []}"));
    }

    /** Every model, with so many rows of a table in memory at most; 0: all. */
    static List<Arguments> modelsAndCaches() {
        List<Arguments> all = new ArrayList<>();
        for (ModelSpec spec : models()) {
            for (int cachedRows : new int[] {0, 1, 5}) {
                all.add(Arguments.of(spec, cachedRows));
            }
        }
        return all;
    }

    @ParameterizedTest
    @MethodSource("modelsAndCaches")
    void savedAndRestoredItGoesOnToTheBit(ModelSpec spec, int cachedRows) throws IOException {
        Learner inOneGo = new Learner(spec);
        inOneGo.trackChanges();
        Saved saved = new Saved(spec, cachedRows);
        Learner stopped = saved.newLearner();
        for (int b = 0; b < 24; b++) {
            List<LabeledExample> batch = ModelFixtures.examples(b, 8);
            if (b % 3 == 2) {
                saved.takeFrom(stopped);
                stopped.step(ModelFixtures.examples(99, 8), predictions(8)); // lost: it comes after the save
                stopped = saved.restore();
            }
            inOneGo.advance(b * HOUR / 2);
            stopped.advance(b * HOUR / 2);
            float[] expected = predictions(8);
            float[] found = predictions(8);
            assertThat(inOneGo.step(batch, expected)).isEqualTo(Learner.Outcome.LEARNT);
            assertThat(stopped.step(batch, found)).isEqualTo(Learner.Outcome.LEARNT);
            assertThat(found).as("batch %d", b).isEqualTo(expected);
            if (b % 5 == 4) {
                assertThat(changes(stopped)).as("changes after batch %d", b).isEqualTo(changes(inOneGo));
            }
        }
        assertSameState(stopped, inOneGo);
        for (int table = 0; table < inOneGo.tableCount(); table++) {
            TableStatus status = stopped.tableStatus(table);
            assertThat(cachedRows == 0 || status.inMemory() <= cachedRows)
                    .as("%s", status)
                    .isTrue();
            TableStatus expected = inOneGo.tableStatus(table);
            assertThat(List.of(status.admitted(), status.refused(), status.expired(), status.evicted()))
                    .isEqualTo(
                            List.of(expected.admitted(), expected.refused(), expected.expired(), expected.evicted()));
        }
    }

    /** What was touched and removed since the last call, with the weights. */
    private static List<String> changes(Learner learner) {
        List<String> changes = new ArrayList<>();
        for (int table = 0; table < learner.tableCount(); table++) {
            String name = learner.tableName(table);
            int width = learner.spec().tables().get(table).width();
            learner.takeChanges(table).forEach(width, new RowChanges() {
                @Override
                public void touched(long id, float[] weights) {
                    changes.add(name + " " + id + " " + Arrays.toString(weights));
                }

                @Override
                public void removed(long id) {
                    changes.add(name + " " + id + " gone");
                }
            });
        }
        return changes;
    }

    @Test
    void theMortalModelLosesRowsInEveryWayThereIs() {
        Learner learner = learnt(ModelFixtures.spec(ModelFixtures.MORTAL), 30);
        TableStatus total = TableStatus.EMPTY;
        for (int table = 0; table < learner.tableCount(); table++) {
            total = total.plus(learner.tableStatus(table));
        }
        assertThat(total.refused()).isPositive();
        assertThat(total.expired()).isPositive();
        assertThat(total.evicted()).isPositive();
        assertThat(total.rows()).isEqualTo(total.admitted() - total.expired() - total.evicted());
    }

    @ParameterizedTest
    @MethodSource("models")
    void aStepScoresBeforeItLearns(ModelSpec spec) {
        Learner learner = new Learner(spec);
        for (int b = 0; b < 5; b++) {
            List<LabeledExample> batch = ModelFixtures.examples(b, 7);
            float[] scored = predictions(7);
            float[] stepped = predictions(7);
            learner.score(batch, scored);
            learner.step(batch, stepped);
            assertThat(stepped).isEqualTo(scored);
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void scoringChangesNothing(ModelSpec spec) {
        Learner learner = learnt(spec, 3);
        Learner other = learnt(spec, 3);
        learner.score(ModelFixtures.examples(99, 50), predictions(50));
        assertSameState(learner, other);
        learner.step(ModelFixtures.examples(4, 8), predictions(8));
        other.step(ModelFixtures.examples(4, 8), predictions(8));
        assertSameState(learner, other);
    }

    @ParameterizedTest
    @MethodSource("models")
    void aScoreDoesNotDependOnItsNeighbours(ModelSpec spec) {
        Learner learner = learnt(spec, 5);
        List<LabeledExample> examples = ModelFixtures.examples(50, 40);
        float[] together = predictions(40);
        learner.score(examples, together);
        for (int i = 0; i < 40; i++) {
            float[] alone = predictions(1);
            learner.score(examples.subList(i, i + 1), alone);
            assertThat(alone).isEqualTo(Arrays.copyOfRange(together, i * TASKS, (i + 1) * TASKS));
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void aScorerOverTheExportedTensorsAndRowsAgreesToTheBit(ModelSpec spec) {
        Learner learner = learnt(spec, 6);
        List<RowSource> tables = new ArrayList<>();
        for (int table = 0; table < learner.tableCount(); table++) {
            tables.add(exported(learner, table));
        }
        Scorer scorer = new Scorer(spec, learner.denseTensors(), tables);
        List<LabeledExample> examples = ModelFixtures.examples(77, 30); // with ids that were never learnt
        float[] expected = predictions(30);
        learner.score(examples, expected);
        float[] found = predictions(30);
        scorer.score(examples.stream().map(LabeledExample::features).toList(), found);
        assertThat(found).isEqualTo(expected);
    }

    @ParameterizedTest
    @MethodSource("models")
    void anExampleThatIsNotFiniteOrHugeCostsItselfAlone(ModelSpec spec) {
        List<LabeledExample> good = ModelFixtures.examples(5, 8);
        List<LabeledExample> bad = List.of(
                withNumbers(good.get(4), Float.NaN, 1),
                withNumbers(good.get(4), Float.POSITIVE_INFINITY, 1),
                withNumbers(good.get(4), Float.MAX_VALUE, 1),
                withNumbers(good.get(4), 1, -1.1e6f),
                withLabel(good.get(4), new TaskLabel("watch", Float.NaN, 1)),
                withLabel(good.get(4), new TaskLabel("watch", 1e30f, 1)),
                withLabel(good.get(4), new TaskLabel("click", 1, Float.NaN)),
                withLabel(good.get(4), new TaskLabel("click", 1, 1e20f)));
        List<LabeledExample> rest = new ArrayList<>(good);
        rest.remove(4);
        for (LabeledExample example : bad) {
            Learner learner = learnt(spec, 3);
            Learner withoutIt = learnt(spec, 3);
            List<LabeledExample> batch = new ArrayList<>(good);
            batch.set(4, example);
            float[] expected = predictions(8);
            learner.score(good, expected);
            Arrays.fill(expected, 4 * TASKS, 5 * TASKS, Float.NaN);
            float[] predictions = predictions(8);
            assertThat(learner.step(batch, predictions)).isEqualTo(Learner.Outcome.LEARNT);
            assertThat(predictions).isEqualTo(expected);
            assertThat(learner.lastLearnt()).isEqualTo(7);
            assertThat(learner.refusedExamples()).isEqualTo(1);
            withoutIt.step(rest, predictions(7));
            assertSameRows(learner, withoutIt);
            assertSameTensors(learner, withoutIt);
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void aBatchOfNothingElseIsRefusedAndLeavesNoTrace(ModelSpec spec) {
        Learner learner = learnt(spec, 3);
        Learner untouched = learnt(spec, 3);
        List<LabeledExample> batch = ModelFixtures.examples(5, 8).stream()
                .map(example -> withNumbers(example, Float.NaN, 0))
                .toList();
        float[] predictions = predictions(8);
        assertThat(learner.step(batch, predictions)).isEqualTo(Learner.Outcome.REFUSED_INPUT);
        assertThat(predictions).containsOnly(Float.NaN);
        assertThat(learner.refusedExamples()).isEqualTo(8);
        assertThat(learner.lastLearnt()).isZero();
        assertThat(learner.steps()).isEqualTo(3);
        assertSameRows(learner, untouched);
        assertSameTensors(learner, untouched);
    }

    /** Where bounds are wide, what overflows on the way to the logits still costs itself alone. */
    @Test
    void anExampleWhoseLogitsAreNotFiniteCostsItselfAlone() {
        ModelSpec spec = ModelFixtures.spec(ModelFixtures.FULL.replace("seed: 7", "seed: 7, max_number: 1e30"));
        Learner learner = learnt(spec, 3);
        Learner withoutThem = learnt(spec, 3);
        List<LabeledExample> good = ModelFixtures.examples(5, 8);
        List<LabeledExample> batch = new ArrayList<>(good);
        batch.set(2, withNumbers(batch.get(2), 1e30f, 1e30f)); // a cross layer makes squares of them
        batch.set(5, withNumbers(batch.get(5), 1e30f, -1e30f));
        List<LabeledExample> rest = new ArrayList<>(good);
        rest.remove(5);
        rest.remove(2);
        assertThat(learner.step(batch, predictions(8))).isEqualTo(Learner.Outcome.LEARNT);
        assertThat(learner.refusedExamples()).isEqualTo(2);
        withoutThem.step(rest, predictions(6));
        assertSameRows(learner, withoutThem);
        assertSameTensors(learner, withoutThem);
    }

    @ParameterizedTest
    @MethodSource("models")
    void aTaskThatNoExampleCarriesStandsStill(ModelSpec spec) {
        Learner learner = new Learner(spec);
        List<LabeledExample> batch = ModelFixtures.examples(1, 8).stream()
                .map(example -> withLabel(example, new TaskLabel("click", 1, 1)))
                .toList();
        learner.step(batch, predictions(8));
        for (ParameterLayout.Entry entry : learner.layout().entries()) {
            if (entry.task() > 0) {
                float[] gradient =
                        Arrays.copyOfRange(learner.gradients(), entry.offset(), entry.offset() + entry.size());
                assertThat(gradient).as(entry.name()).containsOnly(0f);
            }
        }
    }

    @Test
    void batchesOfEverySizeShareOneLearner() {
        ModelSpec spec = ModelFixtures.spec(ModelFixtures.FULL);
        Learner warmed = new Learner(spec);
        warmed.score(ModelFixtures.examples(3, 300), predictions(300)); // larger buffers, stale values in them
        Learner fresh = new Learner(spec);
        for (int size : new int[] {1, 8, 3, 64, 2}) {
            List<LabeledExample> batch = ModelFixtures.examples(size, size);
            float[] a = predictions(size);
            float[] b = predictions(size);
            warmed.step(batch, a);
            fresh.step(batch, b);
            assertThat(a).isEqualTo(b);
        }
        assertSameState(warmed, fresh);
    }

    @Test
    void labelsOfUnknownTasksArePassedOver() {
        ModelSpec spec = ModelFixtures.spec(ModelFixtures.PLAIN);
        Learner learner = new Learner(spec);
        Learner other = new Learner(spec);
        List<LabeledExample> batch = ModelFixtures.examples(1, 8);
        List<LabeledExample> more = new ArrayList<>();
        for (LabeledExample example : batch) {
            List<TaskLabel> labels = new ArrayList<>(example.labels());
            labels.add(new TaskLabel("follow", 1, 1));
            more.add(ModelFixtures.example(
                    example.impressionId(),
                    example.decidedTimeMillis(),
                    example.features().ids(),
                    example.features().numbers(),
                    labels));
        }
        learner.step(batch, predictions(8));
        other.step(more, predictions(8));
        assertSameState(learner, other);
    }

    @Test
    void examplesOfAnotherConfigurationAreRefused() {
        Learner learner = new Learner(ModelFixtures.spec(ModelFixtures.PLAIN));
        LabeledExample other = ModelFixtures.example(
                "i", 1000, new String[][] {{"u"}, {"v"}}, new float[0], List.of(new TaskLabel("click", 1, 1)));
        assertThatThrownBy(() -> learner.step(List.of(other), predictions(1)))
                .hasMessageContaining("found 2 id features and 0 numbers, expected 6 and 2");
    }

    @Test
    void savesOfAnotherModelAreRefused() {
        Learner plain = new Learner(ModelFixtures.spec(ModelFixtures.PLAIN));
        Learner full = new Learner(ModelFixtures.spec(ModelFixtures.FULL));
        assertThatThrownBy(() -> plain.restoreDense(full.saveDense())).hasMessageContaining("another model");
        byte[] saved = plain.saveDense();
        assertThatThrownBy(() -> plain.restoreDense(Arrays.copyOf(saved, saved.length - 1)))
                .hasMessageContaining("found " + (saved.length - 1) + " bytes");
    }

    /** The gradient of embedding, wide and shallow rows: what Adagrad without past makes of it says size and sign. */
    @Test
    void rowsMoveAgainstTheGradientOfTheLoss() throws IOException {
        ModelSpec spec = ModelFixtures.spec(ModelFixtures.FULL.replace(
                "clip_norm: 2",
                "clip_norm: 0, sparse: {learning_rate: 1, initial_accumulator: 0},"
                        + " wide: {learning_rate: 1, initial_accumulator: 0},"
                        + " shallow: {learning_rate: 1, initial_accumulator: 0}"));
        List<LabeledExample> batch = ModelFixtures.examples(2, 6);
        Saved start = new Saved(spec, 0);
        Learner first = start.newLearner();
        for (int b = 0; b < 4; b++) {
            first.step(ModelFixtures.examples(b, 8), predictions(8));
        }
        start.takeFrom(first);
        Saved end = start.copy();
        Learner learner = end.restore();
        learner.step(batch, predictions(6));
        end.takeFrom(learner);
        for (int table = 0; table < spec.tables().size(); table++) {
            if (spec.tables().get(table).slots() == 0) {
                continue;
            }
            int width = spec.tables().get(table).width();
            Map<Long, float[]> before = start.stores.get(table).rows();
            Map<Long, float[]> after = end.stores.get(table).rows();
            int tableIndex = table;
            before.forEach((id, row) -> {
                float[] moved = after.getOrDefault(id, row);
                float[] gradient = new float[row.length];
                for (int i = 0; i < width; i++) {
                    double squared = (double) moved[width + i] - row[width + i];
                    gradient[i] = (float) (Math.sqrt(Math.max(0, squared)) / 6 * Math.signum(row[i] - moved[i]));
                }
                FiniteDifferences.check(
                        spec.tables().get(tableIndex).name(),
                        () -> {
                            Learner again = start.restored();
                            again.step(batch, predictions(6));
                            return again.lastLoss();
                        },
                        row,
                        0,
                        width,
                        gradient);
            });
        }
    }

    private static Learner learnt(ModelSpec spec, int batches) {
        Learner learner = new Learner(spec);
        for (int b = 0; b < batches; b++) {
            learner.advance(b * HOUR / 2);
            learner.step(ModelFixtures.examples(b, 8), predictions(8));
        }
        return learner;
    }

    private static float[] predictions(int examples) {
        return new float[examples * TASKS];
    }

    private static LabeledExample withNumbers(LabeledExample example, float... numbers) {
        FeatureValues features = example.features();
        return ModelFixtures.example(
                example.impressionId(), example.decidedTimeMillis(), features.ids(), numbers, example.labels());
    }

    private static LabeledExample withLabel(LabeledExample example, TaskLabel label) {
        FeatureValues features = example.features();
        return ModelFixtures.example(
                example.impressionId(),
                example.decidedTimeMillis(),
                features.ids(),
                features.numbers(),
                List.of(label));
    }

    /** The weights of a table, read only through what a snapshot is written from. */
    private static RowSource exported(Learner learner, int table) {
        ModelSpec spec = learner.spec();
        Map<Long, float[]> rows = new TreeMap<>();
        learner.forEachRow(table, (id, row) -> rows.put(id, row.clone()));
        InitialValues initial = new InitialValues(spec.seed(), spec.tables().get(table));
        return (id, into, offset) -> {
            float[] row = rows.get(id);
            if (row == null) {
                initial.fill(id, into, offset);
                return RowSource.NONE;
            }
            System.arraycopy(row, 0, into, offset, row.length);
            return 0;
        };
    }

    private static void assertSameState(Learner found, Learner expected) {
        assertThat(found.saveDense()).isEqualTo(expected.saveDense());
        assertSameRows(found, expected);
    }

    private static void assertSameTensors(Learner found, Learner expected) {
        for (int i = 0; i < expected.denseTensors().size(); i++) {
            assertThat(found.denseTensors().get(i).values())
                    .isEqualTo(expected.denseTensors().get(i).values());
        }
    }

    private static void assertSameRows(Learner found, Learner expected) {
        for (int table = 0; table < expected.tableCount(); table++) {
            Map<Long, float[]> rows = new TreeMap<>();
            expected.forEachRow(table, (id, row) -> rows.put(id, row.clone()));
            assertThat(found.rowCount(table)).isEqualTo(rows.size());
            found.forEachRow(table, (id, row) -> assertThat(row).isEqualTo(rows.get(id)));
        }
    }

    /** A checkpoint: the dense bytes, those of the tables, and what the stores held. */
    private static final class Saved {
        private final ModelSpec spec;
        private final int cachedRows;
        /** What learners write to; a checkpoint is a copy. */
        private List<HeapRowStore> live = new ArrayList<>();

        private List<HeapRowStore> stores = new ArrayList<>();
        private byte[] dense = new byte[0];
        private byte[] tables = new byte[0];

        Saved(ModelSpec spec, int cachedRows) {
            this.spec = spec;
            this.cachedRows = cachedRows;
            spec.tables().forEach(table -> live.add(new HeapRowStore()));
        }

        Learner newLearner() {
            Learner learner = new Learner(spec, live::get, cachedRows);
            learner.trackChanges();
            return learner;
        }

        Saved copy() {
            Saved copy = new Saved(spec, cachedRows);
            copy.dense = dense;
            copy.tables = tables;
            copy.stores = stores;
            return copy;
        }

        void takeFrom(Learner learner) throws IOException {
            dense = learner.saveDense();
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            learner.saveTables(new DataOutputStream(bytes));
            tables = bytes.toByteArray();
            stores = copies(live);
        }

        Learner restore() throws IOException {
            live = copies(stores);
            Learner learner = newLearner();
            learner.restoreDense(dense);
            learner.restoreTables(new DataInputStream(new ByteArrayInputStream(tables)));
            return learner;
        }

        /** For where it cannot fail. */
        Learner restored() {
            try {
                return restore();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private static List<HeapRowStore> copies(List<HeapRowStore> stores) {
            return stores.stream().map(HeapRowStore::copy).toList();
        }
    }
}

package freshet.model.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import freshet.model.ModelFixtures;
import freshet.model.learn.Learner;
import freshet.model.spec.ModelSpec;
import freshet.model.table.HeapRowStore;
import freshet.serde.example.LabeledExample;
import freshet.serde.snapshot.BadSnapshotException;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A learner that goes back is the snapshot, and learns on from there. */
class RollBackTest {
    private static final int BATCH = 8;
    private static final long HALF_HOUR = 1_800_000;

    static List<Arguments> modelsAndCaches() {
        List<Arguments> all = new ArrayList<>();
        for (String model :
                List.of(ModelFixtures.FULL, ModelFixtures.PLAIN, ModelFixtures.SEPARATE, ModelFixtures.MORTAL)) {
            for (int cachedRows : new int[] {0, 1, 5}) {
                all.add(Arguments.of(ModelFixtures.spec(model, ModelFixtures.CALIBRATED_TASKS), cachedRows));
            }
        }
        return all;
    }

    @ParameterizedTest
    @MethodSource("modelsAndCaches")
    void itScoresAsTheSnapshotAndPublishesAllOfIt(ModelSpec spec, int cachedRows) throws BadSnapshotException {
        List<HeapRowStore> stores = stores(spec);
        Learner learner = new Learner(spec, stores::get, cachedRows);
        Learner plain = new Learner(spec);
        learner.trackChanges();
        learn(learner, 0, 12);
        learn(plain, 0, 12);
        ModelCopy published = ModelCopy.of(learner);
        ModelCopy earlier = ModelCopy.of(published.files());
        ModelChanges.take(learner);
        learn(learner, 12, 24);
        learn(plain, 12, 24);
        published.apply(DeltaFiles.of(learner.spec(), ModelChanges.take(learner)));

        learner.rollBack(earlier.tensors(), earlier.tables());
        plain.rollBack(earlier.tensors(), earlier.tables());

        List<LabeledExample> examples = ModelFixtures.examples(77, BATCH);
        float[] expected = new float[BATCH * spec.taskCount()];
        earlier.newScorer()
                .score(examples.stream().map(LabeledExample::features).toList(), expected);
        float[] found = new float[expected.length];
        learner.score(examples, found);
        assertThat(found).isEqualTo(expected);
        published.apply(DeltaFiles.of(learner.spec(), ModelChanges.take(learner)));
        assertSameFiles(published, earlier);

        learn(learner, 24, 30);
        learn(plain, 24, 30);
        assertThat(learner.saveDense()).isEqualTo(plain.saveDense());
        assertSameFiles(ModelCopy.of(learner), ModelCopy.of(plain));
        published.apply(DeltaFiles.of(learner.spec(), ModelChanges.take(learner)));
        assertSameFiles(published, ModelCopy.of(learner));
    }

    /** Put together by hand: weights of the snapshot, slots of the later rows, second moments of the later parameters. */
    @Test
    void itIsALearnerWithTheWeightsOfTheSnapshotAndTheOptimizerOfLater() throws IOException {
        ModelSpec spec = ModelFixtures.spec(ModelFixtures.FULL);
        List<HeapRowStore> stores = stores(spec);
        Learner learner = new Learner(spec, stores::get, 0);
        learn(learner, 0, 12);
        ModelCopy earlier = ModelCopy.of(learner);
        byte[] earlierDense = learner.saveDense();
        learn(learner, 12, 24);
        learner.saveTables(new DataOutputStream(new ByteArrayOutputStream()));

        Learner reference = new Learner(spec);
        reference.restoreDense(spliced(earlierDense, learner.saveDense()));
        for (int table = 0; table < spec.tables().size(); table++) {
            int of = table;
            int width = spec.tables().get(table).width();
            earlier.forEachRow(table, (id, weights) -> {
                float[] later = Objects.requireNonNull(stores.get(of).rows().get(id));
                float[] row = Arrays.copyOf(later, later.length - 1); // without its hour
                System.arraycopy(weights, 0, row, 0, width);
                reference.putRow(of, id, row);
            });
        }
        learner.rollBack(earlier.tensors(), earlier.tables());
        learn(learner, 24, 34);
        learn(reference, 24, 34);
        assertThat(learner.saveDense()).isEqualTo(reference.saveDense());
        assertSameFiles(ModelCopy.of(learner), ModelCopy.of(reference));
    }

    /** Parameters and rates of one, moments of the other with the first ones at 0; as the layout of the dense state has them. */
    private static byte[] spliced(byte[] earlier, byte[] later) {
        ByteBuffer of = ByteBuffer.wrap(earlier).order(ByteOrder.LITTLE_ENDIAN);
        int parameters = of.getInt(4 + 4);
        int header = 4 + 12 + 24;
        byte[] spliced = later.clone();
        System.arraycopy(earlier, header, spliced, header, 4 * parameters);
        Arrays.fill(spliced, header + 4 * parameters, header + 8 * parameters, (byte) 0);
        System.arraycopy(earlier, header + 12 * parameters, spliced, header + 12 * parameters, 8 * of.getInt(4 + 8));
        return spliced;
    }

    @Test
    void whatIsNotFiniteDoesNotOutliveIt() {
        ModelSpec spec = ModelFixtures.spec(ModelFixtures.SEPARATE);
        Learner learner = new Learner(spec);
        learn(learner, 0, 12);
        ModelCopy earlier = ModelCopy.of(learner);
        for (int table = 0; table < spec.tables().size(); table++) {
            float[] bad = new float[spec.tables().get(table).rowWidth()];
            Arrays.fill(bad, Float.NaN);
            int of = table;
            earlier.forEachRow(table, (id, weights) -> learner.putRow(of, id, bad));
        }
        learner.rollBack(earlier.tensors(), earlier.tables());
        learn(learner, 12, 20);
        ModelCopy.of(learner).files(); // refuses weights that are not finite
    }

    @Test
    void theParametersOfAnotherModelAreRefusedAndNothingChanges() {
        Learner learner = new Learner(ModelFixtures.spec(ModelFixtures.PLAIN));
        learn(learner, 0, 3);
        byte[] before = learner.saveDense();
        ModelCopy other = ModelCopy.of(new Learner(ModelFixtures.spec(ModelFixtures.FULL)));
        assertThatThrownBy(() -> learner.rollBack(other.tensors(), other.tables()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("belong to another model");
        assertThat(learner.saveDense()).isEqualTo(before);
        assertThat(ModelCopy.of(learner).rowCount(0)).isPositive();
    }

    private static List<HeapRowStore> stores(ModelSpec spec) {
        return spec.tables().stream().map(table -> new HeapRowStore()).toList();
    }

    private static void learn(Learner learner, int from, int to) {
        for (int batch = from; batch < to; batch++) {
            learner.advance(batch * HALF_HOUR);
            learner.step(
                    ModelFixtures.examples(batch, BATCH),
                    new float[BATCH * learner.spec().taskCount()]);
        }
    }

    private static void assertSameFiles(ModelCopy found, ModelCopy expected) {
        for (int table = 0; table < expected.spec().tables().size(); table++) {
            assertThat(found.rowCount(table)).isEqualTo(expected.rowCount(table));
        }
        for (int file = 0; file < expected.files().size(); file++) {
            assertThat(found.files().get(file).bytes())
                    .as(expected.files().get(file).name())
                    .isEqualTo(expected.files().get(file).bytes());
        }
    }
}

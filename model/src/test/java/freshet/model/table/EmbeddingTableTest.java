package freshet.model.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import freshet.model.math.Kernels;
import freshet.model.optim.RowOptimizer;
import freshet.model.optim.UpdateMoment;
import freshet.model.spec.OptimizerSpec;
import freshet.model.spec.TableSpec;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class EmbeddingTableTest {
    private static final TableSpec SPEC = new TableSpec("embedding.video", TableSpec.Kind.EMBEDDING, 2, 2, 0.05f);
    private static final RowOptimizer ADAGRAD = RowOptimizer.of(
            new OptimizerSpec.Adagrad(0.1f, 0.1f),
            new float[] {1, 1},
            Kernels.best().elements());
    private static final UpdateMoment MOMENT = new UpdateMoment(1, 1, 1, 0);

    private final EmbeddingTable table = new EmbeddingTable(SPEC, 7, ADAGRAD);

    @Test
    void readingAnUnseenIdGivesItsInitialValuesAndMakesNoRow() {
        float[] weights = new float[3];
        assertThat(table.read(42, weights, 1)).isEqualTo(RowSource.NONE);
        assertThat(table.size()).isZero();
        float[] again = new float[2];
        new EmbeddingTable(SPEC, 7, ADAGRAD).read(42, again, 0);
        assertThat(again).containsExactly(weights[1], weights[2]);
        for (float weight : again) {
            assertThat(weight).isBetween(-0.05f, 0.05f).isNotZero();
        }
        new EmbeddingTable(SPEC, 8, ADAGRAD).read(42, again, 0);
        assertThat(again).as("another seed").doesNotContain(weights[1], weights[2]);
    }

    @Test
    void growsPastEverySlabAndForgetsNoRow() {
        SplittableRandom random = new SplittableRandom(5);
        Map<Long, float[]> expected = new HashMap<>();
        for (int i = 0; i < 10_000; i++) {
            long id = random.nextLong(5000) - 2500;
            float[] weights = {random.nextInt(100), i};
            float[] current = new float[2];
            table.write(id, table.read(id, current, 0), weights, 0);
            expected.put(id, weights);
        }
        assertThat(table.size()).isEqualTo(expected.size());
        List<Long> order = new ArrayList<>();
        table.forEachRow((id, row) -> {
            order.add(id);
            assertThat(row).isEqualTo(expected.get(id));
        });
        assertThat(order).hasSize(expected.size()).isSorted();
    }

    @Test
    void drainsEachTouchedRowOnceAndOnlyThose() {
        for (long id = 0; id < 3000; id++) {
            touch(id);
        }
        touch(5);
        assertThat(drain()).hasSize(3000);
        assertThat(drain()).isEmpty();
        touch(5);
        touch(2999);
        touch(5);
        assertThat(drain()).containsExactly(5L, 2999L);
    }

    @Test
    void changesAreThoseSinceTheLastDrainWhateverWasDrainedAsDirty() {
        table.trackChanges();
        touch(7);
        touch(-3);
        drain();
        touch(5);
        touch(7);
        assertThat(changes(table)).containsExactly(-3L, 5L, 7L);
        assertThat(changes(table)).isEmpty();
        touch(5);
        assertThat(changes(table)).containsExactly(5L);
        assertThat(drain()).as("draining changes leaves what is dirty").containsExactly(5L, 7L);
    }

    @Test
    void changesSurviveARestart() throws IOException {
        table.trackChanges();
        touch(7);
        changes(table);
        touch(9);
        touch(-3);
        ByteArrayOutputStream saved = new ByteArrayOutputStream();
        table.saveState(new DataOutputStream(saved));
        EmbeddingTable restored = new EmbeddingTable(SPEC, 7, ADAGRAD);
        restored.trackChanges();
        restored.restoreState(new DataInputStream(new ByteArrayInputStream(saved.toByteArray())));
        table.drainDirty(restored::restore);
        for (EmbeddingTable each : List.of(table, restored)) {
            each.update(9, each.read(9, new float[2], 0), new float[] {1, 2}, 0, MOMENT);
            each.update(8, each.read(8, new float[2], 0), new float[] {1, 2}, 0, MOMENT);
            assertThat(changes(each)).containsExactly(-3L, 8L, 9L);
        }
    }

    @Test
    void changesThatNobodyAskedToRememberAreRefused() {
        assertThatThrownBy(() -> changes(table)).hasMessageContaining("trackChanges");
    }

    @Test
    void restoredRowsGoOnToTheBit() {
        for (long id = 0; id < 50; id++) {
            touch(id);
        }
        EmbeddingTable restored = new EmbeddingTable(SPEC, 7, ADAGRAD);
        table.drainDirty(restored::restore);
        restored.drainDirty(
                (id, row) -> assertThat(id).as("restoring is not touching").isNull());
        for (EmbeddingTable each : List.of(table, restored)) {
            for (long id = 40; id < 60; id++) {
                each.update(id, each.read(id, new float[2], 0), new float[] {0.5f, -1}, 0, MOMENT);
            }
        }
        Map<Long, float[]> rows = new HashMap<>();
        table.drainDirty((id, row) -> rows.put(id, row.clone()));
        restored.drainDirty((id, row) -> assertThat(row).isEqualTo(rows.remove(id)));
        assertThat(rows).isEmpty();
    }

    @Test
    void refusesRowsOfAnotherModel() {
        assertThatThrownBy(() -> table.restore(1, new float[3]))
                .hasMessageContaining("embedding.video")
                .hasMessageContaining("found 3 floats, expected 4");
    }

    private void touch(long id) {
        table.update(id, table.read(id, new float[2], 0), new float[] {1, 2}, 0, MOMENT);
    }

    /** Ids that were touched, each with the weights that a read gives. */
    private static List<Long> changes(EmbeddingTable of) {
        List<Long> ids = new ArrayList<>();
        of.drainChanges(new RowChanges() {
            @Override
            public void touched(long id, float[] weights) {
                float[] read = new float[2];
                of.read(id, read, 0);
                assertThat(weights).isEqualTo(read);
                ids.add(id);
            }

            @Override
            public void removed(long id) {
                throw new AssertionError("nothing was removed, found " + id);
            }
        });
        return ids;
    }

    private List<Long> drain() {
        List<Long> ids = new ArrayList<>();
        table.drainDirty((id, row) -> ids.add(id));
        return ids;
    }
}

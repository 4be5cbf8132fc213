package freshet.model.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import freshet.model.math.Kernels;
import freshet.model.optim.RowOptimizer;
import freshet.model.optim.UpdateMoment;
import freshet.model.spec.OptimizerSpec;
import freshet.model.spec.RowLife;
import freshet.model.spec.TableSpec;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EmbeddingTableTest {
    private static final long HOUR = 3_600_000;
    private static final TableSpec SPEC = new TableSpec("embedding.video", TableSpec.Kind.EMBEDDING, 2, 2, 0.05f);
    private static final RowOptimizer ADAGRAD = RowOptimizer.of(
            new OptimizerSpec.Adagrad(0.1f, 0.1f),
            new float[] {1, 1},
            Kernels.best().elements());
    private static final UpdateMoment MOMENT = new UpdateMoment(1, 1, 1, 0);

    private final HeapRowStore store = new HeapRowStore();
    private final EmbeddingTable table = new EmbeddingTable(SPEC, 7, ADAGRAD, store, 0);

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

    /** Everything at once, over a store that is saved and restored, against {@link ReferenceTable}. */
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
    void doesWhatTheObviousTableDoes(long seed) throws IOException {
        SplittableRandom random = new SplittableRandom(seed);
        RowLife life = new RowLife(
                random.nextInt(4) == 0 ? 0 : 1 + random.nextInt(60),
                1 + random.nextInt(4),
                1 << 18, // so many counters that no two ids share one
                1 + random.nextInt(5),
                random.nextBoolean() ? 0 : 20 + random.nextInt(100));
        TableSpec spec = SPEC.withLife(life);
        int cachedRows = random.nextInt(3) == 0 ? 0 : 1 + random.nextInt(80);
        HeapRowStore rows = new HeapRowStore();
        EmbeddingTable found = new EmbeddingTable(spec, 7, ADAGRAD, rows, cachedRows);
        found.trackChanges();
        ReferenceTable expected = new ReferenceTable(spec);
        long millis = 1_650_000_000_000L;
        for (int batch = 0; batch < 400; batch++) {
            millis += random.nextLong(random.nextInt(20) == 0 ? 30 * HOUR : HOUR / 2);
            found.advance(millis);
            expected.advance(millis);
            List<Long> ids = ids(random);
            int[] positions = read(found, ids, expected);
            for (int i = 0; i < ids.size(); i++) {
                float[] weights = {random.nextInt(100), batch};
                found.write(ids.get(i), positions[i], weights, 0);
                expected.write(ids.get(i), weights);
            }
            found.endBatch();
            expected.endBatch();
            if (random.nextInt(10) == 0) {
                found.writeOldestDirty(random.nextInt(20));
            }
            if (random.nextInt(20) == 0) {
                assertThat(changes(found)).isEqualTo(expected.changes());
            }
            if (random.nextInt(30) == 0) {
                found.flush();
                byte[] saved = save(found);
                rows = rows.copy();
                found = new EmbeddingTable(spec, 7, ADAGRAD, rows, cachedRows);
                found.trackChanges();
                restore(found, saved);
            }
            assertThat(found.size()).isEqualTo(expected.rows().size());
            assertThat(cachedRows == 0 || found.status().inMemory() <= cachedRows)
                    .isTrue();
        }
        Map<Long, List<Float>> weights = new TreeMap<>();
        List<Long> order = new ArrayList<>();
        found.forEachRow((id, row) -> {
            order.add(id);
            weights.put(id, List.of(row[0], row[1]));
        });
        assertThat(order).isSorted();
        assertThat(weights).isEqualTo(expected.rows());
        assertThat(changes(found)).isEqualTo(expected.changes());
    }

    /** Reads a batch, some ids of it twice, which has to give what the other table has; returns the positions of its ids. */
    private static int[] read(EmbeddingTable from, List<Long> ids, ReferenceTable expected) {
        long[] twice = Stream.concat(ids.stream(), ids.stream().limit(5))
                .mapToLong(Long::longValue)
                .toArray();
        int[] positions = new int[twice.length];
        float[] weights = new float[2 * twice.length];
        from.read(twice, twice.length, 2, positions, weights);
        for (int i = 0; i < twice.length; i++) {
            List<Float> row = expected.rows().get(twice[i]);
            assertThat(positions[i] == RowSource.NONE).isEqualTo(row == null);
            float[] again = new float[2];
            assertThat(from.read(twice[i], again, 0)).isEqualTo(positions[i]);
            assertThat(List.of(weights[2 * i], weights[2 * i + 1]))
                    .isEqualTo(row == null ? List.of(again[0], again[1]) : row);
        }
        return positions;
    }

    /** The ids of a batch, each once: some often, most seldom. */
    private static List<Long> ids(SplittableRandom random) {
        return random.longs(12)
                .map(drawn -> Math.floorMod(drawn, drawn > 0 ? 20 : 500) - 100)
                .distinct()
                .boxed()
                .toList();
    }

    @Test
    void aFullTableLosesTheRowsNotTouchedForLongestAndOfOneHourTheSmallestIds() {
        EmbeddingTable full = new EmbeddingTable(SPEC.withLife(new RowLife(0, 1, 1024, 24, 32)), 7, ADAGRAD);
        full.trackChanges();
        full.advance(HOUR);
        full.put(100, new float[4]);
        full.advance(2 * HOUR);
        for (long id = 0; id < 32; id++) {
            full.put(id, new float[4]);
        }
        full.endBatch();
        List<Long> left = new ArrayList<>();
        full.forEachRow((id, row) -> left.add(id));
        assertThat(left).hasSize(30).doesNotContain(100L, 0L, 1L);
        assertThat(full.status().evicted()).isEqualTo(3);
        assertThat(changes(full)).contains("100 gone", "0 gone", "1 gone");
    }

    @Test
    void writesEachTouchedRowOnceAndOnlyThose() {
        for (long id = 0; id < 3000; id++) {
            touch(id);
        }
        touch(5);
        assertThat(table.dirtyRows()).isEqualTo(3000);
        table.flush();
        assertThat(table.dirtyRows()).isZero();
        assertThat(store.rows()).hasSize(3000);
        touch(5);
        touch(2999);
        touch(5);
        assertThat(table.dirtyRows()).isEqualTo(2);
        table.writeOldestDirty(1);
        float[] row = new float[table.storedWidth()];
        store.read(5, row);
        assertThat(row[2]).as("the longest dirty comes first").isEqualTo(0.1f + 4);
        store.read(2999, row);
        assertThat(row[2]).isEqualTo(0.1f + 1);
    }

    @Test
    void aCacheReadsFromTheStoreOnlyWhatIsThere() {
        List<Long> asked = new ArrayList<>();
        RowStore watched = new RowStore() {
            @Override
            public boolean read(long id, float[] row) {
                asked.add(id);
                return store.read(id, row);
            }

            @Override
            public void write(Map<Long, float[]> rows) {
                store.write(rows);
            }

            @Override
            public void remove(long id) {
                store.remove(id);
            }

            @Override
            public void forEach(RowConsumer consumer) {
                store.forEach(consumer);
            }
        };
        EmbeddingTable cached = new EmbeddingTable(SPEC, 7, ADAGRAD, watched, 2);
        for (long id = 0; id < 2; id++) {
            cached.put(id, new float[] {id, 1, 0, 0});
            cached.endBatch();
        }
        assertThat(asked).as("all rows are in memory").isEmpty();
        cached.put(2, new float[] {2, 1, 0, 0});
        cached.endBatch();
        float[] weights = new float[2];
        for (long id = 0; id < 3; id++) {
            cached.read(id, weights, 0);
            assertThat(weights).containsExactly(id, 1);
        }
        assertThat(asked).hasSize(1);
    }

    @Test
    void changesThatNobodyAskedToRememberAreRefused() {
        assertThatThrownBy(() -> changes(table)).hasMessageContaining("trackChanges");
    }

    @Test
    void refusesRowsOfAnotherModel() {
        assertThatThrownBy(() -> table.put(1, new float[3]))
                .hasMessageContaining("embedding.video")
                .hasMessageContaining("found 3 floats, expected 4");
    }

    @Test
    void refusesRowsThatAreNotOfTheSameSave() throws IOException {
        touch(1);
        table.flush();
        byte[] saved = save(table);
        EmbeddingTable other = new EmbeddingTable(SPEC, 7, ADAGRAD, new HeapRowStore(), 0);
        assertThatThrownBy(() -> restore(other, saved)).hasMessageContaining("found 0 rows, expected 1");
    }

    private void touch(long id) {
        int[] positions = {table.read(id, new float[2], 0)};
        table.update(new long[] {id}, new boolean[] {true}, 1, positions, new float[] {1, 2}, MOMENT);
    }

    private static byte[] save(EmbeddingTable from) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        from.saveState(new DataOutputStream(bytes));
        return bytes.toByteArray();
    }

    private static void restore(EmbeddingTable into, byte[] saved) throws IOException {
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(saved));
        into.restoreState(in);
        assertThat(in.read()).isEqualTo(-1);
    }

    private static List<String> changes(EmbeddingTable of) {
        List<String> changes = new ArrayList<>();
        of.takeChanges().forEach(of.spec().width(), new RowChanges() {
            @Override
            public void touched(long id, float[] weights) {
                changes.add(id + " [" + weights[0] + ", " + weights[1] + "]");
            }

            @Override
            public void removed(long id) {
                changes.add(id + " gone");
            }
        });
        return changes;
    }
}

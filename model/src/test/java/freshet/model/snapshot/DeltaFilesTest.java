package freshet.model.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import freshet.model.ModelFixtures;
import freshet.model.learn.Learner;
import freshet.model.spec.ModelSpec;
import freshet.model.spec.TableSpec;
import freshet.model.table.InitialValues;
import freshet.serde.example.LabeledExample;
import freshet.serde.snapshot.BadSnapshotException;
import freshet.serde.snapshot.ManifestSigner;
import freshet.serde.snapshot.SafeTensors;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.SnapshotFile;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A snapshot and all deltas behind it are the next snapshot, byte for byte. */
class DeltaFilesTest {
    private static final SnapshotWriter WRITER = new SnapshotWriter("test", SnapshotFixtures.FEATURES);

    private static void learn(Learner learner, long seed) {
        List<LabeledExample> examples =
                ModelFixtures.examples(seed, learner.spec().batchSize());
        learner.step(examples, new float[examples.size() * learner.spec().taskCount()]);
    }

    private static void assertSame(Snapshot found, Snapshot expected) {
        assertThat(found.manifestLine()).isEqualTo(expected.manifestLine());
        for (int i = 0; i < expected.files().size(); i++) {
            assertThat(found.files().get(i).bytes())
                    .as(expected.files().get(i).name())
                    .isEqualTo(expected.files().get(i).bytes());
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void aSnapshotAndItsDeltasAreTheNextSnapshotByteForByte(long seed) throws Exception {
        ModelSpec spec = SnapshotFixtures.randomSpec(seed);
        Random random = new Random(seed);
        Learner learner = new Learner(spec);
        learner.trackChanges();
        // The publisher's copy sees nothing but deltas; a reader begins with the first snapshot.
        ModelCopy publisher = new ModelCopy(spec);
        @Nullable Snapshot newest = null;
        for (int hour = 1; hour <= 3; hour++) {
            @Nullable ModelCopy reader = newest == null ? null : ModelCopy.of(newest);
            for (int cut = 1 + random.nextInt(4); cut > 0; cut--) {
                for (int batch = random.nextInt(4); batch > 0; batch--) {
                    learn(learner, random.nextInt(1_000_000));
                }
                List<SnapshotFile> delta = DeltaFiles.of(learner.spec(), ModelChanges.take(learner));
                publisher.apply(delta);
                if (reader != null) {
                    reader.apply(delta);
                }
            }
            SnapshotMoment moment = SnapshotFixtures.moment(hour, SnapshotFixtures.features(hour, 2));
            Snapshot expected = WRITER.write(learner, moment);
            newest = WRITER.write(publisher, moment, ManifestSigner.unsigned());
            assertSame(newest, expected);
            if (reader != null) {
                assertSame(WRITER.write(reader, moment, ManifestSigner.unsigned()), expected);
            }
        }
    }

    /** FTRL keeps what it has learnt of an id whose weights are zeros; a server needs no row for it. */
    @Test
    void rowsOfZerosVanishFromSnapshotsAndDeltas() throws Exception {
        ModelSpec spec = ModelFixtures.spec(ModelFixtures.SEPARATE.replace("l1: 0.5", "l1: 3"));
        Learner learner = new Learner(spec);
        learner.trackChanges();
        ModelCopy reader = new ModelCopy(spec);
        boolean vanished = false;
        for (int batch = 0; batch < 200; batch++) {
            long before = wideRows(reader);
            learn(learner, batch);
            reader.apply(DeltaFiles.of(spec, ModelChanges.take(learner)));
            vanished |= wideRows(reader) < before && wideRows(reader) < rows(learner);
            assertThat(wideRows(reader)).isEqualTo(wideRows(ModelCopy.of(learner)));
        }
        assertThat(vanished)
                .as("a row that servers had is gone, the learner has it")
                .isTrue();
        float[] expected = new float[8 * spec.taskCount()];
        float[] found = expected.clone();
        learner.score(ModelFixtures.examples(7, 8), expected);
        reader.newScorer()
                .score(
                        ModelFixtures.examples(7, 8).stream()
                                .map(LabeledExample::features)
                                .toList(),
                        found);
        assertThat(found).containsExactly(expected);
    }

    private static long wideRows(ModelCopy copy) {
        long rows = 0;
        for (int table = 0; table < copy.spec().tables().size(); table++) {
            rows += isWide(copy.spec(), table) ? copy.rowCount(table) : 0;
        }
        return rows;
    }

    private static long rows(Learner learner) {
        long rows = 0;
        for (int table = 0; table < learner.tableCount(); table++) {
            rows += isWide(learner.spec(), table) ? learner.rowCount(table) : 0;
        }
        return rows;
    }

    private static boolean isWide(ModelSpec spec, int table) {
        return spec.tables().get(table).name().startsWith("wide.");
    }

    @Test
    void aDeltaIsSmallWhereLittleChanged() {
        Learner learner = SnapshotFixtures.learner(ModelFixtures.spec(ModelFixtures.FULL), 1, 0);
        learner.trackChanges();
        for (int batch = 0; batch < 50; batch++) {
            learn(learner, batch);
        }
        long all = bytes(DeltaFiles.of(learner.spec(), ModelChanges.take(learner)));
        long none = bytes(DeltaFiles.of(learner.spec(), ModelChanges.take(learner)));
        learn(learner, 51);
        assertThat(bytes(DeltaFiles.of(learner.spec(), ModelChanges.take(learner))))
                .isBetween(none + 1, all - 1);
    }

    private static long bytes(List<SnapshotFile> files) {
        return files.stream().mapToLong(file -> file.bytes().length).sum();
    }

    @Test
    void rowsGoOnInTheNextFileWhereOneIsFull() throws Exception {
        ModelSpec spec = ModelFixtures.spec(ModelFixtures.FULL);
        Learner learner = SnapshotFixtures.learner(spec, 3, 20);
        List<SnapshotFile> one = new ArrayList<>();
        List<SnapshotFile> many = new ArrayList<>();
        for (RowFiles.Writer writer : List.of(new RowFiles.Writer(one::add), new RowFiles.Writer(many::add, 100))) {
            for (int table = 0; table < learner.tableCount(); table++) {
                TableSpec of = spec.tables().get(table);
                learner.forEachRow(table, (id, weights) -> writer.row(of, id, weights));
                writer.endTable(of);
            }
            writer.end();
        }
        assertThat(one).hasSize(1);
        assertThat(many).hasSizeGreaterThan(5);
        List<SafeTensors> few = RowFiles.open(one, spec.tables());
        List<SafeTensors> parts = RowFiles.open(many, spec.tables());
        for (TableSpec table : spec.tables()) {
            List<Long> expected = ids(RowFiles.parts(few, table));
            assertThat(ids(RowFiles.parts(parts, table))).isEqualTo(expected);
            FrozenTable left =
                    RowFiles.frozen(RowFiles.parts(few, table), table, new InitialValues(spec.seed(), table));
            FrozenTable right =
                    RowFiles.frozen(RowFiles.parts(parts, table), table, new InitialValues(spec.seed(), table));
            for (long id : expected) {
                float[] leftRow = new float[table.width()];
                float[] rightRow = new float[table.width()];
                left.read(id, leftRow, 0);
                right.read(id, rightRow, 0);
                assertThat(rightRow).isEqualTo(leftRow);
            }
        }
        assertThatThrownBy(() -> RowFiles.open(many.subList(1, 3), spec.tables()))
                .isInstanceOf(BadSnapshotException.class)
                .hasMessageContaining("expected rows-00000.safetensors as the next");
    }

    private static List<Long> ids(List<RowFiles.Part> parts) {
        List<Long> ids = new ArrayList<>();
        for (RowFiles.Part part : parts) {
            for (long id : part.ids()) {
                ids.add(id);
            }
        }
        return ids;
    }

    @Test
    void aRemovedRowIsGoneAndItsPlaceUsedAgain() throws Exception {
        ModelSpec spec = ModelFixtures.spec(ModelFixtures.FULL);
        TableSpec table = spec.tables().get(0);
        ModelCopy copy = ModelCopy.of(SnapshotFixtures.learner(spec, 3, 5));
        List<Long> before = new ArrayList<>();
        copy.forEachRow(0, (id, weights) -> before.add(id));
        List<SnapshotFile> delta = new ArrayList<>();
        delta.add(new SnapshotFile(DenseFile.NAME, DenseFile.bytes(copy.tensors())));
        RowFiles.Writer rows = new RowFiles.Writer(delta::add);
        rows.removed(table, before.get(1));
        rows.removed(table, before.get(1) + 1);
        rows.endTable(table);
        rows.end();
        copy.apply(delta);
        assertThat(copy.rowCount(0)).isEqualTo(before.size() - 1);
        copy.put(0, 12, new float[table.width()]);
        List<Long> after = new ArrayList<>();
        copy.forEachRow(0, (id, weights) -> after.add(id));
        List<Long> expected = new ArrayList<>(before);
        expected.remove(1);
        expected.add(12L);
        expected.sort(null);
        assertThat(after).isEqualTo(expected);
    }
}

package freshet.serde.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.serde.snapshot.SnapshotAssembly.Complete;
import freshet.serde.snapshot.SnapshotAssembly.Incomplete;
import freshet.serde.snapshot.SnapshotAssembly.Reason;
import freshet.serde.snapshot.SnapshotAssembly.Rejected;
import freshet.serde.snapshot.SnapshotAssembly.Repeat;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SnapshotAssemblerTest {
    private final SnapshotAssembler assembler = new SnapshotAssembler();
    private final Snapshot snapshot = SnapshotFixtures.snapshot(3, 7);
    private final List<SnapshotRecord> records = SnapshotRecords.of(snapshot);
    private final int chunks = records.size() - 1;

    private static void assertSame(Snapshot found, Snapshot expected) {
        assertThat(found.manifestLine()).isEqualTo(expected.manifestLine());
        assertThat(found.files()).hasSameSizeAs(expected.files());
        for (int i = 0; i < expected.files().size(); i++) {
            assertThat(found.files().get(i).name())
                    .isEqualTo(expected.files().get(i).name());
            assertThat(found.files().get(i).bytes())
                    .isEqualTo(expected.files().get(i).bytes());
        }
    }

    private SnapshotAssembly acceptAll(List<SnapshotRecord> list) {
        SnapshotAssembly last = new Repeat(snapshot.version());
        for (SnapshotRecord record : list) {
            last = assembler.accept(record);
        }
        return last;
    }

    private Reason rejection(SnapshotAssembly assembly) {
        assertThat(assembly).isInstanceOf(Rejected.class);
        return ((Rejected) assembly).reason();
    }

    private static SnapshotRecord flipped(SnapshotRecord record) {
        byte[] value = record.value().clone();
        value[value.length / 2] ^= 1;
        return new SnapshotRecord(record.key(), value);
    }

    private static SnapshotRecord torn(SnapshotRecord record) {
        return new SnapshotRecord(record.key(), Arrays.copyOf(record.value(), record.value().length / 2));
    }

    @Test
    void chunksThenManifestMakeTheSnapshot() {
        for (int i = 0; i < chunks; i++) {
            assertThat(assembler.accept(records.get(i))).isEqualTo(new Incomplete(snapshot.version(), i + 1));
        }
        assertThat(assembler.accept(records.get(chunks)))
                .isInstanceOfSatisfying(Complete.class, whole -> assertSame(whole.snapshot(), snapshot));
        assertThat(assembler.pendingBytes()).isZero();
    }

    @Test
    void chunksAreUnderTheBrokersLimit() {
        assertThat(records).allSatisfy(record -> assertThat(record.value()).hasSizeLessThanOrEqualTo(512 << 10));
    }

    @Test
    void aChunkSentAgainIsARepeat() {
        assembler.accept(records.get(0));
        assertThat(assembler.accept(records.get(0))).isEqualTo(new Repeat(snapshot.version()));
    }

    @Test
    void everyRecordOfTheLoadedSnapshotIsARepeat() {
        acceptAll(records);
        assembler.markLoaded(snapshot.manifest());
        for (SnapshotRecord record : records) {
            assertThat(assembler.accept(record)).isEqualTo(new Repeat(snapshot.version()));
        }
        assertThat(assembler.pendingBytes()).isZero();
    }

    @Test
    void anOlderOneIsRefusedOnceANewerIsLoaded() {
        assembler.markLoaded(snapshot.manifest());
        for (SnapshotRecord record : SnapshotRecords.of(SnapshotFixtures.tiny(2))) {
            assertThat(rejection(assembler.accept(record))).isEqualTo(Reason.OLDER);
        }
    }

    @Test
    void otherContentForTheLoadedVersionIsAConflict() {
        assembler.markLoaded(snapshot.manifest());
        List<SnapshotRecord> others = SnapshotRecords.of(SnapshotFixtures.snapshot(3, 8));
        assertThat(rejection(acceptAll(others))).isEqualTo(Reason.CONFLICT);
    }

    @Test
    void aSmallerGenerationIsRefusedOnceALargerWasSeen() {
        acceptAll(SnapshotRecords.of(SnapshotFixtures.tiny(2, 5)));
        assertThat(rejection(acceptAll(SnapshotRecords.of(SnapshotFixtures.tiny(4, 4)))))
                .isEqualTo(Reason.OLDER_GENERATION);
        assertThat(acceptAll(SnapshotRecords.of(SnapshotFixtures.tiny(5, 5)))).isInstanceOf(Complete.class);
    }

    @Test
    void aSmallerGenerationThatIsWholeTooLateIsRefusedToo() {
        List<SnapshotRecord> late = SnapshotRecords.of(SnapshotFixtures.tiny(4, 4));
        acceptAll(late.subList(1, late.size()));
        acceptAll(SnapshotRecords.of(SnapshotFixtures.tiny(2, 5)));
        assertThat(rejection(assembler.accept(late.get(0)))).isEqualTo(Reason.OLDER_GENERATION);
    }

    @Test
    void aLargerGenerationMayReplaceTheVersionThatIsLoaded() {
        assembler.markLoaded(SnapshotFixtures.tiny(2, 5).manifest());
        assertThat(acceptAll(SnapshotRecords.of(SnapshotFixtures.tiny(2, 6)))).isInstanceOf(Repeat.class);
        Snapshot other = Snapshot.of(
                SnapshotFixtures.description(2, 7), List.of(new SnapshotFile("golden.bin", new byte[] {1})));
        assertThat(acceptAll(SnapshotRecords.of(other))).isInstanceOf(Complete.class);
    }

    @Test
    void streamedTheRecordsAreTheSame() {
        List<SnapshotRecord> streamed = new ArrayList<>();
        SnapshotStream stream = new SnapshotStream(snapshot.version(), streamed::add);
        snapshot.files().forEach(stream::file);
        assertThat(stream.finish(snapshot.manifest().description(), ManifestSigner.unsigned()))
                .isEqualTo(snapshot.manifest());
        assertThat(streamed).hasSameSizeAs(records);
        for (int i = 0; i < streamed.size(); i++) {
            assertThat(streamed.get(i).key()).isEqualTo(records.get(i).key());
            assertThat(streamed.get(i).value()).isEqualTo(records.get(i).value());
        }
    }

    @Test
    void aCompletedSnapshotThatTheReaderRefusedCanComeAgain() {
        acceptAll(records);
        assertThat(acceptAll(SnapshotRecords.of(SnapshotFixtures.snapshot(3, 8))))
                .isInstanceOf(Complete.class);
    }

    @Test
    void aManifestWithoutChunksIsNoSnapshotUntilTheyCome() {
        assertThat(rejection(assembler.accept(records.get(chunks)))).isEqualTo(Reason.MISSING_CHUNKS);
        for (int i = 0; i < chunks - 1; i++) {
            assertThat(assembler.accept(records.get(i))).isInstanceOf(Incomplete.class);
        }
        assertThat(assembler.accept(records.get(chunks - 1))).isInstanceOf(Complete.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void aTornOrAlteredChunkIsNamedAndAGoodCopyHealsIt(int bad) {
        for (int i = 0; i < chunks; i++) {
            assembler.accept(i == bad ? flipped(records.get(i)) : records.get(i));
        }
        assembler.accept(torn(records.get(bad)));
        assertThat(rejection(assembler.accept(records.get(chunks)))).isEqualTo(Reason.CORRUPT_CHUNKS);
        assertThat(assembler.accept(records.get(bad)))
                .isInstanceOfSatisfying(Complete.class, whole -> assertSame(whole.snapshot(), snapshot));
    }

    @Test
    void anAlteredCopyAfterTheGoodOneDoesNoHarm() {
        for (int i = 0; i < chunks; i++) {
            assembler.accept(records.get(i));
            assembler.accept(flipped(records.get(i)));
        }
        assertThat(assembler.accept(records.get(chunks))).isInstanceOf(Complete.class);
    }

    @Test
    void twoSnapshotsOfTheSameVersionDoNotSpoilOneAnother() {
        Snapshot other = SnapshotFixtures.snapshot(3, 8);
        List<SnapshotRecord> others = SnapshotRecords.of(other);
        for (int i = 0; i < chunks; i++) {
            assembler.accept(records.get(i));
            assembler.accept(others.get(i));
        }
        assertThat(assembler.accept(others.get(chunks)))
                .isInstanceOfSatisfying(Complete.class, whole -> assertSame(whole.snapshot(), other));
    }

    @Test
    void aManifestWithWrongSumsOfRightChunksIsRefused() {
        String right = snapshot.manifestLine();
        String line = ManifestSeal.sealed(right.substring(0, right.indexOf(",\"manifest_crc32c\""))
                .replace(snapshot.manifest().sha256(), Checksums.sha256("other")));
        List<SnapshotRecord> list = new ArrayList<>(records.subList(0, chunks));
        list.add(new SnapshotRecord(records.get(chunks).key(), line.getBytes(StandardCharsets.UTF_8)));
        assertThat(rejection(acceptAll(list))).isEqualTo(Reason.CORRUPT_CONTENT);
    }

    @Test
    void aDamagedManifestIsRefused() {
        assertThat(rejection(assembler.accept(torn(records.get(chunks))))).isEqualTo(Reason.BAD_MANIFEST);
        SnapshotRecord under =
                new SnapshotRecord("20220101T00Z/manifest", records.get(chunks).value());
        assertThat(rejection(assembler.accept(under))).isEqualTo(Reason.BAD_MANIFEST);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "manifest",
                "20220425T16Z/chunk/-1",
                "20220425T16Z/chunk/99999999999",
                "20229925T16Z/manifest"
            })
    void aForeignKeyIsRefused(String key) {
        assertThat(rejection(assembler.accept(new SnapshotRecord(key, new byte[1]))))
                .isEqualTo(Reason.BAD_KEY);
    }

    @Test
    void anOverlongChunkIsRefused() {
        SnapshotRecord large = new SnapshotRecord("20220425T16Z/chunk/0", new byte[(512 << 10) + 1]);
        assertThat(rejection(assembler.accept(large))).isEqualTo(Reason.TOO_LARGE);
    }

    @Test
    void memoryIsBoundedByForgettingTheOldestSnapshot() {
        long limit = 4L << 20;
        SnapshotAssembler small = new SnapshotAssembler(limit);
        for (int hour = 0; hour < 20; hour++) {
            for (SnapshotRecord record :
                    SnapshotRecords.of(SnapshotFixtures.snapshot(hour, 1)).subList(0, 3)) {
                small.accept(record);
                assertThat(small.pendingBytes()).isLessThanOrEqualTo(limit);
            }
        }
        List<SnapshotRecord> newest = SnapshotRecords.of(SnapshotFixtures.snapshot(19, 1));
        assertThat(small.accept(newest.get(newest.size() - 1))).isInstanceOf(Complete.class);
    }

    @Test
    void aSnapshotBeyondTheLimitIsRefusedByItsManifest() {
        SnapshotAssembler small = new SnapshotAssembler(1 << 20);
        assertThat(rejection(small.accept(records.get(chunks)))).isEqualTo(Reason.TOO_LARGE);
    }
}

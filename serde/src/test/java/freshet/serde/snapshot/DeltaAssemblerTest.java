package freshet.serde.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.serde.snapshot.DeltaAssembly.Gap;
import freshet.serde.snapshot.DeltaAssembly.Ready;
import freshet.serde.snapshot.DeltaAssembly.Rejected;
import freshet.serde.snapshot.DeltaAssembly.Repeat;
import freshet.serde.snapshot.SnapshotAssembly.Reason;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DeltaAssemblerTest {
    private static final ManifestSigner UNSIGNED = ManifestSigner.unsigned();

    private final DeltaAssembler assembler = new DeltaAssembler();
    private final List<Delta> first = SnapshotFixtures.deltas(0, 1, UNSIGNED);

    private DeltaAssembly accept(Delta delta) {
        DeltaAssembly last = new Repeat(delta.id());
        for (SnapshotRecord record : delta.records()) {
            last = assembler.accept(record);
        }
        return last;
    }

    /** Applies what is there to apply. */
    private List<String> apply() {
        List<String> applied = new ArrayList<>();
        for (var next = assembler.next(); next.isPresent(); next = assembler.next()) {
            applied.add(next.get().id().toString());
            assembler.markApplied(next.get().manifest());
        }
        return applied;
    }

    private static Reason reason(DeltaAssembly assembly) {
        assertThat(assembly).isInstanceOf(Rejected.class);
        return ((Rejected) assembly).reason();
    }

    @Test
    void deltasAreHandedOutOneByOneBehindTheirSnapshot() {
        assembler.follow(SnapshotFixtures.tiny(0).manifest());
        for (Delta delta : first) {
            assertThat(accept(delta)).isEqualTo(new Ready(delta.manifest().description()));
            assertThat(assembler.next()).isPresent();
            assertThat(assembler.next().orElseThrow().manifestLine()).isEqualTo(delta.manifestLine());
            assertThat(apply()).containsExactly(delta.id().toString());
            assertThat(accept(delta)).isEqualTo(new Repeat(delta.id()));
        }
        assertThat(assembler.pendingBytes()).isZero();
    }

    @Test
    void deltasThatCameBeforeTheirSnapshotWaitForIt() {
        for (Delta delta : first) {
            assertThat(accept(delta)).isInstanceOf(Gap.class);
        }
        assertThat(assembler.next()).isEmpty();
        assembler.follow(SnapshotFixtures.tiny(0).manifest());
        assertThat(apply()).hasSize(first.size());
    }

    @Test
    void aMissingDeltaHoldsUpTheRestUntilItComes() {
        assembler.follow(SnapshotFixtures.tiny(0).manifest());
        accept(first.get(0));
        apply();
        assertThat(accept(first.get(2)))
                .isInstanceOfSatisfying(
                        Gap.class, gap -> assertThat(gap.detail()).contains("20220425T16Z/delta/2 is missing"));
        assertThat(apply()).isEmpty();
        accept(first.get(1));
        assertThat(apply()).containsExactly("20220425T16Z/delta/2", "20220425T16Z/delta/3");
    }

    @Test
    void aNewerSnapshotMakesUpForAMissingDelta() {
        assembler.follow(SnapshotFixtures.tiny(0).manifest());
        accept(first.get(2));
        accept(first.get(3));
        assembler.follow(SnapshotFixtures.tiny(1).manifest());
        assertThat(assembler.pendingBytes()).isZero();
        assertThat(accept(first.get(3))).isInstanceOf(Repeat.class);
        accept(SnapshotFixtures.deltas(1, 1, UNSIGNED).get(0));
        assertThat(apply()).containsExactly("20220425T17Z/delta/1");
    }

    @Test
    void aReaderThatHasThemAllNeedsNoFurtherSnapshot() {
        assembler.follow(SnapshotFixtures.tiny(0).manifest());
        for (int hour = 0; hour < 3; hour++) {
            for (Delta delta : SnapshotFixtures.deltas(hour, 1, UNSIGNED)) {
                accept(delta);
                assertThat(apply()).containsExactly(delta.id().toString());
            }
        }
    }

    @Test
    void anotherHistoryIsNotLedOn() {
        assembler.follow(SnapshotFixtures.tiny(0).manifest());
        DeltaDescription of = first.get(0).manifest().description();
        Delta fork = Delta.of(
                new DeltaDescription(
                        of.name(),
                        1,
                        of.id(),
                        of.asOfMillis(),
                        of.modelFingerprint(),
                        Lineage.START,
                        of.lineage(),
                        of.examples()),
                first.get(0).files(),
                UNSIGNED);
        assertThat(reason(accept(fork))).isEqualTo(Reason.BROKEN_CHAIN);
        assertThat(accept(first.get(0))).isInstanceOf(Ready.class);
    }

    @Test
    void aTrainerThatWasReplacedIsNotListenedTo() {
        assembler.follow(SnapshotFixtures.tiny(0).manifest());
        assembler.noteGeneration(2);
        assertThat(reason(accept(first.get(0)))).isEqualTo(Reason.OLDER_GENERATION);
        assertThat(accept(SnapshotFixtures.deltas(0, 2, UNSIGNED).get(0))).isInstanceOf(Ready.class);
    }

    /** It came first, and waited for the snapshot; that was written by the trainer that has replaced its own. */
    @Test
    void whatWaitsOfATrainerThatWasReplacedIsDropped() {
        accept(first.get(0));
        assembler.follow(SnapshotFixtures.tiny(0, 2).manifest());
        assertThat(assembler.next()).isEmpty();
        assertThat(accept(SnapshotFixtures.deltas(0, 2, UNSIGNED).get(0))).isInstanceOf(Ready.class);
    }

    @Test
    void signaturesCountWhereKeysAreGiven() {
        DeltaAssembler strict = new DeltaAssembler(1 << 20, TestKeys.TRUSTED);
        strict.follow(SnapshotFixtures.tiny(0).manifest());
        DeltaAssembly last = new Repeat(first.get(0).id());
        for (SnapshotRecord record : first.get(0).records()) {
            last = strict.accept(record);
        }
        assertThat(reason(last)).isEqualTo(Reason.UNSIGNED);
        for (SnapshotRecord record :
                SnapshotFixtures.deltas(0, 1, TestKeys.SIGNER).get(0).records()) {
            last = strict.accept(record);
        }
        assertThat(last).isInstanceOf(Ready.class);
    }

    @Test
    void whatWaitsIsBounded() {
        DeltaAssembler small = new DeltaAssembler(60, TrustedKeys.unchecked());
        for (int hour = 0; hour < 50; hour++) {
            for (Delta delta : SnapshotFixtures.deltas(hour, 1, UNSIGNED)) {
                delta.records().forEach(small::accept);
                assertThat(small.pendingBytes()).isLessThanOrEqualTo(120);
            }
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"format\":2|\"format\":3|update the reader",
                "\"sequence\":1|\"sequence\":0|whole number from 1",
                "\"as_of\":1650903300000|\"as_of\":1650902400000|a time behind its base",
                "\"lineage_before\":\"|\"lineage_before\":\"X|hex digits",
            })
    void refusesAManifestThatContradictsItself(String from, String to, String expected) {
        String line = first.get(0).manifestLine();
        assertThat(line).contains(from);
        String open = line.substring(0, line.indexOf(",\"manifest_crc32c\"")).replace(from, to);
        SnapshotRecord record = new SnapshotRecord(
                first.get(0).id() + "/manifest", ManifestSeal.sealed(open).getBytes(StandardCharsets.UTF_8));
        assertThat(assembler.accept(record))
                .isInstanceOfSatisfying(
                        Rejected.class,
                        rejected -> assertThat(rejected.detail()).contains(expected));
    }
}

package freshet.serde.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import freshet.serde.snapshot.Registry.Cause;
import freshet.serde.snapshot.Registry.Change;
import freshet.serde.snapshot.RegistryEntry.State;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RegistryTest {
    private static final Cause CAUSE = new Cause("test", "because");

    private static SnapshotManifest manifest(int hour) {
        return SnapshotFixtures.tiny(hour).manifest();
    }

    private static SnapshotVersion version(int hour) {
        return SnapshotFixtures.version(hour);
    }

    /** What one of several people may do. */
    private interface Step {
        Change on(Registry registry) throws RegistryRefusedException;
    }

    private static Registry after(Registry registry, Step... steps) throws RegistryRefusedException {
        for (Step step : steps) {
            registry = step.on(registry).after();
        }
        return registry;
    }

    private static Step promote(int hour) {
        return registry -> registry.promote(manifest(hour), CAUSE);
    }

    private static Step withdraw(int hour) {
        return registry -> registry.withdraw(manifest(hour), CAUSE);
    }

    private static Step rollback() {
        return registry -> registry.rollback(CAUSE);
    }

    private static List<String> aliases(Registry registry) {
        return List.of(
                String.valueOf(registry.aliases().current()),
                String.valueOf(registry.aliases().previous()),
                String.valueOf(registry.aliases().canary()));
    }

    @Test
    void promotingMovesCurrentToPrevious() throws Exception {
        Registry registry = after(Registry.EMPTY, promote(0), promote(1), promote(2));
        assertThat(aliases(registry)).containsExactly("20220425T18Z", "20220425T17Z", "null");
        assertThat(after(registry, promote(2)).aliases().previous()).isEqualTo(version(1));
    }

    @Test
    void rollingBackQuarantinesWhatWasCurrent() throws Exception {
        Registry registry = after(Registry.EMPTY, promote(0), promote(1), promote(2), rollback());
        assertThat(aliases(registry)).containsExactly("20220425T17Z", "20220425T16Z", "null");
        assertThat(registry.entry(version(2)).orElseThrow().state()).isEqualTo(State.QUARANTINED);
        Registry again = after(registry, rollback());
        assertThat(aliases(again)).containsExactly("20220425T16Z", "null", "null");
        assertThatThrownBy(() -> again.rollback(CAUSE)).hasMessageContaining("no previous version");
    }

    @Test
    void rollingBackGoesOnlyToWhatWasPromoted() throws Exception {
        Registry registry = after(Registry.EMPTY, r -> r.known(manifest(0), CAUSE), promote(1), promote(3));
        assertThatThrownBy(() -> registry.rollbackTo(version(0), CAUSE)).hasMessageContaining("is known");
        assertThatThrownBy(() -> registry.rollbackTo(version(2), CAUSE)).hasMessageContaining("never promoted");
        assertThatThrownBy(() -> registry.rollbackTo(version(3), CAUSE)).hasMessageContaining("current already");
        assertThat(registry.rollbackTo(version(1), CAUSE).after().current()).contains(version(1));
    }

    @Test
    void aWithdrawnVersionIsNeverCurrentAgain() throws Exception {
        Registry registry = after(Registry.EMPTY, promote(0), promote(1), withdraw(1));
        assertThat(aliases(registry)).containsExactly("20220425T16Z", "null", "null");
        assertThatThrownBy(() -> registry.promote(manifest(1), CAUSE)).hasMessageContaining("withdrawn");
        assertThatThrownBy(() -> registry.canary(manifest(1), CAUSE)).hasMessageContaining("withdrawn");
        assertThat(aliases(after(registry, withdraw(0)))).containsExactly("null", "null", "null");
    }

    @Test
    void theCanaryEndsWhenItIsPromotedOrTheCurrentOneIsNamed() throws Exception {
        Registry registry = after(Registry.EMPTY, promote(0), r -> r.canary(manifest(1), CAUSE));
        assertThat(aliases(registry)).containsExactly("20220425T16Z", "null", "20220425T17Z");
        assertThat(aliases(after(registry, promote(1)))).containsExactly("20220425T17Z", "20220425T16Z", "null");
        assertThat(aliases(after(registry, r -> r.canary(manifest(0), CAUSE))))
                .containsExactly("20220425T16Z", "null", "null");
    }

    @Test
    void aVersionOfOtherContentIsAnotherSnapshot() throws Exception {
        Registry registry = after(Registry.EMPTY, promote(0), withdraw(0));
        Snapshot again = Snapshot.of(
                SnapshotFixtures.description(0, 2), List.of(new SnapshotFile("golden.bin", new byte[] {1})));
        assertThat(registry.promote(again.manifest(), CAUSE).after().current()).contains(version(0));
    }

    @Test
    void theCurrentOneIsNotQuarantinedBehindItsServersBacks() throws Exception {
        Registry registry = after(Registry.EMPTY, promote(0));
        assertThatThrownBy(() -> registry.quarantine(manifest(0), CAUSE)).hasMessageContaining("roll back");
        Registry more = after(registry, r -> r.canary(manifest(1), CAUSE), r -> r.quarantine(manifest(1), CAUSE));
        assertThat(aliases(more)).containsExactly("20220425T16Z", "null", "null");
        assertThat(more.entry(version(1)).orElseThrow().reason()).isEqualTo("because");
    }

    @Test
    void claimsAreNumberedByTheLog() throws Exception {
        Registry registry = Registry.EMPTY.with(Registry.claim("job a"), 4).with(Registry.claim("job b"), 9);
        assertThat(registry.generation()).isEqualTo(10);
        assertThat(registry.with(Registry.claim("job a"), 4).generation()).isEqualTo(10);
    }

    @Test
    void foreignRecordsAreRefused() {
        for (String key : List.of("", "alias", "version/20220425T16Z", "aliases")) {
            assertThatThrownBy(() -> Registry.EMPTY.with(
                            new SnapshotRecord(key, "{\"format\":1}".getBytes(StandardCharsets.UTF_8)), 0))
                    .isInstanceOf(BadSnapshotException.class);
        }
        assertThatThrownBy(() -> Registry.EMPTY.with(new SnapshotRecord("aliases", new byte[] {'{'}), 0))
                .isInstanceOf(BadSnapshotException.class);
    }

    /**
     * Anybody may do anything, and die after any record: whoever reads the topic sees one registry, compacted or not.
     */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void anyHistoryReadBackIsTheSameCompactedOrNot(long seed) throws Exception {
        Random random = new Random(seed);
        List<SnapshotRecord> topic = new ArrayList<>();
        Registry registry = Registry.EMPTY;
        for (int i = 0; i < 200; i++) {
            SnapshotManifest some = manifest(random.nextInt(12));
            Change change;
            try {
                change = switch (random.nextInt(7)) {
                    case 0 -> registry.known(some, CAUSE);
                    case 1 -> registry.rollback(CAUSE);
                    case 2 -> registry.quarantine(some, CAUSE);
                    case 3 -> random.nextInt(6) == 0 ? registry.withdraw(some, CAUSE) : registry.known(some, CAUSE);
                    case 4 -> registry.canary(some, CAUSE);
                    default -> registry.promote(some, CAUSE);
                };
            } catch (RegistryRefusedException refused) {
                continue;
            }
            boolean dies = random.nextInt(10) == 0;
            List<SnapshotRecord> written = dies
                    ? change.records()
                            .subList(0, random.nextInt(change.records().size() + 1))
                    : change.records();
            for (SnapshotRecord record : written) {
                topic.add(record);
                registry = registry.with(record, topic.size());
            }
            if (!dies) {
                assertThat(registry.entries()).isEqualTo(change.after().entries());
                assertThat(registry.aliases()).isEqualTo(change.after().aliases());
            }
        }
        Map<String, SnapshotRecord> compacted = new LinkedHashMap<>();
        for (SnapshotRecord record : topic) {
            compacted.remove(record.key());
            compacted.put(record.key(), record);
        }
        Registry read = Registry.EMPTY;
        for (SnapshotRecord record : compacted.values()) {
            read = read.with(record, 0);
        }
        assertThat(read.entries()).isEqualTo(registry.entries());
        assertThat(read.aliases()).isEqualTo(registry.aliases());
    }
}

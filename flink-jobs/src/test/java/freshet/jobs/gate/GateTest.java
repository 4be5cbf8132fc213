package freshet.jobs.gate;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.gate.GateDecision.Hold;
import freshet.jobs.gate.GateDecision.Pass;
import freshet.jobs.gate.GateDecision.Promote;
import freshet.jobs.gate.GateDecision.Quarantine;
import freshet.serde.snapshot.Registry;
import freshet.serde.snapshot.RegistryRefusedException;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.SnapshotDescription;
import freshet.serde.snapshot.SnapshotFile;
import freshet.serde.snapshot.SnapshotManifest;
import freshet.serde.snapshot.SnapshotVersion;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GateTest {
    private static final long HOUR = 3_600_000;
    private static final long START = 1_650_844_800_000L;
    private static final GateSpec SPEC = FreshetConfig.shipped("kuairand").gate();

    private Gate gate;
    private Registry registry;

    @BeforeEach
    void begin() {
        gate = new Gate(SPEC);
        registry = Registry.EMPTY;
    }

    @Test
    void goodOnesAreCurrentOneAfterTheOther() throws RegistryRefusedException {
        for (int hour = 1; hour <= 5; hour++) {
            assertThat(decide(snapshot(hour, metrics(5_000, 0.8, 1, 0.75)))).isInstanceOf(Promote.class);
        }
        assertThat(registry.current()).contains(version(5));
        assertThat(registry.aliases().previous()).isEqualTo(version(4));
    }

    @ParameterizedTest(name = "{5}: ne {1}, calibration {2}, auc {3}, {4}")
    @CsvSource({
        "5000, 0.95, 1,   0.75, x, LOG_LOSS",
        "5000, 1.2,  1,   0.75, x, WORSE_THAN_MEAN",
        "5000, 0.8,  2.5, 0.75, x, CALIBRATION",
        "5000, 0.8,  0.3, 0.75, x, CALIBRATION",
        "5000, 0.8,  1,   0.6,  x, AUC",
        "5000, 0.8,  1,   0.75, features, OTHER_FEATURES",
    })
    void aBadOneIsQuarantinedAndServersKeepWhatTheyHave(
            int positives, double entropy, double calibration, double auc, String features, GateFault fault)
            throws RegistryRefusedException {
        decide(snapshot(1, metrics(5_000, 0.8, 1, 0.75)));

        GateDecision decision = decide(
                snapshot(2, metrics(positives, entropy, calibration, auc), features.equals("features") ? "b" : "a"));

        assertThat(decision)
                .isInstanceOfSatisfying(
                        Quarantine.class, bad -> assertThat(bad.fault()).isEqualTo(fault));
        assertThat(registry.current()).contains(version(1));
        assertThat(registry.entry(version(2)).orElseThrow().reason()).isEqualTo(decision.reason());
    }

    /** Whoever claims a generation is at work from then on, though nothing of it has come yet. */
    @Test
    void aTrainerThatHasBeenReplacedIsPassedOver() throws Exception {
        decide(snapshot(1, metrics(5_000, 0.8, 1, 0.75)));
        registry = registry.with(Registry.claim("the next trainer"), 1);
        assertThat(registry.generation()).isEqualTo(2);

        assertThat(decide(snapshot(2, metrics(5_000, 0.8, 1, 0.75))))
                .isInstanceOfSatisfying(
                        Pass.class,
                        pass -> assertThat(pass.reason())
                                .isEqualTo("by generation 1 of the trainer, which 2 has replaced"));
        assertThat(registry.current()).contains(version(1));
        assertThat(registry.entry(version(2))).isEmpty();
    }

    @Test
    void whatAServerCannotLoadIsQuarantinedFromTheFirst() throws RegistryRefusedException {
        GateDecision decision =
                gate.decide(registry, snapshot(1, metrics(5_000, 0.8, 1, 0.75)), Optional.of("no network in it"));
        assertThat(decision)
                .isInstanceOfSatisfying(
                        Quarantine.class, bad -> assertThat(bad.fault()).isEqualTo(GateFault.BAD_MODEL));
        assertThat(decision.applyTo(registry).after().current()).isEmpty();
    }

    @Test
    void noiseOfAFewLabelsIsNoFault() throws RegistryRefusedException {
        decide(snapshot(1, metrics(150, 0.8, 1, 0.9)));
        assertThat(decide(snapshot(2, metrics(150, 1.5, 3, 0.5)))).isInstanceOf(Promote.class);
        assertThat(decide(snapshot(3, metrics(250, 0.8, 1, 0.80)))).isInstanceOf(Promote.class);
        // 0.07 lower, with 250 positives: within what three standard errors and the limit allow.
        assertThat(decide(snapshot(4, metrics(250, 0.8, 1, 0.73)))).isInstanceOf(Promote.class);
    }

    @Test
    void afterABadOneTwoGoodOnesAreOwed() throws RegistryRefusedException {
        decide(snapshot(1, metrics(5_000, 0.8, 1, 0.75)));
        decide(snapshot(2, metrics(5_000, 0.8, 3, 0.75)));
        assertThat(decide(snapshot(3, metrics(5_000, 0.8, 1, 0.75)))).isInstanceOf(Hold.class);
        assertThat(decide(snapshot(4, metrics(5_000, 0.8, 3, 0.75)))).isInstanceOf(Quarantine.class);
        assertThat(decide(snapshot(5, metrics(5_000, 0.8, 1, 0.75)))).isInstanceOf(Hold.class);
        assertThat(registry.current()).contains(version(1));
        assertThat(decide(snapshot(6, metrics(5_000, 0.8, 1, 0.75)))).isInstanceOf(Promote.class);
        assertThat(registry.current()).contains(version(6));
    }

    /** The registry is its memory: a new gate that reads everything again decides nothing anew and goes on alike. */
    @Test
    void aRestartedGateWritesNothingTwiceAndDecidesTheSame() throws RegistryRefusedException {
        List<SnapshotManifest> all = List.of(
                snapshot(1, metrics(5_000, 0.8, 1, 0.75)),
                snapshot(2, metrics(5_000, 0.8, 1, 0.75)),
                snapshot(3, metrics(5_000, 0.8, 3, 0.75)),
                snapshot(4, metrics(5_000, 0.8, 1, 0.75)));
        for (SnapshotManifest each : all) {
            decide(each);
        }
        Registry before = registry;

        gate = new Gate(SPEC);
        for (SnapshotManifest each : all) {
            GateDecision decision = gate.decide(registry, each, Optional.empty());
            assertThat(decision.applyTo(registry).records()).isEmpty();
        }
        assertThat(registry).isSameAs(before);
        assertThat(decide(snapshot(5, metrics(5_000, 0.99, 1, 0.75)))).isInstanceOf(Quarantine.class);
    }

    @Test
    void aPersonHasTheLastWord() throws RegistryRefusedException {
        SnapshotManifest bad = snapshot(2, metrics(5_000, 0.8, 3, 0.75));
        decide(snapshot(1, metrics(5_000, 0.8, 1, 0.75)));
        decide(bad);
        registry =
                registry.promote(bad, new Registry.Cause("ann", "known change")).after();

        assertThat(decide(bad)).isInstanceOf(Pass.class);
        assertThat(registry.current()).contains(version(2));
    }

    private GateDecision decide(SnapshotManifest snapshot) throws RegistryRefusedException {
        GateDecision decision = gate.decide(registry, snapshot, Optional.empty());
        registry = decision.applyTo(registry).after();
        return decision;
    }

    private static SnapshotVersion version(int hour) {
        return new SnapshotVersion(START + hour * HOUR);
    }

    private static SortedMap<String, Double> metrics(double positives, double entropy, double calibration, double auc) {
        return new TreeMap<>(Map.of(
                "count", 4 * positives, "positives", positives, "ne", entropy, "calibration", calibration, "auc", auc));
    }

    private static SnapshotManifest snapshot(int hour, SortedMap<String, Double> click) {
        return snapshot(hour, click, "a");
    }

    private static SnapshotManifest snapshot(int hour, SortedMap<String, Double> click, String features) {
        SnapshotDescription description = new SnapshotDescription(
                "test",
                1,
                version(hour),
                null,
                "c".repeat(64),
                features.repeat(64),
                "d".repeat(64),
                List.of("click"),
                1_000,
                new TreeMap<>(),
                new TreeMap<>(Map.of("click", click)),
                new TreeMap<>(),
                null);
        return Snapshot.of(description, List.of(new SnapshotFile("model.json", new byte[] {(byte) hour})))
                .manifest();
    }
}

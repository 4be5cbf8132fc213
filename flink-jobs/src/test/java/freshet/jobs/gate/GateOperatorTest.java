package freshet.jobs.gate;

import static freshet.jobs.gate.GateSnapshots.version;
import static org.assertj.core.api.Assertions.assertThat;

import freshet.model.eval.ProgressiveValidation;
import freshet.model.snapshot.SnapshotScorer;
import freshet.serde.example.ExampleMessage;
import freshet.serde.example.Frontier;
import freshet.serde.example.LabeledExample;
import freshet.serde.snapshot.Registry;
import freshet.serde.snapshot.RegistryEntry;
import freshet.serde.snapshot.RegistryEntry.State;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.SnapshotAssembly.Reason;
import freshet.serde.snapshot.SnapshotRecord;
import freshet.serde.snapshot.SnapshotRecords;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.state.rocksdb.EmbeddedRocksDBStateBackend;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.KeyedTwoInputStreamOperatorTestHarness;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The gate inside Flink, over real snapshots and a registry in memory. */
class GateOperatorTest {
    private static final long MINUTE = 60_000;
    private static final long HOUR = GateSnapshots.HOUR;
    private static final int KEY_GROUPS = 8;

    @TempDir
    static Path folder;

    private static GateSnapshots snapshots;
    private static FakeRegistry registry = new FakeRegistry();

    @BeforeAll
    static void learn() throws Exception {
        snapshots = new GateSnapshots(folder, "");
    }

    @BeforeEach
    void begin() {
        registry = new FakeRegistry();
    }

    @Test
    void theFirstGoodOneIsPromotedAtOnceAndThenTheNext() throws Exception {
        try (Harness harness = new Harness(null)) {
            harness.publish(snapshots.good(0));
            assertThat(registry.registry().current()).contains(version(0));
            harness.publish(snapshots.good(1));
            assertThat(registry.registry().current()).contains(version(1));
            assertThat(harness.now().gate().promoted()).isEqualTo(2);
            assertThat(harness.now().gate().goldenDifference()).isBetween(0.0, 1e-5);
            assertThat(harness.now().gate().compared("click", "ne_ratio")).isEqualTo(1);
        }
    }

    @Test
    void poisonIsQuarantinedWithItsReasonAndServersKeepTheGoodOne() throws Exception {
        try (Harness harness = new Harness(null)) {
            harness.publish(snapshots.good(0));
            harness.publish(snapshots.withEntropy(1, 1.3));
            harness.publish(snapshots.withARowThatIsNoNumber(2));
            harness.publish(snapshots.withOthersGoldenRows(3));
            harness.publish(snapshots.signedByAStranger(4));

            assertThat(registry.registry().current()).contains(version(0));
            assertQuarantined(1, "normalised entropy");
            assertQuarantined(2, "not finite");
            assertQuarantined(3, "golden row");
            assertQuarantined(4, "signature");
            GateStatus status = harness.now().gate();
            assertThat(status.quarantined(GateFault.WORSE_THAN_MEAN)).isEqualTo(1);
            assertThat(status.quarantined(GateFault.BAD_MODEL)).isEqualTo(2);
            assertThat(status.quarantined(GateFault.UNTRUSTED)).isEqualTo(1);
            assertThat(status.refused(Reason.WRONG_SIGNATURE)).isEqualTo(1);

            harness.publish(snapshots.good(5));
            assertThat(registry.registry().current())
                    .as("two in a row are owed")
                    .contains(version(0));
            harness.publish(snapshots.good(6));
            assertThat(registry.registry().current()).contains(version(6));
        }
    }

    private static void assertQuarantined(int hour, String reason) {
        RegistryEntry entry = registry.registry().entry(version(hour)).orElseThrow();
        assertThat(entry.state()).isEqualTo(State.QUARANTINED);
        assertThat(entry.reason()).contains(reason);
        assertThat(entry.by()).isEqualTo("gate");
    }

    /** What a stranger signs must not take a version from the one that may sign. */
    @Test
    void aStrangersManifestDoesNotTouchWhatIsPromoted() throws Exception {
        try (Harness harness = new Harness(null)) {
            harness.publish(snapshots.good(0));
            harness.publish(snapshots.signedByAStranger(0));
            assertThat(registry.registry().current()).contains(version(0));
            assertThat(registry.writes()).isEqualTo(1);
        }
    }

    /** Halted after any record, also in the middle of a snapshot: the next one knows where it was, and nothing is written twice. */
    @Test
    void aRestartGoesOnInTheMiddleOfASnapshotAndJudgesNothingTwice() throws Exception {
        List<SnapshotRecord> topic = new ArrayList<>();
        topic.addAll(SnapshotRecords.of(snapshots.good(0)));
        topic.addAll(SnapshotRecords.of(snapshots.withEntropy(1, 1.3)));
        topic.addAll(SnapshotRecords.of(snapshots.good(2)));
        topic.addAll(SnapshotRecords.of(snapshots.good(3)));
        for (int halt = 0; halt <= topic.size(); halt++) {
            registry = new FakeRegistry();
            OperatorSubtaskState checkpoint;
            try (Harness first = new Harness(null)) {
                first.records(topic.subList(0, halt));
                checkpoint = first.snapshot();
                // Since the checkpoint it has gone on, and decided: the restored one is shown the same again.
                first.records(topic.subList(halt, Math.min(topic.size(), halt + 2)));
            }
            try (Harness second = new Harness(checkpoint)) {
                second.records(topic.subList(halt, topic.size()));
            }
            assertThat(registry.registry().current()).contains(version(3));
            assertThat(registry.registry().entry(version(3)).orElseThrow().reason())
                    .isEqualTo("no worse than " + version(0));
            assertThat(registry.writes()).as("halted after %s records", halt).isEqualTo(4);
        }
        try (Harness anew = new Harness(null)) {
            anew.records(topic);
            assertThat(anew.now().gate().passed()).isEqualTo(4);
        }
        assertThat(registry.writes()).isEqualTo(4);
    }

    @Test
    void aPersonsWithdrawStands() throws Exception {
        Snapshot second = snapshots.good(1);
        OperatorSubtaskState checkpoint;
        try (Harness harness = new Harness(null)) {
            harness.publish(snapshots.good(0));
            checkpoint = harness.snapshot();
            harness.publish(second);
            withdraw(second);
            harness.publish(second); // sent again
            assertThat(registry.registry().current()).contains(version(0));
        }
        try (Harness restored = new Harness(checkpoint)) {
            restored.publish(second);
            assertThat(registry.registry().current()).contains(version(0));
            assertThat(registry.registry().entry(version(1)).orElseThrow().state())
                    .isEqualTo(State.WITHDRAWN);
        }
    }

    /** A gate that sleeps between reading and writing, and wakes up when a person has decided. */
    @Test
    void aDecisionThatWasMadeOnWhatWasTrueBeforeIsMadeAgain() throws Exception {
        Snapshot second = snapshots.good(1);
        try (Harness harness = new Harness(null)) {
            harness.publish(snapshots.good(0));
            registry.beforeNextWrite(() -> withdraw(second));
            harness.publish(second);
            assertThat(registry.registry().current()).contains(version(0));
            assertThat(registry.registry().entry(version(1)).orElseThrow().state())
                    .isEqualTo(State.WITHDRAWN);
            assertThat(harness.now().gate().passed()).isEqualTo(1);
        }
    }

    private static void withdraw(Snapshot snapshot) {
        try {
            registry.append(registry.registry()
                    .withdraw(snapshot.manifest(), new Registry.Cause("ann", "complaints"))
                    .records());
        } catch (RuntimeException e) {
            throw new AssertionError(e);
        }
    }

    /**
     * Each example with the newest promoted model that is no younger than it; against a plain loop, with a restart anywhere and however
     * late a snapshot comes.
     */
    @Test
    void metricsAsServedAreThoseOfThePromotedModels() throws Exception {
        Random random = new Random(3);
        List<LabeledExample> examples = new ArrayList<>();
        long start = GateSnapshots.FIRST;
        for (int i = 0; i < 3_000; i++) {
            long shown = start - HOUR / 2 + i * 4L * HOUR / 3_000 / 1_000 * 1_000;
            examples.add(GateSnapshots.example(
                    "i" + i, random.nextInt(GateSnapshots.USERS), shown, shown + 10 * MINUTE, random));
        }
        List<Snapshot> published =
                List.of(snapshots.good(0), snapshots.good(1), snapshots.withEntropy(2, 1.3), snapshots.good(3));

        AsServedHour whole = runAsServed(examples, published, examples.size(), 5 * MINUTE);
        for (int halt : new int[] {100, 1_111, 2_500}) {
            registry = new FakeRegistry();
            assertThat(runAsServed(examples, published, halt, 5 * MINUTE)).isEqualTo(whole);
            registry = new FakeRegistry();
            assertThat(runAsServed(examples, published, halt, 40 * MINUTE)).isEqualTo(whole);
        }

        // The last hour whose labels are decided: its impressions were served by hour 1, 2 having been refused and 3
        // held.
        SnapshotScorer scorer = new SnapshotScorer(published.get(1));
        ProgressiveValidation expected =
                new ProgressiveValidation(snapshots.config().model().tasks());
        for (LabeledExample example : examples) {
            if (example.decidedTimeMillis() >= whole.startMillis()
                    && example.decidedTimeMillis() < whole.startMillis() + HOUR) {
                float[] prediction = new float[1];
                scorer.score(example.features(), prediction);
                expected.record(0, prediction[0], example.labels().get(0).label(), 1);
            }
        }
        assertThat(whole.startMillis()).isEqualTo(start + 3 * HOUR);
        assertThat(whole.all()).isEqualTo(expected.window());
        assertThat(whole.metric(SnapshotAge.UNDER_4H, "click", "count")
                        + whole.metric(SnapshotAge.UNDER_2H, "click", "count"))
                .isEqualTo(whole.metric("click", "count"))
                .isPositive();
        assertThat(whole.byVersion()).containsKey(start + HOUR);
    }

    private static AsServedHour runAsServed(
            List<LabeledExample> examples, List<Snapshot> published, int halt, long lateMillis) throws Exception {
        OperatorSubtaskState checkpoint;
        List<ExampleMessage> messages = new ArrayList<>();
        for (LabeledExample example : examples) {
            messages.add(example);
            messages.add(promise(example.decidedTimeMillis()));
        }
        List<Snapshot> left = new ArrayList<>(published);
        try (Harness first = new Harness(null)) {
            feed(first, messages.subList(0, 2 * halt), left, lateMillis);
            checkpoint = first.snapshot();
        }
        try (Harness second = new Harness(checkpoint)) {
            feed(second, messages.subList(2 * halt, messages.size()), left, lateMillis);
            for (Snapshot late : left) {
                second.publish(late);
            }
            second.examples(List.of(promise(Frontier.END)));
            second.endSnapshots();
            return second.now().hour();
        }
    }

    /** Snapshots arrive some minutes of event time after their hour. */
    private static void feed(Harness harness, List<ExampleMessage> messages, List<Snapshot> left, long lateMillis)
            throws Exception {
        for (ExampleMessage message : messages) {
            if (message instanceof LabeledExample example
                    && !left.isEmpty()
                    && left.get(0).version().eventTimeMillis() + lateMillis < example.decidedTimeMillis()) {
                harness.publish(left.remove(0));
            }
            harness.examples(List.of(message));
        }
    }

    private static Frontier promise(long throughMillis) {
        return new Frontier(0, 1, 0, KEY_GROUPS - 1, KEY_GROUPS, throughMillis);
    }

    private static final class Harness implements AutoCloseable {
        private final GateOperator operator;
        private final KeyedTwoInputStreamOperatorTestHarness<Integer, SnapshotRecord, ExampleMessage, Void> harness;

        Harness(@Nullable OperatorSubtaskState restoredFrom) throws Exception {
            operator = new GateOperator(new GatePlan(snapshots.config().json(), () -> registry));
            harness = new KeyedTwoInputStreamOperatorTestHarness<>(
                    operator, any -> GateOperator.MODEL, any -> GateOperator.MODEL, Types.INT);
            harness.setStateBackend(new EmbeddedRocksDBStateBackend(false));
            harness.setup();
            if (restoredFrom != null) {
                harness.initializeState(restoredFrom);
            }
            harness.open();
        }

        void publish(Snapshot snapshot) throws Exception {
            records(SnapshotRecords.of(snapshot));
        }

        void records(List<SnapshotRecord> records) throws Exception {
            for (SnapshotRecord record : records) {
                harness.processElement1(new StreamRecord<>(record));
            }
        }

        void examples(List<? extends ExampleMessage> messages) throws Exception {
            for (ExampleMessage message : messages) {
                harness.processElement2(new StreamRecord<>(message));
            }
        }

        void endSnapshots() throws Exception {
            operator.endInput(1);
        }

        GateGauges.Standing now() {
            return operator.now();
        }

        OperatorSubtaskState snapshot() throws Exception {
            return harness.snapshot(1, 1);
        }

        @Override
        public void close() throws Exception {
            harness.close();
        }
    }
}

package freshet.jobs.train;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.gate.ServedAfterEach;
import freshet.jobs.guard.GuardReason;
import freshet.jobs.guard.GuardTrip;
import freshet.serde.control.TrainerCommand;
import freshet.serde.control.TrainerCommand.Resume;
import freshet.serde.example.ExampleMessage;
import freshet.serde.example.FeatureValues;
import freshet.serde.example.Frontier;
import freshet.serde.example.LabeledExample;
import freshet.serde.example.TaskLabel;
import freshet.serde.snapshot.RegistryEntry.State;
import freshet.serde.snapshot.Snapshot;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Good hours, a bad one, good hours again: the trainer stops, publishes nothing that learnt it, and goes on by itself. */
class PoisonHourTest {
    private static final long MINUTE = 60_000;
    private static final long HOUR = 60 * MINUTE;
    private static final long START = ExampleStreams.START_MILLIS;
    private static final long POISON_FROM = START + 5 * HOUR + 10 * MINUTE;
    private static final long END = START + 9 * HOUR;

    private static final FreshetConfig CONFIG = TinyModel.config();

    /** What becomes of an example between {@link #POISON_FROM} and the poison's end. */
    private interface Poison {
        LabeledExample of(LabeledExample example);
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2})
    void goodHoursAreLearntToTheLast(long seed) {
        Run run = run(seed, 0, example -> example);
        assertThat(run.trips).isEmpty();
        assertThat(run.core.status().heldBack()).isZero();
        assertThat(run.published).hasSize(9);
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 3})
    void flippedLabelsStopTheLearningUntilTheyAreRight(long seed) {
        Run run = run(seed, 30 * MINUTE, example -> withLabels(example, label -> 1 - label));
        assertThat(run.trips).extracting(GuardTrip::reason).containsExactly(GuardReason.LOSS);
        assertThat(run.trips.get(0).sinceMillis()).isBetween(POISON_FROM, POISON_FROM + 15 * MINUTE);
        // The hour in which they were wrong ends healthy or is not published at all; the ones behind it are.
        assertThat(run.published).contains(START + 5 * HOUR, START + 7 * HOUR, START + 8 * HOUR, END);
        assertThat(run.core.status().isGuardTripped()).isFalse();
    }

    /** Without the guard the poison is learnt; then the gate keeps it from the servers for as long as the model is worse than before. */
    @Test
    void theGateAloneKeepsTheLastGoodModel() throws IOException {
        FreshetConfig unguarded =
                FreshetConfig.fromJson(CONFIG.json().replaceFirst("\\{", "{\"guard\":{\"enabled\":false},"));
        Run run = run(unguarded, examples(1, 40 * MINUTE, example -> withLabels(example, label -> 1 - label)));
        assertThat(run.trips).isEmpty();
        assertThat(run.published).hasSize(9);
        assertThat(serving(run)).containsExactly(1L, 2L, 3L, 4L, 5L, 5L, 5L, 5L, 5L);
    }

    @Test
    void withTheGuardTheModelRecoversAndServersAreFreshAgain() throws IOException {
        Run run = run(1, 40 * MINUTE, example -> withLabels(example, label -> 1 - label));
        // No snapshot of 6, that of 7 is still a little worse, 8 is the first good one of two.
        assertThat(serving(run)).containsExactly(1L, 2L, 3L, 4L, 5L, 5L, 5L, 9L);
    }

    /** Which hour's model servers have after each snapshot, by a gate that loads each in ONNX Runtime. */
    private static List<Long> serving(Run run) throws IOException {
        ServedAfterEach.Outcome outcome = ServedAfterEach.of(CONFIG, run.snapshots);
        assertThat(outcome.registry().entries().values())
                .filteredOn(entry -> entry.state() == State.QUARANTINED)
                .allSatisfy(
                        entry -> assertThat(entry.reason()).containsAnyOf("normalised entropy", "AUC", "calibration"));
        return outcome.serving().stream()
                .map(version -> hour(version.eventTimeMillis()))
                .toList();
    }

    private static long hour(long millis) {
        return (millis - START) / HOUR;
    }

    @Test
    void clicksThatStopStopTheLearningAndNothingIsPublished() {
        Run run = run(4, 80 * MINUTE, example -> withLabels(example, label -> 0));
        assertThat(run.trips).extracting(GuardTrip::reason).containsExactly(GuardReason.LABEL_RATE);
        assertThat(run.trips.get(0).sinceMillis()).isBetween(POISON_FROM, POISON_FROM + 10 * MINUTE);
        assertThat(run.published).doesNotContain(START + 6 * HOUR).contains(START + 8 * HOUR);
        assertThat(run.core.status().isGuardTripped()).isFalse();
    }

    @Test
    void aFeatureThatDiesStopsTheLearning() {
        Run run = run(5, 80 * MINUTE, example -> withNumber(example, 0));
        assertThat(run.trips).extracting(GuardTrip::reason).containsExactly(GuardReason.INPUT);
        assertThat(run.trips.get(0).subject()).isEqualTo("age");
        assertThat(run.published).doesNotContain(START + 6 * HOUR).contains(START + 8 * HOUR);
    }

    @Test
    void aRowThatIsNotANumberCostsItself() {
        Run run = run(
                6,
                MINUTE / 10,
                example -> example.decidedTimeMillis() == POISON_FROM ? withNumber(example, Float.NaN) : example);
        assertThat(run.trips).isEmpty();
        assertThat(run.core.learner().refusedExamples()).isEqualTo(1);
        assertThat(run.published).hasSize(9);
    }

    @Test
    void manyRowsThatAreNotNumbersStopTheLearning() {
        Run run = run(7, 30 * MINUTE, example -> withNumber(example, Float.NaN));
        assertThat(run.trips).extracting(GuardTrip::reason).containsExactly(GuardReason.NOT_FINITE);
        assertThat(run.core.status().isGuardTripped()).isFalse();
    }

    /** Labels that have changed for good: only a person can know. */
    @Test
    void learningGoesOnOnCommand() {
        Run run = run(8, 3 * HOUR, example -> withLabels(example, label -> 0));
        TrainCore core = run.core;
        assertThat(core.status().isGuardTripped()).isFalse();

        Run forGood = run(8, END - POISON_FROM, example -> withLabels(example, label -> 0));
        assertThat(forGood.core.status().isGuardTripped(GuardReason.LABEL_RATE)).isTrue();
        forGood.core.accept(
                new TrainerCommand("r", TrainerCommand.AS_SOON_AS_POSSIBLE, new Resume(), "test", ""), record -> {});
        forGood.core.accept(promise(END + 5 * MINUTE), record -> {}); // a tick ends
        assertThat(forGood.core.status().isGuardTripped()).isFalse();
    }

    @Test
    void theGuardsStateIsPartOfTheTrainers() throws IOException {
        List<LabeledExample> examples = examples(9, 80 * MINUTE, example -> withLabels(example, label -> 0));
        Run whole = run(examples);
        assertThat(whole.trips).hasSize(1);
        for (int cut : new int[] {examples.size() * 50 / 90, examples.size() * 60 / 90, examples.size() * 75 / 90}) {
            HeapStorage storage = new HeapStorage();
            TrainCore first = newCore(storage);
            List<TrainRecord> records = new ArrayList<>();
            feed(first, examples.subList(0, cut), records);
            byte[] saved = saved(first);
            TrainCore second = newCore(storage.copy());
            second.restore(new ByteArrayInputStream(saved));
            first.keptModels().forEach(second::restoreModel);
            feed(second, examples.subList(cut, examples.size()), records);
            end(second, records);
            assertThat(second.status().guardTrips()).isEqualTo(1);
            assertThat(second.status().heldBack()).isEqualTo(whole.core.status().heldBack());
            assertThat(second.learner().saveDense())
                    .isEqualTo(whole.core.learner().saveDense());
        }
    }

    private static byte[] saved(TrainCore core) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        core.save(bytes);
        return bytes.toByteArray();
    }

    private record Run(TrainCore core, List<GuardTrip> trips, List<Snapshot> snapshots, List<Long> published) {}

    private static Run run(long seed, long poisonMillis, Poison poison) {
        return run(examples(seed, poisonMillis, poison));
    }

    private static Run run(List<LabeledExample> examples) {
        return run(CONFIG, examples);
    }

    private static Run run(FreshetConfig config, List<LabeledExample> examples) {
        TrainCore core = TrainPlan.of(config, Optional.empty()).newCore(new HeapStorage());
        List<TrainRecord> records = new ArrayList<>();
        List<GuardTrip> trips = new ArrayList<>();
        for (LabeledExample example : examples) {
            feed(core, List.of(example), records);
            GuardTrip trip = core.status().guardTrip();
            if (trip != null && !trips.contains(trip)) {
                trips.add(trip);
            }
        }
        end(core, records);
        List<Snapshot> snapshots = FoldedCuts.snapshots(config, records);
        List<Long> published = snapshots.stream()
                .map(snapshot -> snapshot.version().eventTimeMillis())
                .toList();
        return new Run(core, trips, snapshots, published);
    }

    private static TrainCore newCore(HeapStorage storage) {
        return TrainPlan.of(CONFIG, Optional.empty()).newCore(storage);
    }

    private static void feed(TrainCore core, List<LabeledExample> examples, List<TrainRecord> records) {
        for (LabeledExample example : examples) {
            core.accept(example, records::add);
            core.accept(promise(example.decidedTimeMillis()), records::add);
        }
    }

    private static void end(TrainCore core, List<TrainRecord> records) {
        core.accept((ExampleMessage) promise(END), records::add);
    }

    private static Frontier promise(long throughMillis) {
        return new Frontier(0, 1, 0, ExampleStreams.KEY_GROUPS - 1, ExampleStreams.KEY_GROUPS, throughMillis);
    }

    /** One every two seconds, decided ten minutes later; labels follow from user and video but for one in ten. */
    private static List<LabeledExample> examples(long seed, long poisonMillis, Poison poison) {
        Random random = new Random(seed);
        List<LabeledExample> examples = new ArrayList<>();
        for (long decided = START; decided < END; decided += 2_000) {
            int taste = random.nextInt(20);
            int quality = random.nextInt(10);
            boolean clicks = taste / 20.0 + quality / 10.0 > 1;
            boolean likes = clicks && random.nextInt(10) == 0;
            boolean noise = random.nextInt(10) == 0;
            LabeledExample example = new LabeledExample(
                    "i" + decided,
                    "u" + taste,
                    "v" + quality,
                    decided - 10 * MINUTE,
                    decided,
                    new FeatureValues(
                            new String[][] {{"u" + taste}, {"v" + quality}}, new float[] {0.01f + random.nextFloat()}),
                    List.of(
                            new TaskLabel("click", clicks == noise ? 0 : 1, 1),
                            new TaskLabel("like", likes ? 1 : 0, 1)));
            boolean bad = decided >= POISON_FROM && decided < POISON_FROM + poisonMillis;
            examples.add(bad ? poison.of(example) : example);
        }
        return examples;
    }

    private interface Relabel {
        float of(float label);
    }

    private static LabeledExample withLabels(LabeledExample of, Relabel relabel) {
        return with(
                of,
                of.features().numbers(),
                of.labels().stream()
                        .map(label -> new TaskLabel(label.task(), relabel.of(label.label()), 1))
                        .toList());
    }

    private static LabeledExample withNumber(LabeledExample of, float number) {
        return with(of, new float[] {number}, of.labels());
    }

    private static LabeledExample with(LabeledExample of, float[] numbers, List<TaskLabel> labels) {
        return new LabeledExample(
                of.impressionId(),
                of.userId(),
                of.videoId(),
                of.eventTimeMillis(),
                of.decidedTimeMillis(),
                new FeatureValues(of.features().ids(), numbers),
                labels);
    }
}

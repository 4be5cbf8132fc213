package freshet.jobs.join;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import freshet.jobs.ViewerEvents;
import freshet.jobs.config.FreshetConfig;
import freshet.jobs.metric.LedgerPart;
import freshet.jobs.source.EventSources.Until;
import freshet.jobs.type.FreshetTypes;
import freshet.serde.event.Event;
import freshet.serde.event.Feedback;
import freshet.serde.event.HistorySeed;
import freshet.serde.event.Impression;
import freshet.serde.example.ExampleMessage;
import freshet.serde.example.Frontier;
import freshet.serde.example.LabeledExample;
import freshet.serde.example.TaskLabel;
import freshet.serde.feature.FeatureState;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.runtime.state.StateBackend;
import org.apache.flink.runtime.state.hashmap.HashMapStateBackend;
import org.apache.flink.state.rocksdb.EmbeddedRocksDBStateBackend;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.AbstractStreamOperatorTestHarness;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.apache.flink.util.OutputTag;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The shell in Flink's harness, on RocksDB, against the core on all events at once. */
class JoinOperatorTest {
    private static final int KEY_GROUPS = 128;
    private static final FreshetConfig CONFIG = ViewerEvents.config();

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void yieldsWhatTheCoreYieldsInOneGo(long seed) throws Exception {
        ViewerEvents viewers = new ViewerEvents(seed, 10, 200);

        try (Subtasks join = new Subtasks(1)) {
            join.feed(viewers.arrival(seed));
            join.end();

            join.assertSameAs(new JoinReference(CONFIG, viewers.events()));
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13})
    void aRestoreAtAnyMomentAndParallelismChangesNothing(long seed) throws Exception {
        ViewerEvents viewers = new ViewerEvents(seed, 10, 200);
        List<Event> arrival = viewers.arrival(seed);
        int third = arrival.size() / 3;

        try (Subtasks join = new Subtasks(1)) {
            join.feed(arrival.subList(0, third));
            join.restart(2);
            join.feed(arrival.subList(third, 2 * third));
            join.restart(4);
            join.feed(arrival.subList(2 * third, arrival.size()));
            join.restart(1);
            join.end();

            join.assertSameAs(new JoinReference(CONFIG, viewers.events()));
        }
    }

    @Test
    void whatIsDoneAgainAfterARestoreIsTheSameAgain() throws Exception {
        ViewerEvents viewers = new ViewerEvents(21, 10, 200);
        List<Event> arrival = viewers.arrival(21);
        int half = arrival.size() / 2;

        try (Subtasks join = new Subtasks(1)) {
            join.feed(arrival.subList(0, half));
            List<OperatorSubtaskState> checkpoint = join.checkpoint();
            int before = join.messages(0).size();
            join.feed(arrival.subList(half, arrival.size() - 20));
            List<LabeledExample> first = join.examplesSince(before);
            join.restore(checkpoint, 1);
            join.feed(arrival.subList(half, arrival.size() - 20));

            assertThat(join.examplesSince(0)).isEqualTo(first).isNotEmpty();
        }
    }

    @Test
    void nothingFollowsTheFrontierThatItPromisedNotTo() throws Exception {
        ViewerEvents viewers = new ViewerEvents(31, 10, 300);

        try (Subtasks join = new Subtasks(2)) {
            join.feed(viewers.arrival(31));
            join.end();

            for (int subtask = 0; subtask < 2; subtask++) {
                long promised = Long.MIN_VALUE;
                for (ExampleMessage message : join.messages(subtask)) {
                    if (message instanceof Frontier frontier) {
                        assertThat(frontier.throughMillis()).isGreaterThan(promised);
                        assertThat(frontier.lastKeyGroup() - frontier.firstKeyGroup() + 1)
                                .isEqualTo(KEY_GROUPS / 2);
                        promised = frontier.throughMillis();
                    } else {
                        assertThat(((LabeledExample) message).decidedTimeMillis())
                                .isGreaterThan(promised);
                    }
                }
                assertThat(promised).isEqualTo(Frontier.END);
            }
        }
    }

    @Test
    void anEventAtTheWatermarkIsLateAlsoAfterARestore() throws Exception {
        try (Subtasks join = new Subtasks(1)) {
            join.feed(List.of(impression("i1", 60_000)));
            join.watermark(ViewerEvents.START + 120_000);
            join.feed(List.of(impression("at-the-watermark", 120_000)));
            join.restart(2);
            join.feed(List.of(impression("still-late", 120_000), impression("not-late", 120_001)));
            join.end();

            assertThat(join.late).containsExactly("at-the-watermark", "still-late");
            assertThat(join.examples).extracting(LabeledExample::impressionId).contains("i1", "not-late");
            assertThat(join.ledger().count(LedgerLine.IMPRESSION_LATE)).isEqualTo(2);
            assertThat(join.ledger().imbalances()).isEmpty();
        }
    }

    /** A few viewers, often: on the heap, since starting RocksDB is most of the time otherwise. */
    @ParameterizedTest
    @ValueSource(longs = {1000, 2000, 3000, 4000})
    void anyRestartsAndParallelismsChangeNothing(long firstSeed) throws Exception {
        for (long seed = firstSeed; seed < firstSeed + 75; seed++) {
            assertAnyRestartsChangeNothing(seed);
        }
    }

    @Tag("faults")
    @ParameterizedTest
    @ValueSource(longs = {11_000, 12_000, 13_000, 14_000})
    void thousandsOfRestartsAndParallelismsChangeNothing(long firstSeed) throws Exception {
        for (long seed = firstSeed; seed < firstSeed + 1000; seed++) {
            assertAnyRestartsChangeNothing(seed);
        }
    }

    private static void assertAnyRestartsChangeNothing(long seed) throws Exception {
        int[] parallelisms = {1, 2, 4};
        SplittableRandom random = new SplittableRandom(seed);
        ViewerEvents viewers = new ViewerEvents(seed, 6, random.nextInt(1, 60));
        List<Event> arrival = viewers.arrival(seed);
        try (Subtasks join = new Subtasks(1, Until.CURRENT_END, new HashMapStateBackend())) {
            int from = 0;
            while (from < arrival.size()) {
                int to = Math.min(arrival.size(), from + random.nextInt(1, 1 + arrival.size()));
                join.feed(arrival.subList(from, to));
                join.restart(parallelisms[random.nextInt(parallelisms.length)]);
                from = to;
            }
            join.end();
            join.assertExactly(new JoinReference(CONFIG, viewers.events()), "seed " + seed);
        }
    }

    @Test
    void stateGoesOnUnderMoreFeaturesTasksAndLongerHorizons() throws Exception {
        FreshetConfig changed = FreshetConfig.parse(
                "changed.yaml",
                ViewerEvents.YAML
                        .replace("label: {kind: click}, horizon: 2m", "label: {kind: click}, horizon: 4m")
                        .replace(
                                "  - {name: like,",
                                "  - {name: share, label: {kind: share}, horizon: 1m}\n  - {name: like,")
                        .replace(
                                "- {name: user, field: user_id}\n    - {name: video, field: video_id}",
                                "- {name: channel, field: channel_id}\n    - {name: video, field: video_id}\n"
                                        + "    - {name: user, field: user_id}"));
        assertThat(changed.features().schema().idNames()).startsWith("channel", "video", "user");

        try (Subtasks join = new Subtasks(1)) {
            join.feed(List.of(impression("before", 0), impression("decided", 1000)));
            join.watermark(ViewerEvents.START + 60_000);
            join.restart(changed, 2);
            join.feed(List.of(
                    feedback("share-before", "before", "share", 61_000),
                    impression("after", 70_000),
                    feedback("share-after", "after", "share", 90_000),
                    feedback("late-click", "before", "click", 180_000)));
            join.end();

            assertThat(join.labels("before"))
                    .as("the horizon is longer, and the new task had no part in it")
                    .contains(new TaskLabel("click", 1, 1))
                    .extracting(TaskLabel::task)
                    .doesNotContain("share");
            assertThat(join.labels("after")).contains(new TaskLabel("share", 1, 1));
            LabeledExample example = join.examples.stream()
                    .filter(one -> one.impressionId().equals("before"))
                    .findFirst()
                    .orElseThrow();
            assertThat(example.features().ids()[0]).as("the new feature").isEmpty();
            assertThat(example.features().ids()[1]).containsExactly("v");
            assertThat(example.features().ids()[2]).containsExactly("u");
            assertThat(join.ledger().imbalances()).isEmpty();
            int share = changed.join().taskNames().indexOf("share");
            assertThat(join.ledger().count(LedgerLine.TASK_MASKED_BEFORE_TASK, share))
                    .isEqualTo(2);
        }
    }

    @Test
    void stateThatAChangedConfigurationWouldMisreadIsRefusedInWords() throws Exception {
        FreshetConfig changed = FreshetConfig.parse(
                "changed.yaml",
                ViewerEvents.YAML
                        .replace("label: {kind: click}, horizon: 2m", "label: {kind: click}, horizon: 1m")
                        .replace("label: {kind: like}", "label: {kind: dislike}")
                        .replace("count: 5", "count: 6"));
        try (Subtasks join = new Subtasks(1)) {
            join.feed(List.of(impression("i", 0)));

            assertThatThrownBy(() -> join.restart(changed, 1))
                    .hasStackTraceContaining("task click: found a horizon of 60000 ms, expected at least the 120000")
                    .hasStackTraceContaining("task like: found the label 'ANY of dislike")
                    .hasStackTraceContaining("\"count\":6")
                    .hasStackTraceContaining("give the changed feature a new name");
        }
    }

    @Test
    void whoDoesNotComeBackIsForgottenInTheStoreAndByServers() throws Exception {
        long day = 24L * 3_600_000;
        try (Subtasks join = new Subtasks(1, Until.CURRENT_END, new HashMapStateBackend())) {
            join.feed(List.of(impression("i", 0)));
            join.watermark(ViewerEvents.START + day);
            join.restart(1);
            assertThat(join.told).containsKey("u");
            assertThat(join.storedUsers()).isEqualTo(1);

            join.watermark(ViewerEvents.START + 89 * day);
            assertThat(join.storedUsers()).isEqualTo(1);
            join.watermark(ViewerEvents.START + 115 * day);
            assertThat(join.storedUsers()).isZero();
            join.collect();
            assertThat(join.told).doesNotContainKey("u");
        }
    }

    /** What stopping a job with --drain does to events that have no end. */
    @Test
    void aJobThatIsDrainedDecidesNothingEarlyAndPromisesNoEnd() throws Exception {
        ViewerEvents viewers = new ViewerEvents(71, 10, 200);
        List<Event> arrival = viewers.arrival(71);
        int half = arrival.size() / 2;

        try (Subtasks join = new Subtasks(1, Until.STOPPED)) {
            join.feed(arrival.subList(0, half));
            int before = join.messages(0).size();
            join.drain();
            assertThat(join.messages(0)).hasSize(before);

            join.restart(1);
            join.feed(arrival.subList(half, arrival.size()));
            join.watermark(ViewerEvents.START + 10L * 24 * 3_600_000);
            join.collect();
            join.assertSameAs(new JoinReference(CONFIG, viewers.events()));
        }
    }

    private static Feedback feedback(String id, String impression, String kind, long afterStartMillis) {
        return new Feedback(id, impression, "u", "v", ViewerEvents.START + afterStartMillis, kind, 1);
    }

    private static Impression impression(String id, long afterStartMillis) {
        return Impression.builder(id, "u", "v", ViewerEvents.START + afterStartMillis)
                .build();
    }

    /** All subtasks of one operator, events routed to them as Flink would. */
    private static final class Subtasks implements AutoCloseable {
        private final List<KeyedOneInputStreamOperatorTestHarness<String, EncodedEvent, ExampleMessage>> harnesses =
                new ArrayList<>();
        private final List<LabeledExample> examples = new ArrayList<>();
        private final List<String> late = new ArrayList<>();
        private final List<String> orphans = new ArrayList<>();
        /** By user, what servers hold that keep the latest. */
        private final SortedMap<String, FeatureState> told = new TreeMap<>();

        private Ledger ledger = new Ledger(CONFIG.join().taskNames());
        private FreshetConfig config = CONFIG;
        private long newestMillis = Long.MIN_VALUE;
        private final Until until;
        private final StateBackend backend;
        private long checkpointId;

        Subtasks(int parallelism) throws Exception {
            this(parallelism, Until.CURRENT_END);
        }

        Subtasks(int parallelism, Until until) throws Exception {
            this(parallelism, until, new EmbeddedRocksDBStateBackend(true));
        }

        Subtasks(int parallelism, Until until, StateBackend backend) throws Exception {
            this.until = until;
            this.backend = backend;
            start(parallelism, List.of(), 0);
        }

        private void start(int parallelism, List<OperatorSubtaskState> restored, int oldParallelism) throws Exception {
            for (int subtask = 0; subtask < parallelism; subtask++) {
                var harness = new KeyedOneInputStreamOperatorTestHarness<>(
                        new JoinOperator("join", config.json(), until, JoinOperator.ForServers.HISTORIES),
                        EncodedEvent::userId,
                        Types.STRING,
                        KEY_GROUPS,
                        parallelism,
                        subtask);
                harness.setStateBackend(backend);
                harness.setup(FreshetTypes.EXAMPLE_MESSAGE.createSerializer(new SerializerConfigImpl()));
                if (!restored.isEmpty()) {
                    OperatorSubtaskState whole = AbstractStreamOperatorTestHarness.repackageState(
                            restored.toArray(OperatorSubtaskState[]::new));
                    harness.initializeState(AbstractStreamOperatorTestHarness.repartitionOperatorState(
                            whole, KEY_GROUPS, oldParallelism, parallelism, subtask));
                }
                harness.open();
                harnesses.add(harness);
            }
        }

        /** Feeds events, and after each the watermark that the allowed disorder gives. */
        void feed(List<Event> events) throws Exception {
            for (Event event : events) {
                int subtask = KeyGroupRangeAssignment.assignKeyToParallelOperator(
                        event.userId(), KEY_GROUPS, harnesses.size());
                harnesses
                        .get(subtask)
                        .processElement(new StreamRecord<>(EncodedEvent.of(event), event.eventTimeMillis()));
                if (!(event instanceof HistorySeed)) {
                    newestMillis = Math.max(newestMillis, event.eventTimeMillis());
                    watermark(newestMillis - ViewerEvents.MAX_DISORDER_MILLIS - 1);
                }
            }
        }

        void watermark(long millis) throws Exception {
            for (var harness : harnesses) {
                if (millis > harness.getCurrentWatermark()) {
                    harness.processWatermark(millis);
                }
            }
        }

        void end() throws Exception {
            drain();
            collect();
        }

        void drain() throws Exception {
            for (var harness : harnesses) {
                harness.processWatermark(Long.MAX_VALUE);
                harness.endInput();
                harness.getOperator().finish();
            }
        }

        List<OperatorSubtaskState> checkpoint() throws Exception {
            List<OperatorSubtaskState> states = new ArrayList<>();
            checkpointId++;
            for (var harness : harnesses) {
                states.add(harness.snapshot(checkpointId, checkpointId));
            }
            return states;
        }

        void restart(FreshetConfig changed, int parallelism) throws Exception {
            List<OperatorSubtaskState> states = checkpoint();
            collect();
            config = changed;
            restore(states, parallelism);
        }

        List<TaskLabel> labels(String impressionId) {
            return examples.stream()
                    .filter(example -> example.impressionId().equals(impressionId))
                    .flatMap(example -> example.labels().stream())
                    .toList();
        }

        void restart(int parallelism) throws Exception {
            List<OperatorSubtaskState> states = checkpoint();
            collect();
            restore(states, parallelism);
        }

        void restore(List<OperatorSubtaskState> states, int parallelism) throws Exception {
            int oldParallelism = harnesses.size();
            close();
            harnesses.clear();
            newestMillis = Long.MIN_VALUE; // sources forget too
            start(parallelism, states, oldParallelism);
        }

        private void collect() {
            Ledger sum = new Ledger(config.join().taskNames());
            for (int subtask = 0; subtask < harnesses.size(); subtask++) {
                for (ExampleMessage message : messages(subtask)) {
                    if (message instanceof LabeledExample example) {
                        examples.add(example);
                    }
                }
                side(subtask, JoinOperator.LATE).forEach(event -> late.add(event.id()));
                side(subtask, JoinOperator.ORPHANS).forEach(event -> orphans.add(event.id()));
                side(subtask, JoinOperator.USER_FEATURES).forEach(change -> {
                    FeatureState state = change.state();
                    if (state == null) {
                        told.remove(change.key().id());
                    } else {
                        told.merge(
                                change.key().id(),
                                state,
                                (old, now) -> now.asOfMillis() < old.asOfMillis() ? old : now);
                    }
                });
                List<LedgerPart> parts = side(subtask, LedgerPart.TAG);
                if (!parts.isEmpty()) {
                    sum.merge(Ledger.decode(parts.get(parts.size() - 1).counts()));
                }
            }
            ledger = sum;
        }

        private <T> List<T> side(int subtask, OutputTag<T> tag) {
            Queue<StreamRecord<T>> records = harnesses.get(subtask).getSideOutput(tag);
            return records == null
                    ? List.of()
                    : records.stream().map(StreamRecord::getValue).toList();
        }

        List<ExampleMessage> messages(int subtask) {
            return harnesses.get(subtask).extractOutputValues();
        }

        List<LabeledExample> examplesSince(int message) {
            return messages(0).stream()
                    .skip(message)
                    .filter(LabeledExample.class::isInstance)
                    .map(LabeledExample.class::cast)
                    .sorted(LabeledExample.ORDER)
                    .toList();
        }

        int storedUsers() {
            return harnesses.stream()
                    .mapToInt(harness -> harness.numKeyedStateEntries())
                    .sum();
        }

        Ledger ledger() {
            return ledger;
        }

        void assertSameAs(JoinReference reference) {
            assertExactly(reference, "all");
            assertThat(examples).isNotEmpty();
            assertThat(orphans).isNotEmpty();
        }

        void assertExactly(JoinReference reference, String what) {
            examples.sort(LabeledExample.ORDER);
            orphans.sort(null);
            assertThat(examples).as(what).isEqualTo(reference.examples());
            assertThat(orphans).as(what).isEqualTo(reference.orphans());
            assertThat(late).as(what).isEmpty();
            assertThat(told.keySet()).isEqualTo(reference.histories().keySet());
            reference
                    .histories()
                    .forEach((user, history) -> assertThat(
                                    Objects.requireNonNull(told.get(user)).state())
                            .isEqualTo(history.encode()));
            assertThat(ledger).isEqualTo(reference.ledger());
            assertThat(ledger.imbalances()).isEmpty();
        }

        @Override
        public void close() throws Exception {
            for (var harness : harnesses) {
                harness.close();
            }
        }
    }
}

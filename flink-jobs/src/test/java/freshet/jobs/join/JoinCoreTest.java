package freshet.jobs.join;

import static freshet.jobs.join.LedgerLine.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import freshet.features.binary.ByteWriter;
import freshet.features.extract.FeatureExtractor;
import freshet.serde.config.ConfigNode;
import freshet.serde.event.Event;
import freshet.serde.event.Feedback;
import freshet.serde.event.HistorySeed;
import freshet.serde.event.Impression;
import freshet.serde.example.LabeledExample;
import freshet.serde.example.TaskLabel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The rules of the join one by one; {@link JoinCoreRandomTest} has their combinations. Times are milliseconds. */
class JoinCoreTest {
    private static final String TASKS = """
            events: {feedback_wait: 50ms, duplicate_window: 200ms}
            tasks:
              - {name: click, label: {kind: click}, horizon: 100ms}
              - {name: watch, label: {kind: watch, aggregate: sum}, horizon: 100ms}
            """;

    private JoinSpec spec = spec(TASKS);
    private CollectedOutput out = new CollectedOutput(spec);
    private UserState state = new UserState();

    private static JoinSpec spec(String yaml) {
        try {
            return JoinSpec.read(ConfigNode.root("test", new YAMLMapper().readTree(yaml)));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void given(String yaml) {
        spec = spec(yaml);
        out = new CollectedOutput(spec);
    }

    private JoinCore core() {
        return new JoinCore(spec, new FeatureExtractor(ReferenceFeatures.spec()));
    }

    private void accept(Event... events) {
        for (Event event : events) {
            core().accept(state, EncodedEvent.of(event), Long.MIN_VALUE, out);
        }
    }

    private void advance(long watermark) {
        core().advance(state, watermark, out);
        assertThat(out.ledger.imbalances()).isEmpty();
    }

    private static Impression shown(String id, long time) {
        return Impression.builder(id, "u", "v" + id, time)
                .videoDurationMillis(1000)
                .build();
    }

    private static Feedback felt(String id, @Nullable String impression, long time, String kind, double value) {
        return new Feedback(id, impression, "u", "v" + impression, time, kind, value);
    }

    private static Feedback click(String id, String impression, long time) {
        return felt(id, impression, time, "click", 1);
    }

    /** Examples as text: impression @decided time: its labels. */
    private List<String> examples() {
        return out.examples.stream()
                .map(example -> example.impressionId() + "@" + example.decidedTimeMillis() + ": " + labels(example))
                .toList();
    }

    private static String labels(LabeledExample example) {
        return example.labels().stream()
                .map(label -> label.task() + "=" + label.label())
                .collect(Collectors.joining(" "));
    }

    private long count(LedgerLine line) {
        return out.ledger.count(line);
    }

    @Test
    void withoutFeedbackLabelsAreNegativeWhenTheHorizonEnds() {
        accept(shown("a", 1000));
        advance(1099);
        assertThat(examples()).isEmpty();
        assertThat(state.nextDueMillis()).isEqualTo(1100);
        advance(1100);
        assertThat(examples()).containsExactly("a@1100: click=0.0 watch=0.0");
    }

    @Test
    void aClickIsDecidedAtOnceAndTheRestWhenItIsRipe() {
        accept(shown("a", 1000), click("f", "a", 1010), felt("g", "a", 1100, "watch", 7));
        advance(2000);
        assertThat(examples()).containsExactly("a@1010: click=1.0", "a@1100: watch=7.0");
    }

    @Test
    void feedbackInTheLastMillisecondOfTheHorizonCountsAndLaterDoesNot() {
        accept(shown("a", 1000), click("f", "a", 1100), shown("b", 1000), click("g", "b", 1101));
        advance(2000);
        assertThat(examples()).containsExactly("a@1100: click=1.0 watch=0.0", "b@1100: click=0.0 watch=0.0");
        assertThat(count(FEEDBACK_USED)).isEqualTo(1);
        assertThat(count(FEEDBACK_AFTER_HORIZON)).isEqualTo(1);
    }

    @Test
    void labelsWaitForTheirHorizonWhereAsked() {
        given("tasks: [{name: click, label: {kind: click}, horizon: 100ms, decide: at_horizon}]");
        accept(shown("a", 1000), click("f", "a", 1010));
        advance(2000);
        assertThat(examples()).containsExactly("a@1100: click=1.0");
    }

    @Test
    void feedbackBeforeItsImpressionCountsAsIfItCameWithIt() {
        accept(click("f", "a", 950), shown("a", 1000));
        advance(999);
        assertThat(count(FEEDBACK_WAITING)).isEqualTo(1);
        advance(1000);
        assertThat(examples()).containsExactly("a@1000: click=1.0");
        assertThat(count(FEEDBACK_USED)).isEqualTo(1);
    }

    @Test
    void feedbackThatWaitedTooLongIsAnOrphan() {
        accept(click("f", "a", 949), shown("a", 1000));
        advance(2000);
        assertThat(examples()).containsExactly("a@1100: click=0.0 watch=0.0");
        assertThat(out.orphans).extracting(Feedback::id).containsExactly("f");
        assertThat(count(FEEDBACK_ORPHAN)).isEqualTo(1);
    }

    @Test
    void feedbackWithoutAnImpressionIdAnswersTheNewestOfItsVideo() {
        Impression first = Impression.builder("1", "u", "v", 1000).build();
        Impression second = Impression.builder("2", "u", "v", 1010).build();
        accept(first, second, new Feedback("f", null, "u", "v", 1020, "click", 1));
        advance(2000);
        assertThat(examples()).containsExactly("2@1020: click=1.0", "1@1100: click=0.0 watch=0.0", "2@1110: watch=0.0");
    }

    @Test
    void anIdSeenAgainIsADuplicateWithinTheWindowOnly() {
        accept(shown("a", 1000), shown("a", 1200), shown("a", 1201));
        accept(click("f", "a", 1000), click("f", "a", 1200), click("f", "a", 1201));
        advance(2000);
        assertThat(count(IMPRESSION_DUPLICATE)).isEqualTo(1);
        assertThat(count(IMPRESSION_ACCEPTED)).isEqualTo(2);
        assertThat(count(FEEDBACK_DUPLICATE)).isEqualTo(1);
        assertThat(examples())
                .containsExactly("a@1000: click=1.0", "a@1100: watch=0.0", "a@1201: click=1.0", "a@1301: watch=0.0");
    }

    @Test
    void anImpressionIdIsRememberedWhileItsLabelsAreOpen() {
        given("{events: {duplicate_window: 0ms}, tasks: [{name: click, label: {kind: click}, horizon: 100ms}]}");
        accept(shown("a", 1000), shown("a", 1100), shown("a", 1101));
        advance(2000);
        assertThat(count(IMPRESSION_DUPLICATE)).isEqualTo(1);
        assertThat(count(IMPRESSION_ACCEPTED)).isEqualTo(2);
    }

    @Test
    void anEventAtOrBeforeTheWatermarkIsLate() {
        core().accept(state, EncodedEvent.of(shown("a", 1000)), 1000, out);
        core().accept(state, EncodedEvent.of(shown("b", 1001)), 1000, out);
        core().accept(state, EncodedEvent.of(click("f", "a", 1000)), 1000, out);
        core().accept(state, EncodedEvent.of(new HistorySeed("u", 5, 0, new TreeMap<>())), 1000, out);
        assertThat(out.late).extracting(Event::id).containsExactly("a", "f", "u");
        assertThat(out.ledger.imbalances()).isEmpty();
        assertThat(count(IMPRESSION_LATE) + count(FEEDBACK_LATE) + count(HISTORY_LATE))
                .isEqualTo(3);
    }

    /** After a restart the first watermark may be older than what the user has been through. */
    @Test
    void anEventBeforeWhatWasProcessedIsLateEvenAfterARestart() {
        accept(shown("a", 1000));
        advance(1100);
        state = UserState.decode(state.encode());
        accept(click("f", "a", 1100));
        assertThat(out.late).extracting(Event::id).containsExactly("f");
        accept(click("g", "a", 1101));
        assertThat(state.pendingEvents()).isEqualTo(1);
    }

    @Test
    void ofTwoRecordsWithOneIdAndTimeTheSameIsKeptWhicheverCameFirst() {
        Impression one = Impression.builder("a", "u", "v1", 1000).build();
        Impression other = Impression.builder("a", "u", "v2", 1000).build();
        accept(one, other);
        advance(2000);
        LabeledExample first = out.examples.get(0);
        state = new UserState();
        accept(other, one);
        advance(2000);
        assertThat(out.examples).containsExactly(first, first);
    }

    @Test
    void aTaskIsMaskedWhereTheOneItIsGivenIsNotFulfilled() {
        given("""
                tasks:
                  - {name: click, label: {kind: click}, horizon: 200ms}
                  - {name: watch, label: {kind: watch, aggregate: sum}, horizon: 100ms, given: click}
                  - {name: like, label: {kind: like}, horizon: 300ms, given: watch}
                """);
        accept(shown("a", 1000), shown("b", 1000), felt("w", "b", 1090, "watch", 3), click("c", "b", 1150));
        advance(2000);
        assertThat(examples()).containsExactly("b@1150: click=1.0 watch=3.0", "a@1200: click=0.0", "b@1300: like=0.0");
        assertThat(out.ledger.count(TASK_MASKED_GIVEN, 1)).isEqualTo(1);
        assertThat(out.ledger.count(TASK_MASKED_GIVEN, 2)).isEqualTo(1);
    }

    @Test
    void aRatioIsMaskedWhereTheDurationIsUnknown() {
        given("tasks: [{name: done, label: {kind: watch, aggregate: sum, ratio_of: video_duration, at_least: 0.9},"
                + " horizon: 100ms}]");
        accept(shown("a", 1000), Impression.builder("b", "u", "v", 1000).build());
        accept(felt("f", "a", 1010, "watch", 500), felt("g", "a", 1020, "watch", 400));
        advance(2000);
        assertThat(examples()).containsExactly("a@1020: done=1.0");
        assertThat(out.ledger.count(TASK_MASKED_DURATION_UNKNOWN, 0)).isEqualTo(1);
    }

    @Test
    void aggregatesFoldTheValuesInEventOrder() {
        given("""
                tasks:
                  - {name: sum, label: {kind: rate, aggregate: sum}, horizon: 100ms}
                  - {name: max, label: {kind: rate, aggregate: max}, horizon: 100ms}
                  - {name: last, label: {kind: rate, aggregate: last}, horizon: 100ms}
                  - {name: count, label: {kind: rate, aggregate: count}, horizon: 100ms}
                  - {name: any, label: {kind: rate, at_least: 5}, horizon: 100ms}
                  - {name: seconds, label: {kind: rate, aggregate: sum, unit: seconds, transform: sqrt}, horizon: 100ms}
                """);
        accept(shown("a", 1000), felt("3", "a", 1030, "rate", 2), felt("1", "a", 1010, "rate", 4), shown("b", 1000));
        accept(felt("2", "a", 1020, "rate", -1));
        advance(2000);
        assertThat(examples())
                .containsExactly(
                        "a@1100: sum=6.0 max=4.0 last=2.0 count=2.0 any=0.0 seconds=0.07745967",
                        "b@1100: sum=0.0 max=0.0 last=0.0 count=0.0 any=0.0 seconds=0.0");
    }

    @Test
    void featuresAreAsOfTheEventsBeforeTheImpressionWhateverCameFirst() {
        accept(shown("b", 1001), felt("f", "a", 1000, "like", 1), shown("a", 1000), shown("c", 1000));
        advance(2000);
        assertThat(recent("last_shown", "a")).isEmpty();
        assertThat(recent("last_shown", "c")).containsExactly("va");
        assertThat(recent("last_liked", "c")).isEmpty();
        assertThat(recent("last_shown", "b")).containsExactly("vc", "va");
        assertThat(recent("last_liked", "b")).containsExactly("va");
    }

    private String[] recent(String feature, String impressionId) {
        int slot = ReferenceFeatures.spec().schema().idSlot(feature);
        return out.examples.stream()
                .filter(example -> example.impressionId().equals(impressionId))
                .map(example -> example.features().ids()[slot])
                .findFirst()
                .orElseThrow();
    }

    @Test
    void feedbackThatNoTaskAsksForIsStillHistory() {
        accept(felt("f", "a", 1000, "like", 1), shown("b", 1001));
        advance(2000);
        assertThat(count(FEEDBACK_NOT_ASKED)).isEqualTo(1);
        assertThat(state.history().recentVideos("like", 1)).containsExactly("va");
    }

    @Test
    void limitsEndWhatIsOldestAndAreCounted() {
        given("""
                events: {feedback_wait: 1h, limits: {open_impressions: 2, remembered_ids: 2, waiting_feedback: 1,
                         pending_events: 4}}
                tasks: [{name: click, label: {kind: click}, horizon: 100ms}]
                """);
        accept(shown("a", 1000), shown("b", 1001), shown("c", 1002), click("f", "?", 1003), click("g", "?", 1004));
        assertThat(count(FEEDBACK_REFUSED)).isEqualTo(1);
        assertThat(out.late).extracting(Event::id).containsExactly("g");
        advance(1003);
        assertThat(out.ledger.count(TASK_MASKED_LIMIT, 0)).isEqualTo(1);
        assertThat(count(IDS_FORGOTTEN)).isEqualTo(1);
        accept(click("h", "?", 1005), click("i", "c", 1006));
        advance(2000);
        assertThat(out.orphans).extracting(Feedback::id).containsExactly("f");
        assertThat(count(FEEDBACK_WAITING)).isEqualTo(1);
        assertThat(examples()).containsExactly("c@1006: click=1.0", "b@1101: click=0.0");
    }

    @Test
    void aUserWhoLeavesKeepsOnlyAHistoryAndComesBackAsANewOne() {
        accept(shown("a", 1000), click("f", "a", 1001), felt("g", "a", 1002, "watch", 1));
        advance(1002);
        assertThat(state.encode().length).isGreaterThan(150);
        advance(1100);
        assertThat(state.nextDueMillis()).as("ids are forgotten").isEqualTo(1203);
        advance(1203);
        long forgotten = 1002 + JoinSpec.DEFAULT_USER_TTL.toMillis();
        assertThat(state.nextDueMillis()).isEqualTo(Long.MAX_VALUE);
        assertThat(state.openImpressions() + state.pendingEvents() + state.seenImpressions.size())
                .isZero();
        assertThat(state.encode().length).isLessThan(state.history().encode().length + 50);
        assertThat(state.isExpired(forgotten, JoinSpec.DEFAULT_USER_TTL.toMillis()))
                .isFalse();
        assertThat(state.isExpired(forgotten + 1, JoinSpec.DEFAULT_USER_TTL.toMillis()))
                .isTrue();
        accept(shown("b", forgotten + 1));
        advance(forgotten + 1);
        assertThat(state.history().impressions()).isEqualTo(1);
    }

    /** It would predict the very label that it makes. */
    @Test
    void aLikeStampedBeforeItsImpressionIsNoFeatureOfItButOfTheNext() {
        given("""
                events: {feedback_wait: 50ms}
                tasks: [{name: like, label: {kind: like}, horizon: 100ms}]
                """);
        accept(felt("f", "a", 990, "like", 1), shown("a", 1000), shown("b", 1050));
        advance(2000);
        int liked = ReferenceFeatures.spec().schema().idSlot("last_liked");
        assertThat(out.examples.get(0).impressionId()).isEqualTo("a");
        assertThat(out.examples.get(0).features().ids()[liked]).isEmpty();
        assertThat(out.examples.get(1).features().ids()[liked]).containsExactly("va");
    }

    @Test
    void lateFeedbackTakesTheNegativeBackWithItsWeight() {
        given("""
                tasks:
                  - {name: click, label: {kind: click}, horizon: 100ms, late: correct, correction_window: 1s,
                     negatives: {keep: 0.5}}
                """);
        List<Event> events = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            events.add(shown("i" + i, 1000));
            events.add(click("f" + i, "i" + i, 1500));
            events.add(click("g" + i, "i" + i, 1600));
        }
        accept(events.toArray(Event[]::new));
        advance(10_000);
        List<TaskLabel> negatives = new ArrayList<>();
        List<TaskLabel> corrections = new ArrayList<>();
        out.examples.forEach(
                example -> (example.decidedTimeMillis() == 1100 ? negatives : corrections).addAll(example.labels()));
        assertThat(negatives).hasSizeBetween(10, 30).containsOnly(new TaskLabel("click", 0, 2, 0.5f, 0));
        assertThat(corrections).hasSize(40);
        assertThat(corrections.stream().filter(label -> label.equals(new TaskLabel("click", 1, 1, 1, 2))))
                .as("what was trained is undone")
                .hasSameSizeAs(negatives);
        assertThat(corrections.stream().filter(label -> label.equals(new TaskLabel("click", 1, 1, 1, 0))))
                .as("what was left out needs no undoing")
                .hasSize(40 - negatives.size());
        assertThat(out.ledger.count(TASK_CORRECTED, 0)).isEqualTo(40);
        assertThat(count(FEEDBACK_USED)).isEqualTo(40);
        assertThat(count(FEEDBACK_AFTER_HORIZON)).isEqualTo(40);
    }

    @Test
    void aTaskThatWaitsHandsOutNoNegativeBeforeTheWindowHasEnded() {
        given("""
                tasks:
                  - {name: click, label: {kind: click}, horizon: 100ms, late: wait, correction_window: 1s}
                """);
        accept(shown("a", 1000), shown("b", 1000), click("f", "a", 1500));
        advance(10_000);
        assertThat(examples()).containsExactly("a@1500: click=1.0", "b@2100: click=0.0");
    }

    @Test
    void onlyTheFirstImpressionsOfADayHaveLabels() {
        given("""
                events: {limits: {impressions_per_day: 2}}
                tasks: [{name: click, label: {kind: click}, horizon: 100ms}]
                """);
        long day = 86_400_000;
        accept(shown("a", 1000), shown("b", 2000), shown("c", 3000), click("f", "c", 3010), shown("d", day));
        advance(2 * day);
        assertThat(out.examples).extracting(LabeledExample::impressionId).containsExactly("a", "b", "d");
        assertThat(out.ledger.count(TASK_MASKED_DAY_CAP, 0)).isEqualTo(1);
        assertThat(count(IMPRESSION_ACCEPTED)).isEqualTo(4);
    }

    @Test
    void featuresTooLargeForTheTopicHaveNoLabels() {
        String[] tags = new String[1024];
        Arrays.setAll(tags, i -> i + "\u8f38".repeat(450));
        Impression large = Impression.builder("a", "u", "v", 1000)
                .surface("s".repeat(500))
                .ids("tag", List.of(tags))
                .build();
        accept(large, shown("b", 1000));
        advance(2000);
        assertThat(out.examples).extracting(LabeledExample::impressionId).containsOnly("b");
        assertThat(out.ledger.count(TASK_MASKED_TOO_LARGE, 0)).isEqualTo(1);
    }

    @Test
    void aUserHasNoRoomForMoreBytesThanTheLimit() {
        ByteWriter one = new ByteWriter();
        EventBytes.write(one, shown("a", 1000));
        given("""
                events: {limits: {pending_bytes: %d}}
                tasks: [{name: click, label: {kind: click}, horizon: 100ms}]
                """.formatted(3 * one.size() - 1));
        accept(shown("a", 1000), shown("b", 1001), shown("c", 1002));
        assertThat(out.late).extracting(Event::id).containsExactly("c");
        advance(1001);
        accept(shown("d", 1002), shown("e", 1002));
        assertThat(out.late).extracting(Event::id).containsExactly("c");
        assertThat(count(IMPRESSION_REFUSED)).isEqualTo(1);
    }

    @Test
    void featuresLeaveWithTheLastLabel() {
        given("tasks: [{name: click, label: {kind: click}, horizon: 100ms}]");
        accept(shown("a", 1000), click("f", "a", 1010));
        advance(1009);
        assertThat(state.open.get(0).features().ids()).isNotEmpty();
        advance(1010);
        UserState stored = UserState.decode(state.encode());
        assertThatThrownBy(() -> stored.open.get(0).features()).hasMessageContaining("dropped");
    }

    @Test
    void examplesOfAUserComeInTheirOrder() {
        accept(shown("z", 1000), shown("a", 1000), shown("m", 1000), click("1", "z", 1100), click("2", "a", 1100));
        advance(2000);
        assertThat(out.examples).isSortedAccordingTo(LabeledExample.ORDER);
        assertThat(out.examples)
                .extracting(LabeledExample::impressionId)
                .isSortedAccordingTo(Comparator.naturalOrder())
                .containsExactly("a", "m", "z");
        assertThat(out.examples.get(1).labels())
                .containsExactly(new TaskLabel("click", 0f, 1f), new TaskLabel("watch", 0f, 1f));
    }

    @Test
    void anotherUsersEventIsRefused() {
        accept(shown("a", 1000));
        Impression other = Impression.builder("b", "someone else", "v", 1000).build();
        assertThatThrownBy(() -> accept(other)).hasMessageContaining("another user");
    }

    @Test
    void openLabelsOfOtherTasksAreRefused() {
        accept(shown("a", 1000));
        advance(1000);
        state = UserState.decode(state.encode());
        given("tasks: [{name: click, label: {kind: click}, horizon: 100ms}]");
        assertThatThrownBy(() -> advance(2000)).hasMessageContaining("found state of 2 tasks, expected the 1");
    }
}

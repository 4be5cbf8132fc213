package freshet.jobs.source;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.jobs.metric.LedgerPart;
import freshet.jobs.type.FreshetTypes;
import freshet.serde.event.DeadLetter;
import freshet.serde.event.DeadLetter.Reason;
import freshet.serde.event.Event;
import freshet.serde.event.Impression;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.util.AbstractStreamOperatorTestHarness;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.Test;

class SetAsideOperatorTest {
    private static final long MAX_FUTURE = 10_000;

    @Test
    void goodRecordsGoOnBadOnesAside() throws Exception {
        try (var operator = start(1, 0)) {
            operator.open();
            operator.processElement(good("i1"), 1);
            operator.processElement(bad(), 2);
            operator.processElement(new SourceRecord.Skipped(EventStream.IMPRESSIONS, "type is heartbeat"), 3);
            operator.processWatermark(0);

            assertThat(operator.extractOutputValues()).extracting(Event::id).containsExactly("i1");
            assertThat(operator.getSideOutput(SetAsideOperator.DEAD_LETTERS)).hasSize(1);
        }
    }

    @Test
    void theTallyGoesOnAfterARestoreAtAnotherParallelism() throws Exception {
        OperatorSubtaskState state;
        try (var operator = start(1, 0)) {
            operator.open();
            operator.processElement(good("i1"), 1);
            operator.processElement(bad(), 2);
            state = operator.snapshot(1, 1);
            operator.processElement(good("read again after the restore"), 3);
        }
        SourceTally sum = new SourceTally();
        for (int subtask = 0; subtask < 2; subtask++) {
            try (var operator = start(2, subtask)) {
                operator.initializeState(
                        AbstractStreamOperatorTestHarness.repartitionOperatorState(state, 128, 1, 2, subtask));
                operator.open();
                operator.processElement(good("i" + subtask), 4);
                operator.processWatermark(Long.MAX_VALUE);
                operator.getOperator().finish();
                sum.merge(lastTally(operator));
            }
        }

        assertThat(sum.readCount(EventStream.IMPRESSIONS)).isEqualTo(4);
        assertThat(sum.decodedCount(EventStream.IMPRESSIONS)).isEqualTo(3);
        assertThat(sum.deadCount(EventStream.IMPRESSIONS, Reason.UNDECODABLE)).isEqualTo(1);
        assertThat(sum.imbalances()).isEmpty();
    }

    @Test
    void anEventFarAheadIsADeadLetterWithItsRawBytesAlsoIfARestoreComesBetween() throws Exception {
        OperatorSubtaskState state;
        try (var operator = start(1, 0)) {
            operator.open();
            for (int i = 0; i < 3; i++) {
                operator.processElement(good("i" + i, i), i);
            }
            operator.processElement(good("ahead", 1_000_000), 4);
            assertThat(operator.extractOutputValues()).extracting(Event::id).containsExactly("i0", "i1", "i2");
            state = operator.snapshot(1, 1);
        }
        try (var operator = start(1, 0)) {
            operator.initializeState(state);
            operator.open();
            operator.processElement(good("after", 10), 5);
            operator.processWatermark(Long.MAX_VALUE);
            operator.getOperator().finish();

            assertThat(operator.extractOutputValues()).extracting(Event::id).containsExactly("after");
            DeadLetter letter = operator.getSideOutput(SetAsideOperator.DEAD_LETTERS)
                    .iterator()
                    .next()
                    .getValue();
            assertThat(letter.reason()).isEqualTo(Reason.FUTURE);
            assertThat(letter.raw()).asString().isEqualTo("ahead");
            assertThat(letter.detail()).contains("found 1000000", "events.max_future");
            SourceTally tally = lastTally(operator);
            assertThat(tally.deadCount(EventStream.IMPRESSIONS, Reason.FUTURE)).isEqualTo(1);
            assertThat(tally.heldCount(EventStream.IMPRESSIONS)).isZero();
            assertThat(tally.imbalances()).isEmpty();
        }
    }

    @Test
    void whatIsHeldIsLetGoWhenTheOtherPartitionsComeNear() throws Exception {
        try (var operator = start(1, 0)) {
            operator.open();
            for (int i = 0; i < 3; i++) {
                operator.processElement(good("i" + i, i), i);
            }
            operator.processElement(good("next", 1_000_000), 4);
            operator.processWatermark(1_000_000 - MAX_FUTURE - 1);
            assertThat(operator.extractOutputValues()).hasSize(3);
            operator.processWatermark(1_000_000 - MAX_FUTURE);

            assertThat(operator.extractOutputValues()).extracting(Event::id).contains("next");
        }
    }

    @Test
    void theTallyIsSentOnceAnHourOfEventTimeAndAtTheEnd() throws Exception {
        long hour = 3_600_000;
        try (var operator = start(1, 0)) {
            operator.open();
            operator.processWatermark(10 * hour);
            operator.processWatermark(10 * hour + 1);
            operator.processWatermark(11 * hour);
            operator.processWatermark(Long.MAX_VALUE);
            operator.getOperator().finish();

            assertThat(operator.getSideOutput(LedgerPart.TAG)).hasSize(3);
        }
    }

    private static OneInputStreamOperatorTestHarness<SourceRecord, Event> start(int parallelism, int subtask)
            throws Exception {
        var harness = new OneInputStreamOperatorTestHarness<>(
                new SetAsideOperator("set-aside-test", MAX_FUTURE, EventSources.Until.CURRENT_END),
                128,
                parallelism,
                subtask);
        harness.setup(FreshetTypes.EVENT.createSerializer(new SerializerConfigImpl()));
        return harness;
    }

    private static SourceTally lastTally(OneInputStreamOperatorTestHarness<SourceRecord, Event> operator) {
        List<LedgerPart> parts = new ArrayList<>();
        operator.getSideOutput(LedgerPart.TAG).forEach(record -> parts.add(record.getValue()));
        return SourceTally.decode(parts.get(parts.size() - 1).counts());
    }

    private static SourceRecord good(String id) {
        return good(id, 0);
    }

    private static SourceRecord good(String id, long millis) {
        return new SourceRecord.Good(
                Impression.builder(id, "u-" + id, "v", millis).build(),
                new SourceRecord.Origin("t", 0, 7),
                id.getBytes(StandardCharsets.UTF_8));
    }

    private static SourceRecord bad() {
        return new SourceRecord.Refused(
                EventStream.IMPRESSIONS, new DeadLetter("t", 0, 0, Reason.UNDECODABLE, "", new byte[0]));
    }
}

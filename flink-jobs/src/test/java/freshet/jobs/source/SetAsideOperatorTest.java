package freshet.jobs.source;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.jobs.metric.LedgerPart;
import freshet.jobs.type.FreshetTypes;
import freshet.serde.event.DeadLetter;
import freshet.serde.event.DeadLetter.Reason;
import freshet.serde.event.Event;
import freshet.serde.event.Impression;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.util.AbstractStreamOperatorTestHarness;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.Test;

class SetAsideOperatorTest {

    @Test
    void goodRecordsGoOnBadOnesAside() throws Exception {
        try (var operator = start(1, 0)) {
            operator.open();
            operator.processElement(good("i1"), 1);
            operator.processElement(bad(), 2);
            operator.processElement(new SourceRecord.Skipped(EventStream.IMPRESSIONS, "type is heartbeat"), 3);

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
                new SetAsideOperator("set-aside-test"), 128, parallelism, subtask);
        harness.setup(FreshetTypes.EVENT.createSerializer(new SerializerConfigImpl()));
        return harness;
    }

    private static SourceTally lastTally(OneInputStreamOperatorTestHarness<SourceRecord, Event> operator) {
        List<LedgerPart> parts = new ArrayList<>();
        operator.getSideOutput(LedgerPart.TAG).forEach(record -> parts.add(record.getValue()));
        return SourceTally.decode(parts.get(parts.size() - 1).counts());
    }

    private static SourceRecord good(String id) {
        return new SourceRecord.Good(Impression.builder(id, "u", "v", 1).build());
    }

    private static SourceRecord bad() {
        return new SourceRecord.Refused(
                EventStream.IMPRESSIONS, new DeadLetter("t", 0, 0, Reason.UNDECODABLE, "", new byte[0]));
    }
}

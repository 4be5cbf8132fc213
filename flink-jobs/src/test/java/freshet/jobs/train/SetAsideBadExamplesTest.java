package freshet.jobs.train;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.jobs.job.JobLedger;
import freshet.jobs.metric.LedgerPart;
import freshet.jobs.source.ReadExample;
import freshet.jobs.type.FreshetTypes;
import freshet.serde.event.DeadLetter;
import freshet.serde.event.DeadLetter.Reason;
import freshet.serde.example.ExampleMessage;
import freshet.serde.example.Frontier;
import java.util.List;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.util.AbstractStreamOperatorTestHarness;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.Test;

class SetAsideBadExamplesTest {
    @Test
    void countsGoOnAfterARestoreAtAnotherParallelism() throws Exception {
        OperatorSubtaskState state;
        try (var operator = start(1, 0)) {
            operator.open();
            operator.processElement(bad(Reason.EMPTY), 1);
            operator.processElement(bad(Reason.UNDECODABLE), 2);
            state = operator.snapshot(1, 1);
            operator.processElement(bad(Reason.EMPTY), 3); // read again after the restore
        }
        JobLedger ledger = new JobLedger(List.of());
        for (int subtask = 0; subtask < 2; subtask++) {
            try (var operator = start(2, subtask)) {
                operator.initializeState(
                        AbstractStreamOperatorTestHarness.repartitionOperatorState(state, 128, 1, 2, subtask));
                operator.open();
                operator.processElement(new ReadExample.Good(new Frontier(0, 1, 0, 127, 128, 5)), 4);
                operator.processElement(bad(Reason.EMPTY), 5);
                operator.getOperator().finish();
                operator.getSideOutput(LedgerPart.TAG).forEach(part -> ledger.accept(part.getValue()));

                assertThat(operator.extractOutputValues()).hasSize(1);
                assertThat(operator.getSideOutput(SetAsideBadExamples.DEAD_LETTERS))
                        .hasSize(1);
            }
        }

        assertThat(ledger.trainer().deadByReason())
                .hasSize(Reason.values().length)
                .containsEntry("empty", 3L)
                .containsEntry("undecodable", 1L)
                .containsEntry("too_long", 0L);
    }

    private static ReadExample bad(Reason reason) {
        return new ReadExample.Refused(new DeadLetter("examples", 0, 7, reason, "found noise", new byte[] {1}));
    }

    private static OneInputStreamOperatorTestHarness<ReadExample, ExampleMessage> start(int subtasks, int subtask)
            throws Exception {
        var harness = new OneInputStreamOperatorTestHarness<ReadExample, ExampleMessage>(
                new SetAsideBadExamples("set-aside-examples"), 128, subtasks, subtask);
        harness.setup(FreshetTypes.EXAMPLE_MESSAGE.createSerializer(new SerializerConfigImpl()));
        return harness;
    }
}

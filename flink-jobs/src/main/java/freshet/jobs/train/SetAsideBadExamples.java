package freshet.jobs.train;

import freshet.jobs.metric.LedgerPart;
import freshet.jobs.source.ReadExample;
import freshet.jobs.type.FreshetTypes;
import freshet.serde.event.DeadLetter;
import freshet.serde.example.ExampleMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.util.OutputTag;

/**
 * Hands on what could be decoded, and sets the rest aside as dead letters. Goes into the chain of its source. Counts by reason in
 * its state, {@code dead}, since a counter would begin at zero after a restart; sends its {@link ExampleTally} as a
 * {@link LedgerPart} at the end of the input.
 */
@SuppressWarnings("NullAway.Init") // Flink fills the fields in initializeState()
public final class SetAsideBadExamples extends AbstractStreamOperator<ExampleMessage>
        implements OneInputStreamOperator<ReadExample, ExampleMessage> {
    private static final long serialVersionUID = 1L;

    /** The records that are neither examples nor frontiers. */
    public static final OutputTag<DeadLetter> DEAD_LETTERS = new OutputTag<>("dead-letters", FreshetTypes.DEAD_LETTER);

    private static final ListStateDescriptor<Tuple2<String, Long>> DEAD =
            new ListStateDescriptor<>("dead", Types.TUPLE(Types.STRING, Types.LONG));

    private final String uid;

    private transient ExampleTally tally;
    private transient ListState<Tuple2<String, Long>> saved;

    /**
     * @param uid the operator's own, for its ledger parts
     */
    public SetAsideBadExamples(String uid) {
        this.uid = uid;
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        saved = context.getOperatorStateStore().getListState(DEAD);
        tally = new ExampleTally();
        for (Tuple2<String, Long> count : saved.get()) {
            tally.dead(count.f0, count.f1);
        }
    }

    @Override
    public void open() throws Exception {
        super.open();
        getMetricGroup().gauge("dead", tally::deadCount);
        for (DeadLetter.Reason reason : DeadLetter.Reason.values()) {
            getMetricGroup()
                    .addGroup("reason", reason.label())
                    .gauge("dead", () -> tally.deadByReason().get(reason.label()));
        }
    }

    @Override
    public void processElement(StreamRecord<ReadExample> element) {
        if (element.getValue() instanceof ReadExample.Good good) {
            output.collect(new StreamRecord<>(good.message()));
        } else {
            DeadLetter letter = ((ReadExample.Refused) element.getValue()).letter();
            tally.dead(letter.reason().label(), 1);
            output.collect(DEAD_LETTERS, new StreamRecord<>(letter));
        }
    }

    @Override
    public void finish() throws Exception {
        int subtask = getRuntimeContext().getTaskInfo().getIndexOfThisSubtask();
        int subtasks = getRuntimeContext().getTaskInfo().getNumberOfParallelSubtasks();
        output.collect(
                LedgerPart.TAG,
                new StreamRecord<>(new LedgerPart(LedgerPart.Stage.TRAINER, uid, subtask, subtasks, tally.encode())));
        super.finish();
    }

    @Override
    public void snapshotState(StateSnapshotContext context) throws Exception {
        super.snapshotState(context);
        List<Tuple2<String, Long>> counts = new ArrayList<>();
        for (Map.Entry<String, Long> count : tally.deadByReason().entrySet()) {
            counts.add(Tuple2.of(count.getKey(), count.getValue()));
        }
        saved.update(counts);
    }
}

package freshet.jobs.source;

import freshet.jobs.metric.EventTimeHours;
import freshet.jobs.metric.LedgerPart;
import freshet.jobs.type.FreshetTypes;
import freshet.serde.event.DeadLetter;
import freshet.serde.event.DeadLetter.Reason;
import freshet.serde.event.Event;
import java.util.List;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeutils.base.array.BytePrimitiveArraySerializer;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.util.OutputTag;

/**
 * Hands on the events of a source, sets bad records aside as dead letters, drops what the mapping skips, and counts all of it
 * in its state. Goes into the chain
 * of its source. Sends its {@link SourceTally} as a {@link LedgerPart} at the end of the input, and at most once an hour of
 * event time before.
 */
@SuppressWarnings("NullAway.Init") // Flink fills the fields in open() and initializeState()
public final class SetAsideOperator extends AbstractStreamOperator<Event>
        implements OneInputStreamOperator<SourceRecord, Event> {
    private static final long serialVersionUID = 1L;

    /** The records that could not become events. */
    public static final OutputTag<DeadLetter> DEAD_LETTERS = new OutputTag<>("dead-letters", FreshetTypes.DEAD_LETTER);

    private static final ListStateDescriptor<byte[]> TALLY =
            new ListStateDescriptor<>("tally", BytePrimitiveArraySerializer.INSTANCE);

    private final String uid;

    private transient SourceTally tally;
    private transient ListState<byte[]> savedTally;
    private transient EventTimeHours hours;

    /**
     * @param uid the operator's own, for its ledger parts
     */
    public SetAsideOperator(String uid) {
        this.uid = uid;
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        savedTally = context.getOperatorStateStore().getListState(TALLY);
        tally = new SourceTally();
        for (byte[] saved : savedTally.get()) {
            tally.merge(SourceTally.decode(saved));
        }
    }

    @Override
    public void open() throws Exception {
        super.open();
        hours = new EventTimeHours();
        for (EventStream stream : EventStream.values()) {
            MetricGroup group = getMetricGroup().addGroup("stream", stream.label());
            group.gauge("read", () -> tally.readCount(stream));
            group.gauge("decoded", () -> tally.decodedCount(stream));
            group.gauge("skipped", () -> tally.skippedCount(stream));
            for (Reason reason : Reason.values()) {
                group.addGroup("reason", reason.label()).gauge("dead", () -> tally.deadCount(stream, reason));
            }
        }
    }

    @Override
    public void processElement(StreamRecord<SourceRecord> element) {
        SourceRecord record = element.getValue();
        tally.read(record.stream());
        if (record instanceof SourceRecord.Good good) {
            tally.decoded(record.stream());
            output.collect(element.replace(good.event()));
        } else if (record instanceof SourceRecord.Skipped skipped) {
            tally.skipped(skipped.stream(), skipped.condition());
        } else {
            DeadLetter letter = ((SourceRecord.Refused) record).letter();
            tally.dead(record.stream(), letter.reason());
            output.collect(DEAD_LETTERS, new StreamRecord<>(letter));
        }
    }

    @Override
    public void processWatermark(Watermark mark) throws Exception {
        super.processWatermark(mark);
        if (mark.getTimestamp() != Long.MAX_VALUE && hours.entered(mark.getTimestamp())) {
            sendTally();
        }
    }

    @Override
    public void finish() throws Exception {
        sendTally();
        super.finish();
    }

    private void sendTally() {
        int subtask = getRuntimeContext().getTaskInfo().getIndexOfThisSubtask();
        int subtasks = getRuntimeContext().getTaskInfo().getNumberOfParallelSubtasks();
        output.collect(
                LedgerPart.TAG,
                new StreamRecord<>(new LedgerPart(LedgerPart.Stage.SOURCE, uid, subtask, subtasks, tally.encode())));
    }

    @Override
    public void snapshotState(StateSnapshotContext context) throws Exception {
        super.snapshotState(context);
        savedTally.update(List.of(tally.encode()));
    }
}

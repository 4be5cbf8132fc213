package freshet.jobs.source;

import freshet.jobs.metric.EventTimeHours;
import freshet.jobs.metric.LedgerPart;
import freshet.jobs.source.EventSources.Until;
import freshet.jobs.type.FreshetTypes;
import freshet.serde.event.DeadLetter;
import freshet.serde.event.DeadLetter.Reason;
import freshet.serde.event.Event;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.common.typeutils.base.array.BytePrimitiveArraySerializer;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.util.OutputTag;

/**
 * Hands on the events of a source, sets bad records and those whose clock runs ahead aside as dead letters, drops what the
 * mapping skips, and counts all of it in its state. Goes into the chain of its source. Sends its {@link SourceTally} as a {@link LedgerPart} at the end of the input, and at most once an hour of
 * event time before.
 *
 * <p>State: the tally; what {@link EventClocks} hold, each record in one subtask; and what time every partition has come to, in
 * every subtask, since any may read any partition after a restart.
 */
@SuppressWarnings("NullAway.Init") // Flink fills the fields in open() and initializeState()
public final class SetAsideOperator extends AbstractStreamOperator<Event>
        implements OneInputStreamOperator<SourceRecord, Event> {
    private static final long serialVersionUID = 1L;

    /** The records that could not become events. */
    public static final OutputTag<DeadLetter> DEAD_LETTERS = new OutputTag<>("dead-letters", FreshetTypes.DEAD_LETTER);

    private static final ListStateDescriptor<byte[]> TALLY =
            new ListStateDescriptor<>("tally", BytePrimitiveArraySerializer.INSTANCE);

    private static final ListStateDescriptor<SourceRecord> HELD =
            new ListStateDescriptor<>("held", new SourceRecordSerializer());
    private static final ListStateDescriptor<Tuple2<String, Long>> TIMES =
            new ListStateDescriptor<>("partition-times", Types.TUPLE(Types.STRING, Types.LONG));

    private final String uid;
    private final long maxFutureMillis;
    private final Until until;

    private transient EventClocks clocks;
    private transient ListState<SourceRecord> savedHeld;
    private transient ListState<Tuple2<String, Long>> savedTimes;
    private transient SourceTally tally;
    private transient ListState<byte[]> savedTally;
    private transient EventTimeHours hours;
    /** What was held before a restart, until {@link #open}. */
    private transient List<SourceRecord.Good> toHold;

    /**
     * @param uid the operator's own, for its ledger parts
     * @param maxFutureMillis how far ahead of its partition an event may be before its clock is doubted
     * @param until when the source ends; the last watermark of one that does not is of a job that is stopped
     */
    public SetAsideOperator(String uid, long maxFutureMillis, Until until) {
        this.uid = uid;
        this.maxFutureMillis = maxFutureMillis;
        this.until = until;
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        savedTally = context.getOperatorStateStore().getListState(TALLY);
        tally = new SourceTally();
        for (byte[] saved : savedTally.get()) {
            tally.merge(SourceTally.decode(saved));
        }
        clocks = new EventClocks(maxFutureMillis, new Verdicts());
        savedTimes = context.getOperatorStateStore().getUnionListState(TIMES);
        for (Tuple2<String, Long> saved : savedTimes.get()) {
            clocks.restore(saved.f0, saved.f1);
        }
        savedHeld = context.getOperatorStateStore().getListState(HELD);
        toHold = new ArrayList<>();
        savedHeld.get().forEach(held -> toHold.add((SourceRecord.Good) held));
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
            group.gauge("held", () -> tally.heldCount(stream));
            for (Reason reason : Reason.values()) {
                group.addGroup("reason", reason.label()).gauge("dead", () -> tally.deadCount(stream, reason));
            }
        }
        for (SourceRecord.Good held : toHold) {
            tally.held(held.stream(), -1);
            judge(held);
        }
        toHold = List.of();
    }

    @Override
    public void processElement(StreamRecord<SourceRecord> element) {
        SourceRecord record = element.getValue();
        tally.read(record.stream());
        if (record instanceof SourceRecord.Good good) {
            judge(good);
        } else if (record instanceof SourceRecord.Skipped skipped) {
            tally.skipped(skipped.stream(), skipped.condition());
        } else {
            DeadLetter letter = ((SourceRecord.Refused) record).letter();
            tally.dead(record.stream(), letter.reason());
            output.collect(DEAD_LETTERS, new StreamRecord<>(letter));
        }
    }

    /** Counted as held unless the verdict falls at once. */
    private void judge(SourceRecord.Good good) {
        tally.held(good.stream(), 1);
        clocks.accept(good);
    }

    private final class Verdicts implements PartitionClock.Verdicts<SourceRecord.Good> {
        @Override
        public void inTime(SourceRecord.Good good) {
            tally.held(good.stream(), -1);
            tally.decoded(good.stream());
            output.collect(new StreamRecord<>(good.event(), good.event().eventTimeMillis()));
        }

        @Override
        public void ahead(SourceRecord.Good good, long timeMillis, long nowMillis) {
            tally.held(good.stream(), -1);
            tally.dead(good.stream(), Reason.FUTURE);
            SourceRecord.Origin origin = good.origin();
            String detail = "event_time: found " + timeMillis + " where the events around it are of about " + nowMillis
                    + ", expected at most events.max_future, " + maxFutureMillis + " ms, more; the clock that wrote it"
                    + " runs ahead";
            DeadLetter letter = new DeadLetter(
                    origin.topic(), origin.partition(), origin.offset(), Reason.FUTURE, detail, good.raw());
            output.collect(DEAD_LETTERS, new StreamRecord<>(letter));
        }
    }

    @Override
    public void processWatermark(Watermark mark) throws Exception {
        if (mark.getTimestamp() < Long.MAX_VALUE) {
            clocks.advance(mark.getTimestamp());
        } else if (until == Until.CURRENT_END) {
            clocks.end();
        }
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
        savedHeld.update(List.copyOf(clocks.held()));
        List<Tuple2<String, Long>> times = new ArrayList<>();
        clocks.times().forEach((partition, nowMillis) -> times.add(Tuple2.of(partition, nowMillis)));
        savedTimes.update(times);
    }
}

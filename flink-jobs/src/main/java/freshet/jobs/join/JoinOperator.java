package freshet.jobs.join;

import freshet.features.extract.FeatureExtractor;
import freshet.jobs.config.FreshetConfig;
import freshet.jobs.metric.EventTimeHours;
import freshet.jobs.metric.LedgerGauges;
import freshet.jobs.metric.LedgerPart;
import freshet.jobs.source.EventSources.Until;
import freshet.jobs.type.FreshetTypes;
import freshet.serde.event.Event;
import freshet.serde.event.Feedback;
import freshet.serde.example.ExampleMessage;
import freshet.serde.example.Frontier;
import freshet.serde.example.LabeledExample;
import freshet.serde.feature.FeatureChange;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeutils.base.array.BytePrimitiveArraySerializer;
import org.apache.flink.api.common.typeutils.base.array.LongPrimitiveArraySerializer;
import org.apache.flink.runtime.state.KeyGroupRange;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.InternalTimer;
import org.apache.flink.streaming.api.operators.InternalTimerService;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.operators.Triggerable;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.util.OutputTag;
import org.jspecify.annotations.Nullable;

/**
 * The Flink shell of {@link JoinCore}: keyed by user, it gives the core state, watermarks and one timer per user, and passes
 * on what comes out. Late events and orphans leave by side outputs, {@link LedgerPart}s too.
 *
 * <p><b>Timers</b> stand at whole seconds, at or after what is due, since one timer per millisecond and user would cost more
 * than the work. The <b>frontier</b> is therefore the last whole second that the watermark has passed: all that was due until
 * then has left by the time it is sent. The core's results do not depend on when it is called.
 *
 * <p><b>The end</b> of the events is the last watermark there is. Stopping a job with {@code --drain} sends the same one; of
 * events that have no end it would decide every open label before its time and tell trainers for ever that nothing follows.
 * So it is believed only of events that end.
 *
 * <p><b>State</b>: one value per user behind {@link HotUsers}; the ledger; {@link PassedTime}. All of it is in one
 * checkpoint, so nothing is counted twice or forgotten after a restore, at any parallelism.
 */
@SuppressWarnings("NullAway.Init") // Flink fills the fields in open() and initializeState()
public final class JoinOperator extends AbstractStreamOperator<ExampleMessage>
        implements OneInputStreamOperator<Event, ExampleMessage>, Triggerable<String, VoidNamespace> {
    private static final long serialVersionUID = 1L;

    /** Events that came too late, or that their user had no room for. */
    public static final OutputTag<Event> LATE = new OutputTag<>("late", FreshetTypes.EVENT);

    /** Feedback whose impression never came. */
    public static final OutputTag<Event> ORPHANS = new OutputTag<>("orphans", FreshetTypes.EVENT);

    /** What servers are told of users; empty unless {@link ForServers#HISTORIES} was asked for. */
    public static final OutputTag<FeatureChange> USER_FEATURES =
            new OutputTag<>("user-features", FreshetTypes.FEATURE_CHANGE);

    /** What is written for servers besides the examples. */
    public enum ForServers {
        NOTHING,
        /** The history of every user that changes, once in a while. */
        HISTORIES
    }

    private static final long TIMER_STEP_MILLIS = 1000;

    private static final ValueStateDescriptor<byte[]> USER =
            new ValueStateDescriptor<>("user", BytePrimitiveArraySerializer.INSTANCE);
    private static final ListStateDescriptor<byte[]> LEDGER =
            new ListStateDescriptor<>("ledger", BytePrimitiveArraySerializer.INSTANCE);
    private static final ListStateDescriptor<long[]> PASSED =
            new ListStateDescriptor<>("passed-time", LongPrimitiveArraySerializer.INSTANCE);

    private final String uid;
    private final String configJson;
    private final Until until;
    private final ForServers forServers;

    private transient JoinCore core;
    private transient Ledger ledger;
    private transient HotUsers users;
    private transient PassedTime passed;
    private transient EventTimeHours hours;
    private transient Outlet outlet;
    private transient @Nullable ChangedUsers changed;
    private transient ValueState<byte[]> savedUser;
    private transient ListState<byte[]> savedLedger;
    private transient ListState<long[]> savedPassed;
    private transient InternalTimerService<VoidNamespace> timers;
    private transient int keyGroups;
    private transient KeyGroupRange ownKeyGroups;
    private transient long promisedMillis;

    /**
     * @param uid the operator's own, for its ledger parts
     * @param configJson of a {@link FreshetConfig}
     * @param until when the events end
     * @param forServers what is written for servers
     */
    public JoinOperator(String uid, String configJson, Until until, ForServers forServers) {
        this.uid = uid;
        this.configJson = configJson;
        this.until = until;
        this.forServers = forServers;
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        FreshetConfig config = FreshetConfig.fromJson(configJson);
        core = new JoinCore(config.join(), new FeatureExtractor(config.features()));

        savedLedger = context.getOperatorStateStore().getListState(LEDGER);
        ledger = new Ledger(config.join().taskNames());
        for (byte[] saved : savedLedger.get()) {
            ledger.merge(Ledger.decode(saved));
        }

        keyGroups = getRuntimeContext().getTaskInfo().getMaxNumberOfParallelSubtasks();
        ownKeyGroups = KeyGroupRangeAssignment.computeKeyGroupRangeForOperatorIndex(
                keyGroups,
                getRuntimeContext().getTaskInfo().getNumberOfParallelSubtasks(),
                getRuntimeContext().getTaskInfo().getIndexOfThisSubtask());
        passed = new PassedTime(ownKeyGroups.getStartKeyGroup(), ownKeyGroups.getEndKeyGroup());
        savedPassed = context.getOperatorStateStore().getUnionListState(PASSED);
        for (long[] saved : savedPassed.get()) {
            passed.restore(saved);
        }
        promisedMillis = wholeStepsBefore(passed.ofAll());

        savedUser = context.getKeyedStateStore().getState(USER);
        users = new HotUsers(config.hotUsers(), new KeyedUserStore());
        if (forServers == ForServers.HISTORIES) {
            changed = new ChangedUsers(
                    config.userFeatures().every().toMillis(),
                    config.hotUsers(),
                    change -> output.collect(USER_FEATURES, new StreamRecord<>(change)));
        }
    }

    @Override
    public void open() throws Exception {
        super.open();
        timers = getInternalTimerService("due", VoidNamespaceSerializer.INSTANCE, this);
        hours = new EventTimeHours();
        outlet = new Outlet();
        LedgerGauges.register(getMetricGroup(), ledger);
        getMetricGroup().gauge("hotUsers", users::size);
        getMetricGroup().gauge("stateReads", users::loads);
        getMetricGroup().gauge("stateWrites", users::saves);
        if (changed != null) {
            getMetricGroup().gauge("userFeaturesSent", changed::sent);
            getMetricGroup().gauge("userFeaturesTooLong", changed::tooLong);
        }
    }

    @Override
    public void processElement(StreamRecord<Event> element) {
        Event event = element.getValue();
        HotUser user = users.of(event.userId());
        int keyGroup = KeyGroupRangeAssignment.assignToKeyGroup(event.userId(), keyGroups);
        core.accept(user.state, event, passed.of(keyGroup), outlet);
        user.dirty = true;
        setTimer(user);
    }

    @Override
    public void onEventTime(InternalTimer<String, VoidNamespace> timer) {
        HotUser user = users.of(timer.getKey());
        if (timer.getTimestamp() == user.timerMillis) {
            user.timerMillis = HotUser.NO_TIMER;
        }
        int waiting = user.state.pendingEvents();
        core.advance(user.state, timers.currentWatermark(), outlet);
        user.dirty = true;
        if (changed != null && user.state.pendingEvents() < waiting) {
            changed.add(user.state);
        }
        setTimer(user);
    }

    @Override
    public void onProcessingTime(InternalTimer<String, VoidNamespace> timer) {
        throw new IllegalStateException("joining: found a processing-time timer, expected event time only");
    }

    /** Moves the user's timer to what is due next. */
    private void setTimer(HotUser user) {
        long due = user.state.nextDueMillis();
        long wanted = due == Long.MAX_VALUE ? HotUser.NO_TIMER : wholeStepsAfter(due);
        if (wanted == user.timerMillis) {
            return;
        }
        setCurrentKey(user.userId);
        if (user.timerMillis != HotUser.NO_TIMER) {
            timers.deleteEventTimeTimer(VoidNamespace.INSTANCE, user.timerMillis);
        }
        if (wanted != HotUser.NO_TIMER) {
            timers.registerEventTimeTimer(VoidNamespace.INSTANCE, wanted);
        }
        user.timerMillis = wanted;
    }

    /** The first whole step at or after a moment. */
    private static long wholeStepsAfter(long millis) {
        return -Math.floorDiv(-millis, TIMER_STEP_MILLIS) * TIMER_STEP_MILLIS;
    }

    /** The last whole step at or before a moment; the first and last moment of all are themselves. */
    private static long wholeStepsBefore(long millis) {
        return millis == Long.MIN_VALUE || millis == Frontier.END
                ? millis
                : Math.floorDiv(millis, TIMER_STEP_MILLIS) * TIMER_STEP_MILLIS;
    }

    @Override
    public void processWatermark(Watermark mark) throws Exception {
        if (mark.getTimestamp() == Long.MAX_VALUE && until == Until.STOPPED) {
            return;
        }
        passed.advance(mark.getTimestamp());
        super.processWatermark(mark); // all timers up to the mark fire here
        promise(wholeStepsBefore(mark.getTimestamp()));
        if (changed != null) {
            changed.advance(mark.getTimestamp());
        }
        if (mark.getTimestamp() != Long.MAX_VALUE && hours.entered(mark.getTimestamp())) {
            sendLedger();
        }
    }

    private void promise(long throughMillis) {
        if (throughMillis > promisedMillis) {
            promisedMillis = throughMillis;
            output.collect(new StreamRecord<>(new Frontier(
                    0, 1, ownKeyGroups.getStartKeyGroup(), ownKeyGroups.getEndKeyGroup(), keyGroups, throughMillis)));
        }
    }

    @Override
    public void prepareSnapshotPreBarrier(long checkpointId) throws Exception {
        super.prepareSnapshotPreBarrier(checkpointId);
        if (changed != null) {
            changed.flush();
        }
    }

    @Override
    public void finish() throws Exception {
        sendLedger();
        if (changed != null) {
            changed.flush();
        }
        super.finish();
    }

    private void sendLedger() {
        int subtask = getRuntimeContext().getTaskInfo().getIndexOfThisSubtask();
        int subtasks = getRuntimeContext().getTaskInfo().getNumberOfParallelSubtasks();
        output.collect(
                LedgerPart.TAG,
                new StreamRecord<>(new LedgerPart(LedgerPart.Stage.JOIN, uid, subtask, subtasks, ledger.encode())));
    }

    @Override
    public void snapshotState(StateSnapshotContext context) throws Exception {
        super.snapshotState(context);
        users.flush();
        savedLedger.update(List.of(ledger.encode()));
        savedPassed.update(passed.save());
    }

    /** What the core yields, to the operator's outputs. */
    private final class Outlet implements JoinOutput {
        @Override
        public void example(LabeledExample example) {
            output.collect(new StreamRecord<>(example));
        }

        @Override
        public void late(Event event) {
            output.collect(LATE, new StreamRecord<>(event));
        }

        @Override
        public void orphan(Feedback feedback) {
            output.collect(ORPHANS, new StreamRecord<>(feedback));
        }

        @Override
        public void count(LedgerLine line, int taskIndex, long n) {
            ledger.add(line, taskIndex, n);
        }
    }

    /** Users in Flink's keyed state. Changes the current key. */
    private final class KeyedUserStore implements UserStore {
        @Override
        public byte @Nullable [] load(String userId) {
            setCurrentKey(userId);
            try {
                return savedUser.value();
            } catch (IOException e) {
                throw new UncheckedIOException("reading the state of a user", e);
            }
        }

        @Override
        public void save(String userId, byte[] bytes) {
            setCurrentKey(userId);
            try {
                savedUser.update(bytes);
            } catch (IOException e) {
                throw new UncheckedIOException("writing the state of a user", e);
            }
        }
    }
}

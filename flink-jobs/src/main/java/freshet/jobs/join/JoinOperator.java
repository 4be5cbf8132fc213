package freshet.jobs.join;

import freshet.features.extract.FeatureExtractor;
import freshet.jobs.config.FreshetConfig;
import freshet.jobs.metric.EventTimeHours;
import freshet.jobs.metric.LedgerGauges;
import freshet.jobs.metric.LedgerPart;
import freshet.jobs.metric.StandingCount;
import freshet.jobs.source.EventSources.Until;
import freshet.jobs.type.Fields;
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
import org.apache.flink.core.memory.DataInputViewStreamWrapper;
import org.apache.flink.core.memory.DataOutputViewStreamWrapper;
import org.apache.flink.runtime.state.KeyGroupRange;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.runtime.state.KeyGroupStatePartitionStreamProvider;
import org.apache.flink.runtime.state.KeyedStateCheckpointOutputStream;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.util.OutputTag;
import org.jspecify.annotations.Nullable;

/**
 * The Flink shell of {@link JoinCore}: keyed by user, it gives the core state, watermarks and one moment per user at which to go on, and
 * passes on what comes out. Late events and orphans leave by side outputs, {@link LedgerPart}s too.
 *
 * <p>Users are <b>due</b> ({@link DueUsers}) at whole seconds, at or after what is due, since a moment per millisecond and user
 * would cost more than the work. The <b>frontier</b> is therefore the last whole second that the watermark has passed: all that was due until
 * then has left by the time it is sent. The core's results do not depend on when it is called.
 *
 * <p><b>The end</b> of the events is the last watermark there is. Stopping a job with {@code --drain} sends the same one; of
 * events that have no end it would decide every open label before its time and tell trainers for ever that nothing follows.
 * So it is believed only of events that end.
 *
 * <p><b>State</b>: one value per user behind {@link HotUsers}; who is due when; the ledger; {@link PassedTime};
 * {@link StateShapes}. All of it is in one
 * checkpoint, so nothing is counted twice or forgotten after a restore, at any parallelism.
 */
@SuppressWarnings("NullAway.Init") // Flink fills the fields in open() and initializeState()
public final class JoinOperator extends AbstractStreamOperator<ExampleMessage>
        implements OneInputStreamOperator<EncodedEvent, ExampleMessage> {
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

    /** A user who is forgotten is still stored for at most one part in so many of the time until then. */
    private static final int SWEEPS_PER_TTL = 4;

    /** Users with news for servers; for one more, all are told. */
    private static final int MOST_CHANGED_USERS = 10_000;

    private static final ValueStateDescriptor<byte[]> USER =
            new ValueStateDescriptor<>("user", BytePrimitiveArraySerializer.INSTANCE);
    private static final ListStateDescriptor<byte[]> LEDGER =
            new ListStateDescriptor<>("ledger", BytePrimitiveArraySerializer.INSTANCE);
    private static final ListStateDescriptor<long[]> PASSED =
            new ListStateDescriptor<>("passed-time", LongPrimitiveArraySerializer.INSTANCE);

    private static final ListStateDescriptor<byte[]> SHAPES =
            new ListStateDescriptor<>("shapes", BytePrimitiveArraySerializer.INSTANCE);

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
    private transient DueUsers due;
    private transient StateShapes shapes;
    private transient ListState<byte[]> savedShapes;
    private transient long userTtlMillis;
    private transient long sweepEveryMillis;
    private transient long sweptRound;
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
        FeatureExtractor extractor = new FeatureExtractor(config.features());
        shapes = shapes(context, config, extractor);
        core = new JoinCore(config.join(), extractor, shapes);

        savedLedger = context.getOperatorStateStore().getListState(LEDGER);
        ledger = new Ledger(config.join().taskNames());
        for (byte[] saved : savedLedger.get()) {
            ledger.merge(Ledger.decode(saved).under(config.join().taskNames()));
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
        promisedMillis = WholeSteps.before(passed.ofAll());
        userTtlMillis = config.join().userTtl().toMillis();
        sweepEveryMillis = userTtlMillis / SWEEPS_PER_TTL + 1;
        sweptRound = Math.floorDiv(passed.ofAll(), sweepEveryMillis);

        savedUser = context.getKeyedStateStore().getState(USER);
        users = new HotUsers(config.hotUserBytes(), this::keyGroup, new KeyedUserStore());
        due = new DueUsers();
        restoreDue(context);
        if (forServers == ForServers.HISTORIES) {
            changed = new ChangedUsers(
                    config.userFeatures().every().toMillis(),
                    MOST_CHANGED_USERS,
                    change -> output.collect(USER_FEATURES, new StreamRecord<>(change)));
        }
    }

    /** The shapes of the state that is restored, and of the configuration. */
    private StateShapes shapes(StateInitializationContext context, FreshetConfig config, FeatureExtractor extractor)
            throws Exception {
        StateShape configured = StateShape.of(config.join(), extractor.schema(), config.featuresBlock());
        savedShapes = context.getOperatorStateStore().getUnionListState(SHAPES);
        for (byte[] saved : savedShapes.get()) {
            return StateShapes.decode(saved).continuedAs(configured); // every subtask has saved the same
        }
        return new StateShapes(List.of(configured));
    }

    @Override
    public void open() throws Exception {
        super.open();
        hours = new EventTimeHours();
        outlet = new Outlet();
        LedgerGauges.register(getMetricGroup(), ledger);
        StandingCount.show(getRuntimeContext(), ledger);
        getMetricGroup().gauge("hotUsers", users::size);
        getMetricGroup().gauge("hotUserBytes", users::heapBytes);
        getMetricGroup().gauge("dueUsers", due::size);
        getMetricGroup().gauge("storedUsers", users::storedUsers);
        getMetricGroup().gauge("storedBytes", users::storedBytes);
        getMetricGroup().gauge("stateReads", users::loads);
        getMetricGroup().gauge("stateWrites", users::saves);
        if (changed != null) {
            getMetricGroup().gauge("userFeaturesSent", changed::sent);
            getMetricGroup().gauge("userFeaturesTooLong", changed::tooLong);
        }
    }

    @Override
    public void processElement(StreamRecord<EncodedEvent> element) {
        EncodedEvent event = element.getValue();
        HotUser user = users.of(event.userId());
        core.accept(user.state, event, passed.of(user.keyGroup), outlet);
        due.schedule(user, stepOfNextDue(user.state));
        users.changed(user);
    }

    private void advance(List<HotUser> listed, long moment, long watermarkMillis) {
        for (int from = 0; from < listed.size(); from += HotUsers.GROUP) {
            List<HotUser> group = listed.subList(from, Math.min(listed.size(), from + HotUsers.GROUP));
            users.prefetch(group);
            group.forEach(user -> advance(user, moment, watermarkMillis));
        }
    }

    private void advance(HotUser listed, long moment, long watermarkMillis) {
        HotUser user = users.current(listed);
        if (!due.isDue(user, moment)) {
            return;
        }
        int notInHistory = user.state.eventsNotInHistory();
        core.advance(user.state, watermarkMillis, outlet);
        if (changed != null && user.state.eventsNotInHistory() < notInHistory) {
            changed.add(user.state);
        }
        due.schedule(user, stepOfNextDue(user.state));
        users.grown(user);
    }

    private static long stepOfNextDue(UserState state) {
        long next = state.nextDueMillis();
        return next == Long.MAX_VALUE ? DueUsers.NEVER : WholeSteps.after(next);
    }

    @Override
    public void processWatermark(Watermark mark) throws Exception {
        if (mark.getTimestamp() == Long.MAX_VALUE && until == Until.STOPPED) {
            return;
        }
        passed.advance(mark.getTimestamp());
        for (Long moment = due.earliest(mark.getTimestamp());
                moment != null;
                moment = due.earliest(mark.getTimestamp())) {
            advance(due.take(moment), moment, mark.getTimestamp());
        }
        super.processWatermark(mark);
        promise(WholeSteps.before(mark.getTimestamp()));
        if (changed != null) {
            changed.advance(mark.getTimestamp());
        }
        sweep(mark.getTimestamp());
        if (mark.getTimestamp() != Long.MAX_VALUE && hours.entered(mark.getTimestamp())) {
            sendLedger();
        }
    }

    /**
     * Drops what is stored of users who are forgotten. Their list would be as long as that of all users there ever were, so
     * nobody keeps one: now and then, all are looked at.
     */
    private void sweep(long watermarkMillis) throws Exception {
        long round = Math.floorDiv(watermarkMillis, sweepEveryMillis);
        if (round == sweptRound || watermarkMillis == Long.MAX_VALUE) {
            return;
        }
        sweptRound = round;
        this.<String>getKeyedStateBackend()
                .applyToAllKeys(VoidNamespace.INSTANCE, VoidNamespaceSerializer.INSTANCE, USER, (userId, stored) -> {
                    byte[] bytes = stored.value();
                    if (bytes != null
                            && !users.isInMemory(userId)
                            && HotUser.isExpired(userId, bytes, watermarkMillis, userTtlMillis)) {
                        stored.clear();
                        if (changed != null) {
                            changed.forget(userId);
                        }
                    }
                });
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
        saveDue(context.getRawKeyedOperatorStateOutput());
        savedLedger.update(List.of(ledger.encode()));
        savedPassed.update(passed.save());
        savedShapes.update(List.of(shapes.encode()));
    }

    /** {@link DueUsers} are raw keyed state: one stretch of bytes per key group, so that they follow it to any subtask. */
    private void saveDue(KeyedStateCheckpointOutputStream out) throws IOException {
        int first = ownKeyGroups.getStartKeyGroup();
        byte[][] saved = due.save(first, ownKeyGroups.getEndKeyGroup());
        for (int i = 0; i < saved.length; i++) {
            out.startNewKeyGroup(first + i);
            Fields.writeBytes(saved[i], new DataOutputViewStreamWrapper(out));
        }
    }

    private void restoreDue(StateInitializationContext context) throws IOException {
        for (KeyGroupStatePartitionStreamProvider keyGroup : context.getRawKeyedStateInputs()) {
            due.restore(
                    keyGroup.getKeyGroupId(), Fields.readBytes(new DataInputViewStreamWrapper(keyGroup.getStream())));
        }
    }

    /** Spares the key of every event, since most users are in memory: the {@link KeyedUserStore} sets it where it is needed. */
    @Override
    public boolean hasKeyContext1() {
        return false;
    }

    /** That we write raw keyed state of our own, where Flink would otherwise expect its timers. */
    @Override
    protected boolean isUsingCustomRawKeyedState() {
        return true;
    }

    private int keyGroup(String userId) {
        return KeyGroupRangeAssignment.assignToKeyGroup(userId, keyGroups);
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

package freshet.jobs.view;

import freshet.features.extract.ViewExtractor;
import freshet.features.spec.View;
import freshet.jobs.config.FreshetConfig;
import freshet.jobs.join.JoinOperator;
import freshet.jobs.join.WholeSteps;
import freshet.jobs.type.EventSerializer;
import freshet.jobs.type.FreshetTypes;
import freshet.serde.event.Event;
import freshet.serde.event.Feedback;
import freshet.serde.event.Impression;
import freshet.serde.feature.FeatureChange;
import freshet.serde.feature.FeatureState;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeutils.base.array.BytePrimitiveArraySerializer;
import org.apache.flink.runtime.state.StateInitializationContext;
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

/**
 * The Flink shell of {@link ViewCore}: keyed by video or channel, it keeps events until the watermark has passed them, second by
 * second, and passes on impressions. Its own watermark is therefore cut to whole seconds: whatever comes behind it finds every
 * impression before the watermark that says so.
 */
@SuppressWarnings("NullAway.Init") // Flink fills the fields in open() and initializeState()
public final class ViewOperator extends AbstractStreamOperator<Event>
        implements OneInputStreamOperator<ViewEvent, Event>, Triggerable<String, VoidNamespace> {
    private static final long serialVersionUID = 1L;

    /** Feedback with the channel of its video. */
    public static final OutputTag<ViewEvent> CHANNEL_FEEDBACK = new OutputTag<>("channel-feedback", ViewEvent.TYPE);

    /** What servers are told. */
    public static final OutputTag<FeatureChange> CHANGES = new OutputTag<>("view-changes", FreshetTypes.FEATURE_CHANGE);

    /** For one more changed view, all are sent. */
    private static final int MAX_CHANGED = 50_000;

    private static final ListStateDescriptor<Event> WAITING =
            new ListStateDescriptor<>("waiting", new EventSerializer());
    private static final ValueStateDescriptor<byte[]> VIEW =
            new ValueStateDescriptor<>("view", BytePrimitiveArraySerializer.INSTANCE);

    private final String configJson;
    private final View view;
    private final JoinOperator.ForServers forServers;

    private transient ViewCore core;
    /** Whether servers are told: they need no view that is only asked for the channel. */
    private transient boolean isTold;

    private transient long everyMillis;
    private transient long interval;
    private transient ListState<Event> waiting;
    private transient ValueState<byte[]> saved;
    private transient InternalTimerService<VoidNamespace> timers;
    private transient Outlet outlet;
    /** Changed since servers were last told; sent before every checkpoint, so in none. */
    private transient Map<FeatureState.Key, FeatureState> changed;

    /**
     * @param configJson of a {@link FreshetConfig}
     * @param forServers whether {@link #CHANGES} are wanted
     */
    public ViewOperator(String configJson, View view, JoinOperator.ForServers forServers) {
        this.configJson = configJson;
        this.view = view;
        this.forServers = forServers;
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        FreshetConfig config = FreshetConfig.fromJson(configJson);
        ViewExtractor extractor = ViewExtractor.of(config.features()).stream()
                .filter(each -> each.view() == view)
                .findFirst()
                .orElse(null);
        isTold = extractor != null && forServers == JoinOperator.ForServers.HISTORIES;
        core = new ViewCore(extractor, config.features().viewsExpireAfterMillis());
        everyMillis = config.userFeatures().every().toMillis();
        interval = Long.MIN_VALUE;
        waiting = context.getKeyedStateStore().getListState(WAITING);
        saved = context.getKeyedStateStore().getState(VIEW);
        changed = new LinkedHashMap<>();
    }

    @Override
    public void open() throws Exception {
        super.open();
        timers = getInternalTimerService("due", VoidNamespaceSerializer.INSTANCE, this);
        outlet = new Outlet();
        getMetricGroup().gauge("changedViews", changed::size);
    }

    @Override
    public void processElement(StreamRecord<ViewEvent> element) throws Exception {
        Event event = element.getValue().event();
        if (event.eventTimeMillis() > timers.currentWatermark()) {
            waiting.add(event);
            timers.registerEventTimeTimer(VoidNamespace.INSTANCE, WholeSteps.after(event.eventTimeMillis()));
        } else if (event instanceof Impression impression) {
            core.late(impression, outlet);
        }
    }

    @Override
    public void onEventTime(InternalTimer<String, VoidNamespace> timer) throws Exception {
        long now = timer.getTimestamp();
        byte[] bytes = saved.value();
        List<Event> due = due(now);
        if (bytes == null && due.isEmpty()) {
            return; // a timer of what has been forgotten since
        }
        ViewState state = bytes == null ? new ViewState() : ViewState.decode(bytes);
        if (!due.isEmpty()) {
            core.process(state, due, now, outlet);
            tell(timer.getKey(), state, now);
        }
        if (expire(timer.getKey(), state, now)) {
            saved.clear();
        } else {
            saved.update(state.encode());
        }
    }

    /** Takes out of the waiting events those that are not later than now. */
    private List<Event> due(long nowMillis) throws Exception {
        List<Event> due = new ArrayList<>();
        List<Event> later = new ArrayList<>();
        for (Event event : waiting.get()) {
            (event.eventTimeMillis() <= nowMillis ? due : later).add(event);
        }
        if (later.isEmpty()) {
            waiting.clear();
        } else if (!due.isEmpty()) {
            waiting.update(later);
        }
        return due;
    }

    /** Whether nothing of a view counts any more. If it does, its timer is set to when it may not. */
    private boolean expire(String key, ViewState state, long nowMillis) {
        if (timers.currentWatermark() == Long.MAX_VALUE) {
            return false; // the end of the input is no pause: nothing has expired by it
        }
        long expiry = core.expiryMillis(state);
        if (expiry <= nowMillis) {
            if (isTold) {
                changed.remove(key(key));
                output.collect(CHANGES, new StreamRecord<>(FeatureChange.forget(key(key))));
            }
            return true;
        }
        if (expiry != Long.MAX_VALUE && state.expiryTimerMillis <= nowMillis) {
            state.expiryTimerMillis = WholeSteps.after(expiry);
            timers.registerEventTimeTimer(VoidNamespace.INSTANCE, state.expiryTimerMillis);
        }
        return false;
    }

    private void tell(String key, ViewState state, long nowMillis) {
        if (isTold) {
            changed.put(key(key), new FeatureState(key(key), nowMillis, state.history.encode()));
            if (changed.size() >= MAX_CHANGED) {
                sendChanges();
            }
        }
    }

    private FeatureState.Key key(String id) {
        return view == View.VIDEO ? FeatureState.Key.video(id) : FeatureState.Key.channel(id);
    }

    private void sendChanges() {
        changed.values().forEach(state -> output.collect(CHANGES, new StreamRecord<>(FeatureChange.to(state))));
        changed.clear();
    }

    @Override
    public void onProcessingTime(InternalTimer<String, VoidNamespace> timer) {
        throw new IllegalStateException("keeping views: found a processing-time timer, expected event time only");
    }

    @Override
    public void processWatermark(Watermark mark) throws Exception {
        long through = WholeSteps.before(mark.getTimestamp());
        if (through <= timers.currentWatermark()) {
            return;
        }
        super.processWatermark(new Watermark(through));
        long entered = Math.floorDiv(through, everyMillis);
        if (entered != interval) {
            interval = entered;
            sendChanges();
        }
    }

    @Override
    public void prepareSnapshotPreBarrier(long checkpointId) throws Exception {
        super.prepareSnapshotPreBarrier(checkpointId);
        sendChanges();
    }

    @Override
    public void finish() throws Exception {
        sendChanges();
        super.finish();
    }

    /** What the core yields, to the operator's outputs. */
    private final class Outlet implements ViewOutput {
        @Override
        public void impression(Impression impression) {
            output.collect(new StreamRecord<>(impression, impression.eventTimeMillis()));
        }

        @Override
        public void feedback(String channelId, Feedback feedback) {
            if (view == View.VIDEO) {
                output.collect(
                        CHANNEL_FEEDBACK,
                        new StreamRecord<>(new ViewEvent(channelId, feedback), feedback.eventTimeMillis()));
            }
        }
    }
}

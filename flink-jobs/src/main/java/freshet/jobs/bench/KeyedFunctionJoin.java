package freshet.jobs.bench;

import freshet.jobs.type.FreshetTypes;
import freshet.serde.event.Event;
import freshet.serde.event.Feedback;
import freshet.serde.event.Impression;
import freshet.serde.example.ExampleMessage;
import freshet.serde.example.FeatureValues;
import freshet.serde.example.LabeledExample;
import freshet.serde.example.TaskLabel;
import java.io.IOException;
import java.util.List;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

/**
 * The join as most people write it: keyed by impression, one state for the impression and one for its label, a timer at the
 * horizon. No features, no duplicates, no ledger.
 */
@SuppressWarnings("NullAway.Init") // Flink calls open() first
final class KeyedFunctionJoin extends KeyedProcessFunction<String, Event, ExampleMessage> {
    private static final long serialVersionUID = 1L;
    private static final FeatureValues NO_FEATURES = new FeatureValues(new String[0][], new float[0]);

    private transient ValueState<Event> impression;
    private transient ValueState<Double> label;

    /** What both kinds of event are keyed by. */
    static String impressionOf(Event event) {
        String id = event instanceof Feedback feedback ? feedback.impressionId() : event.id();
        return id == null ? "" : id;
    }

    /** An example of one task and no features. */
    static LabeledExample example(Impression shown, float label, long decidedMillis) {
        return new LabeledExample(
                shown.impressionId(),
                shown.userId(),
                shown.videoId(),
                shown.eventTimeMillis(),
                decidedMillis,
                NO_FEATURES,
                List.of(new TaskLabel("click", label, 1)));
    }

    @Override
    public void open(OpenContext context) {
        impression = getRuntimeContext().getState(new ValueStateDescriptor<>("impression", FreshetTypes.EVENT));
        label = getRuntimeContext().getState(new ValueStateDescriptor<>("label", Types.DOUBLE));
    }

    @Override
    public void processElement(Event event, Context context, Collector<ExampleMessage> out) throws IOException {
        if (event instanceof Feedback feedback) {
            Double before = label.value();
            label.update(before == null ? feedback.value() : Math.max(before, feedback.value()));
        } else {
            impression.update(event);
            context.timerService().registerEventTimeTimer(event.eventTimeMillis() + JoinWorkload.HORIZON_MILLIS);
        }
    }

    @Override
    public void onTimer(long timestamp, OnTimerContext context, Collector<ExampleMessage> out) throws IOException {
        Impression shown = (Impression) impression.value();
        Double folded = label.value();
        out.collect(example(shown, folded == null ? 0 : 1, timestamp));
        impression.clear();
        label.clear();
    }
}

package freshet.jobs.job;

import freshet.features.extract.ViewExtractor;
import freshet.features.spec.View;
import freshet.jobs.config.FreshetConfig;
import freshet.jobs.join.JoinOperator.ForServers;
import freshet.jobs.type.FreshetTypes;
import freshet.jobs.view.ViewEvent;
import freshet.jobs.view.ViewOperator;
import freshet.serde.event.Event;
import freshet.serde.event.Feedback;
import freshet.serde.event.Impression;
import freshet.serde.feature.FeatureChange;
import java.util.List;
import org.apache.flink.api.common.functions.FlatMapFunction;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.util.Collector;

/**
 * The part of a graph that enriches impressions with what all viewers did with their video and their channel:
 *
 * <pre>
 * events ── impressions, feedback ──> by video ── impressions ──> by channel ──> impressions, enriched
 *    │                                   └── feedback with its channel ──┘
 *    └── feedback, histories ─────────────────────────────────────────────────> as they are
 * </pre>
 *
 * @param events together all that went in, impressions enriched
 * @param changes what servers are told of videos and channels; empty unless asked for
 */
public record ViewGraph(List<DataStream<Event>> events, DataStream<FeatureChange> changes) {

    /** Whether any feature needs it. */
    public static boolean isNeeded(FreshetConfig config) {
        return !ViewExtractor.of(config.features()).isEmpty();
    }

    /**
     * Builds it behind events.
     *
     * @param forServers whether the changes are wanted
     */
    public static ViewGraph build(FreshetConfig config, DataStream<Event> events, ForServers forServers) {
        List<View> views = ViewExtractor.of(config.features()).stream()
                .map(ViewExtractor::view)
                .toList();
        DataStream<Event> others = events.filter(event -> !(event instanceof Impression))
                .name("Feedback and histories")
                .uid(OperatorIds.BESIDE_VIEWS)
                .setDescription("Go to their user as they are");
        SingleOutputStreamOperator<Event> byVideo = keyed(
                config,
                View.VIDEO,
                forServers,
                events.flatMap(new ByVideo())
                        .returns(ViewEvent.TYPE)
                        .name("Events of videos")
                        .uid(OperatorIds.VIDEO_EVENTS)
                        .setDescription("Impressions and feedback, by video"));
        if (!views.contains(View.CHANNEL)) {
            return new ViewGraph(List.of(others, byVideo), byVideo.getSideOutput(ViewOperator.CHANGES));
        }
        DataStream<Event> withoutChannel = byVideo.filter(event -> !hasChannel(event))
                .name("Impressions without channel")
                .uid(OperatorIds.WITHOUT_CHANNEL)
                .setDescription("Have no view of a channel");
        SingleOutputStreamOperator<Event> byChannel = keyed(
                config,
                View.CHANNEL,
                forServers,
                byVideo.flatMap(new ByChannel())
                        .returns(ViewEvent.TYPE)
                        .name("Impressions of channels")
                        .uid(OperatorIds.CHANNEL_EVENTS)
                        .setDescription("Impressions, by channel")
                        .union(byVideo.getSideOutput(ViewOperator.CHANNEL_FEEDBACK)));
        return new ViewGraph(
                List.of(others, withoutChannel, byChannel),
                byVideo.getSideOutput(ViewOperator.CHANGES).union(byChannel.getSideOutput(ViewOperator.CHANGES)));
    }

    private static SingleOutputStreamOperator<Event> keyed(
            FreshetConfig config, View view, ForServers forServers, DataStream<ViewEvent> events) {
        return events.keyBy(ViewEvent::key, Types.STRING)
                .transform(
                        view == View.VIDEO ? "Views by video" : "Views by channel",
                        FreshetTypes.EVENT,
                        new ViewOperator(config.json(), view, forServers))
                .uid(view == View.VIDEO ? OperatorIds.VIDEO_VIEWS : OperatorIds.CHANNEL_VIEWS)
                .setDescription("Puts into impressions what all viewers did before with their "
                        + (view == View.VIDEO ? "video" : "channel"));
    }

    private static boolean hasChannel(Event event) {
        return event instanceof Impression impression
                && impression.channelId() != null
                && !impression.channelId().isEmpty();
    }

    private static final class ByVideo implements FlatMapFunction<Event, ViewEvent> {
        private static final long serialVersionUID = 1L;

        @Override
        public void flatMap(Event event, Collector<ViewEvent> out) {
            if (event instanceof Impression impression) {
                out.collect(new ViewEvent(impression.videoId(), impression));
            } else if (event instanceof Feedback feedback) {
                out.collect(new ViewEvent(feedback.videoId(), feedback));
            }
        }
    }

    private static final class ByChannel implements FlatMapFunction<Event, ViewEvent> {
        private static final long serialVersionUID = 1L;

        @Override
        public void flatMap(Event event, Collector<ViewEvent> out) {
            if (event instanceof Impression impression && impression.channelId() != null && hasChannel(event)) {
                out.collect(new ViewEvent(impression.channelId(), impression));
            }
        }
    }
}

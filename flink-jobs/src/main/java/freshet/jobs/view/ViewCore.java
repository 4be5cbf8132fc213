package freshet.jobs.view;

import freshet.features.extract.ViewExtractor;
import freshet.features.history.UserHistory;
import freshet.serde.event.Event;
import freshet.serde.event.Feedback;
import freshet.serde.event.Impression;
import freshet.serde.wire.EventJson;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What all viewers did with one video or channel, as a function of its events. They are taken in {@link Event#ORDER}, then by
 * user; an impression is enriched with the view as it stands, and only then becomes part of it. So an impression knows the
 * events before it in event time and no others, whatever order they arrived in.
 *
 * <p>An event that stands twice, with the same id, user and time, counts once; both copies are enriched alike and passed on,
 * since duplicates are for the join to count. An event that comes too late is not counted, and passed on without a view: what is
 * remembered by then holds later events. Stateless: all state is passed in.
 */
final class ViewCore {
    private static final Comparator<Event> ORDER =
            Event.ORDER.thenComparing(Event::userId).thenComparing(EventJson::toJson);

    /** Null where the video is only asked for its channel. */
    private final @Nullable ViewExtractor extractor;

    private final long expireAfterMillis;

    /**
     * @param expireAfterMillis event time without an event after which nothing is remembered
     */
    ViewCore(@Nullable ViewExtractor extractor, long expireAfterMillis) {
        this.extractor = extractor;
        this.expireAfterMillis = expireAfterMillis;
    }

    /**
     * Takes all events of a key between two moments.
     *
     * @param events after the state's moment, in no order; earlier ones are late
     * @param throughMillis the moment from now on; no event is later
     */
    void process(ViewState state, List<Event> events, long throughMillis, ViewOutput out) {
        List<Event> ordered = new ArrayList<>(events);
        ordered.sort(ORDER);
        Event last = null;
        for (int i = 0; i < ordered.size(); i++) {
            Event event = ordered.get(i);
            boolean isLate = event.eventTimeMillis() <= state.processedThroughMillis;
            if (!isLate && event.eventTimeMillis() >= expiryMillis(state)) {
                state.forget();
            }
            boolean isAgain = last != null && isSame(last, event);
            if (event instanceof Impression impression) {
                if (isLate) {
                    late(impression, out);
                } else if (!isAgain) {
                    // Those that are the same stand next to it, and must be enriched before it counts.
                    for (int j = i; j < ordered.size() && isSame(event, ordered.get(j)); j++) {
                        out.impression(enriched((Impression) ordered.get(j), state));
                    }
                    take(impression, state);
                }
            } else if (event instanceof Feedback feedback && !isLate && !isAgain) {
                take(feedback, state, out);
            }
            last = event;
        }
        state.processedThroughMillis = Math.max(state.processedThroughMillis, throughMillis);
    }

    private static boolean isSame(Event one, Event other) {
        return one.eventTimeMillis() == other.eventTimeMillis()
                && one.getClass() == other.getClass()
                && one.id().equals(other.id())
                && one.userId().equals(other.userId());
    }

    /** Passes on an impression that came too late for the view. */
    void late(Impression impression, ViewOutput out) {
        out.impression(extractor == null ? impression : extractor.without(impression));
    }

    private Impression enriched(Impression impression, ViewState state) {
        return extractor == null ? impression : extractor.enrich(impression, state.history);
    }

    private void take(Impression impression, ViewState state) {
        state.newestMillis = impression.eventTimeMillis();
        String channelId = impression.channelId();
        state.channelId = channelId == null ? "" : channelId;
        if (extractor != null) {
            state.history.shown(impression, extractor.needs());
        }
    }

    private void take(Feedback feedback, ViewState state, ViewOutput out) {
        state.newestMillis = feedback.eventTimeMillis();
        if (!state.channelId.isEmpty()) {
            out.feedback(state.channelId, feedback);
        }
        if (extractor != null) {
            state.history.felt(feedback, extractor.needs());
        }
    }

    /** When nothing that is remembered now counts any more; {@link Long#MAX_VALUE} for never. */
    long expiryMillis(ViewState state) {
        return state.newestMillis == UserHistory.NEVER
                        || expireAfterMillis > Long.MAX_VALUE - 1 - Math.max(0, state.newestMillis)
                ? Long.MAX_VALUE
                : state.newestMillis + expireAfterMillis + 1;
    }
}

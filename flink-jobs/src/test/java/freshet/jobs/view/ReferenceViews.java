package freshet.jobs.view;

import freshet.jobs.ViewerEvents;
import freshet.jobs.config.FreshetConfig;
import freshet.serde.event.Event;
import freshet.serde.event.Feedback;
import freshet.serde.event.HistorySeed;
import freshet.serde.event.Impression;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A configuration with views, and their numbers by hand: each a loop over all events before the impression. */
public final class ReferenceViews {
    private static final long EXPIRE_AFTER = 5 * 60_000;
    private static final double HOUR = 3_600_000;

    private final List<Event> events;
    private final Map<String, List<Event>> ofVideos = new HashMap<>();
    private final Map<String, List<Event>> ofChannels = new HashMap<>();

    /** Events in any order, with duplicates. */
    private ReferenceViews(List<Event> all) {
        events = new ArrayList<>(new LinkedHashSet<>(all));
        events.removeIf(HistorySeed.class::isInstance);
        events.sort(Event.ORDER.thenComparing(Event::userId));
        for (Event event : events) {
            ofVideos.computeIfAbsent(videoOf(event), id -> new ArrayList<>()).add(event);
        }
        for (Event event : events) {
            String channel = channelOf(event);
            if (channel != null) {
                ofChannels.computeIfAbsent(channel, id -> new ArrayList<>()).add(event);
            }
        }
    }

    /** The configuration of {@link ViewerEvents} with features that look at videos and channels. */
    public static FreshetConfig config() {
        return FreshetConfig.parse(
                "views.yaml",
                ViewerEvents.YAML.replace("  ids:\n", """
                              views: {expire_after: 5m}
                              ids:
                                - {name: heat_bucket, kind: bucket, of: decayed_impressions, view: video, half_life: 1h}
                            """.indent(0)).replace("  numbers:\n", """
                              numbers:
                                - {name: video_likes, kind: rate, of: like, view: video, half_life: 1h, prior: 0.1, strength: 10}
                                - {name: video_shown, kind: previous_impressions, view: video}
                                - {name: since_shown, kind: time_since_last, of: shown, view: video}
                                - {name: channel_heat, kind: decayed_impressions, view: channel, half_life: 10m}
                                - {name: channel_click, kind: time_since_last, of: click, view: channel}
                            """.indent(0)));
    }

    /** All the events, every impression with the numbers of its views. */
    public static List<Event> enriched(List<Event> all) {
        ReferenceViews views = new ReferenceViews(all);
        return all.stream()
                .map(event -> event instanceof Impression impression ? views.enriched(impression) : event)
                .toList();
    }

    private Event enriched(Impression now) {
        List<Event> ofVideo = remembered(now, ofVideos.getOrDefault(now.videoId(), List.of()));
        List<Event> ofChannel = now.channelId() == null
                ? List.of()
                : remembered(now, ofChannels.getOrDefault(now.channelId(), List.of()));
        SortedMap<String, Float> numbers = new TreeMap<>(now.numbers());
        long shown = ofVideo.stream().filter(Impression.class::isInstance).count();
        numbers.put("@video_shown", (float) shown);
        numbers.put("@heat_bucket", (float) decayed(now, ofVideo, HOUR, "like")[0]);
        double[] likes = decayed(now, ofVideo, HOUR, "like");
        numbers.put("@video_likes", (float) Math.min(1, (likes[1] + 1) / (likes[0] + 10)));
        if (now.channelId() != null) {
            numbers.put("@channel_heat", (float) decayed(now, ofChannel, HOUR / 6, "")[0]);
        }
        putSince(numbers, "@since_shown", now, ofVideo, Impression.class::isInstance);
        putSince(numbers, "@channel_click", now, ofChannel, event -> isOf("click", event));
        return now.withNumbers(numbers);
    }

    private static void putSince(
            SortedMap<String, Float> numbers, String name, Impression now, List<Event> before, Predicate<Event> kind) {
        before.stream()
                .filter(kind)
                .reduce((a, b) -> b)
                .ifPresent(
                        last -> numbers.put(name, (float) ((now.eventTimeMillis() - last.eventTimeMillis()) / 1000.0)));
    }

    /** The events of a key before an impression, without those before a long pause. */
    private static List<Event> remembered(Impression now, List<Event> ofKey) {
        List<Event> kept = new ArrayList<>();
        for (Event event : ofKey) {
            boolean isBefore = Event.ORDER.thenComparing(Event::userId).compare(event, now) < 0;
            if (isBefore) {
                forgetBeforePause(kept, event);
                kept.add(event);
            }
        }
        forgetBeforePause(kept, now);
        return kept;
    }

    private static void forgetBeforePause(List<Event> kept, Event next) {
        if (!kept.isEmpty()
                && next.eventTimeMillis() - kept.get(kept.size() - 1).eventTimeMillis() > EXPIRE_AFTER) {
            kept.clear();
        }
    }

    private static String videoOf(Event event) {
        return event instanceof Impression impression ? impression.videoId() : ((Feedback) event).videoId();
    }

    /** Of an impression its own; of feedback that of the last impression of its video, as far as the video is remembered. */
    private @Nullable String channelOf(Event event) {
        if (event instanceof Impression impression) {
            return impression.channelId();
        }
        List<Event> ofVideo = new ArrayList<>();
        for (Event other : ofVideos.getOrDefault(videoOf(event), List.of())) {
            if (other == event) {
                break;
            }
            forgetBeforePause(ofVideo, other);
            ofVideo.add(other);
        }
        forgetBeforePause(ofVideo, event);
        return ofVideo.stream()
                .filter(Impression.class::isInstance)
                .reduce((a, b) -> b)
                .map(last -> ((Impression) last).channelId())
                .orElse(null);
    }

    private static boolean isOf(String kind, Event event) {
        return event instanceof Feedback feedback && feedback.kind().equals(kind);
    }

    /** {@code {impressions, feedback}}, decayed from each counted event to the next. */
    private static double[] decayed(Impression now, List<Event> before, double halfLife, String kind) {
        double[] counts = {0, 0};
        long asOf = Long.MIN_VALUE;
        for (Event event : before) {
            if (event instanceof Impression || isOf(kind, event)) {
                decay(counts, asOf, event.eventTimeMillis(), halfLife);
                counts[event instanceof Impression ? 0 : 1]++;
                asOf = event.eventTimeMillis();
            }
        }
        decay(counts, asOf, now.eventTimeMillis(), halfLife);
        return counts;
    }

    private static void decay(double[] counts, long from, long to, double halfLife) {
        double factor = from == Long.MIN_VALUE ? 0 : StrictMath.pow(0.5, (to - from) / halfLife);
        counts[0] *= factor;
        counts[1] *= factor;
    }
}
